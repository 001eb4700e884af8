/** `godwit estate import` by the API of a server: the files are sent, and what is told of them there is told here. */

import type { ApiClient } from '#api/client.ts';
import type { Contract } from '#api/contract.ts';
import type { AnswerOf, BrokenOff } from '#api/operation.ts';
import type { Importer, ImporterOrder } from '#cli/world.ts';
import { changeKinds, type Finding, type NamedChange } from '#domain/estate-changes.ts';
import { estateFileKinds } from '#domain/estate-columns.ts';
import { fault } from '#domain/fault.ts';
import type { ImportFindings, ImportReport } from '#operations/import-estate.ts';
import { LinesThere } from './lines-read-there.ts';
import { was } from './outcomes-there.ts';
import { type FileThere, sendFileThere } from './send-file-there.ts';

type Line = Exclude<AnswerOf<Contract['import-estate']>, BrokenOff>;

/** `server`: as it is shown. */
export function importerThere(client: ApiClient, server: string): Importer {
  return {
    async import(order, signal) {
      try {
        return await importThere(client, server, order);
      } catch (error) {
        if (!signal.aborted) throw error;
        throw fault('interrupted', { by: 'a signal' }, { cause: error });
      }
    },
    [Symbol.asyncDispose]: async () => client[Symbol.dispose](),
  };
}

async function importThere(client: ApiClient, server: string, order: ImporterOrder): Promise<ImportReport> {
  const { files, dryRun, names, watcher } = order;
  const given: Partial<Record<(typeof estateFileKinds)[number], FileThere>> = {};
  for (const kind of estateFileKinds) {
    const path = files[kind];
    if (path !== undefined) given[kind] = await sendFileThere(client, path, (octets) => watcher.sending(kind, octets));
  }
  const lines = new LinesThere<Line>(client.lines('import-estate', { body: { ...given, dryRun, names } }), rankOf);
  for (;;) {
    const line = await lines.next();
    if (line === null) throw fault('api.server.broke-off', { server });
    if ('reading' in line) watcher.reading(line.reading.file, line.reading.rows, line.reading.octets);
    else if ('begins' in line) watcher.begins(line.begins);
    else if ('findings' in line) await watcher.found({ ...was<Counts>(line.findings), ...pagesIn(lines) });
    else if ('report' in line) return withPaths(was<ImportReport>(line.report), files);
  }
}

type Counts = Pick<ImportFindings, 'problems' | 'remarks' | 'changes'>;

/** In which order they come. How far it was may be told a little late, among what was found then. */
function rankOf(line: Line): number {
  if ('reading' in line || 'findings' in line) return -1;
  if ('begins' in line) return line.begins === 'merging' ? Number.POSITIVE_INFINITY : -1;
  if ('wrong' in line) return 0;
  if ('remark' in line) return 1;
  return 'change' in line ? 2 + changeKinds.indexOf(line.change.change) : Number.POSITIVE_INFINITY;
}

/** To be read in their order, each as far as one likes. */
function pagesIn(lines: LinesThere<Line>): Omit<ImportFindings, keyof Counts> {
  return {
    problemPages: () => lines.pages(0, (line) => ('wrong' in line ? was<Finding>(line.wrong) : null)),
    remarkPages: () => lines.pages(1, (line) => ('remark' in line ? was<Finding>(line.remark) : null)),
    changePages: (kind) =>
      lines.pages(2 + changeKinds.indexOf(kind), (line) => ('change' in line ? was<NamedChange>(line.change) : null)),
  };
}

/** As they are called here. */
function withPaths(report: ImportReport, paths: ImporterOrder['files']): ImportReport {
  const files = Object.entries(report.files).map(([kind, file]) => [
    kind,
    { ...file, path: paths[kind as keyof typeof paths] ?? file.path },
  ]);
  return { ...report, files: Object.fromEntries(files) as ImportReport['files'] };
}
