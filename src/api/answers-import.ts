/** Imports, told as they go on. */

import { changeKinds, type EstateChanges, isFirst } from '#domain/estate-changes.ts';
import { estateFileKinds } from '#domain/estate-columns.ts';
import { type GivenFile, unreadableFile } from '#operations/given-file.ts';
import type { ImportFindings, ImportOrder, ImportWatcher } from '#operations/import-estate.ts';
import { type Answerers, type Asked, unfit } from './answer.ts';
import { fileOf, usedUp } from './answers-files.ts';
import type { importContract } from './contract-import.ts';
import type { AnswerOf, BrokenOff } from './operation.ts';
import { type Wire, wire } from './shapes/shape.ts';
import { type Teller, toldLines } from './told-lines.ts';

type ImportContract = typeof importContract;
type Line = Wire<Exclude<AnswerOf<ImportContract['import-estate']>, BrokenOff>>;

export const importAnswers: Answerers<ImportContract> = {
  async 'import-estate'(asked) {
    const { estate, body, signal } = asked;
    const files = await filesIn(asked);
    const { dryRun = false, names = 'all' } = body;
    return toldLines<Line>(async (teller, stop) => {
      const order = { files, dryRun, who: asked.who, watcher: watching(teller, names) };
      const report = await estate.imports.run(order, stop);
      if (!dryRun && report.problems === 0)
        await usedUp(
          asked,
          estateFileKinds.map((kind) => body[kind]),
        );
      return [{ report: wire(report) }];
    }, signal);
  },
};

async function filesIn(asked: Asked<ImportContract['import-estate']>): Promise<ImportOrder['files']> {
  const files: Partial<Record<(typeof estateFileKinds)[number], GivenFile>> = {};
  for (const kind of estateFileKinds) {
    const given = asked.body[kind];
    if (given === undefined) continue;
    const { name: path = `${kind}.csv` } = given;
    if ('unreadable' in given) files[kind] = unreadableFile(path, given.unreadable);
    else {
      const sent = await fileOf(asked, given.file);
      files[kind] = { path, octets: () => sent.from(0) };
    }
  }
  if (Object.keys(files).length === 0) throw unfit('body: name a file of organisations, mailboxes or grants');
  return files;
}

function watching(teller: Teller<Line>, names: 'all' | 'first'): ImportWatcher {
  return {
    reading: (file, rows, octets) => teller.isAt({ reading: { file, rows, octets } }),
    begins: (step) => teller.isAt({ begins: step }),
    found: (findings) => tellFindings(teller, findings, names),
  };
}

async function tellFindings(teller: Teller<Line>, findings: ImportFindings, names: 'all' | 'first'): Promise<void> {
  const { problems, remarks, changes } = findings;
  await teller.tell([{ findings: { problems, remarks, changes } }]);
  for await (const page of findings.problemPages()) await teller.tell(page.map((wrong) => ({ wrong: wire(wrong) })));
  for await (const page of findings.remarkPages()) {
    await teller.tell(page.map((remark) => ({ remark: wire(remark) })));
    if (names === 'first') break;
  }
  if (changes === null) return;
  for (const kind of kindsToTell(changes))
    for await (const page of findings.changePages(kind)) {
      await teller.tell(page.map((change) => ({ change: wire(change) })));
      if (names === 'first') break;
    }
}

/** Where everyone joins nobody wants to read who. */
function kindsToTell(changes: EstateChanges): readonly (typeof changeKinds)[number][] {
  return changeKinds.filter((kind) => kind !== 'joiner' || !isFirst(changes));
}
