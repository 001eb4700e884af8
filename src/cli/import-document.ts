/** What an import found, as the JSON document that docs/estate.md describes: all of it, however much. */

import { changeKinds, type EstateChanges, type Finding, isFirst } from '#domain/estate-changes.ts';
import type { ImportFindings, ImportReport } from '#operations/import-estate.ts';
import type { FilePaths, ImportTeller } from './import-text.ts';
import type { LongDocument } from './long-document.ts';

export class ImportInJson implements ImportTeller {
  readonly #document: LongDocument;
  readonly #paths: FilePaths;

  constructor(document: LongDocument, paths: FilePaths) {
    this.#document = document;
    this.#paths = paths;
  }

  async found(findings: ImportFindings): Promise<void> {
    const { changes } = findings;
    await this.#document.list('problems', this.#placed(findings.problemPages(), 'problem'));
    await this.#document.list('remarks', this.#placed(findings.remarkPages(), 'remark'));
    this.#document.value('changes', changes);
    await this.#document.list('names', changes === null ? nothing() : named(findings, changes));
  }

  ended(report: ImportReport, milliseconds: number): void {
    const { dryRun, changed, files, problems } = report;
    for (const [key, value] of Object.entries({ files, dryRun, changed, milliseconds }))
      this.#document.value(key, value);
    if (problems > 0) {
      const error = {
        code: 'usage',
        message: `The files have ${problems} problems; nothing was imported.`,
        remedy: 'Put them right and run it again.',
        problems: [],
      };
      this.#document.value('error', error);
    }
    this.#document.end();
  }

  stopped(): void {
    this.#document.fail({ code: 'interrupted' });
  }

  async *#placed(
    pages: AsyncIterable<readonly Finding[]>,
    what: 'problem' | 'remark',
  ): AsyncGenerator<readonly unknown[]> {
    for await (const page of pages)
      yield page.map(({ file, line, column, text }) => ({
        file: this.#paths[file] ?? file,
        line,
        column,
        [what]: text,
      }));
  }
}

/** Joiners are told where not everyone is one. */
async function* named(findings: ImportFindings, changes: EstateChanges): AsyncGenerator<readonly unknown[]> {
  for (const kind of changeKinds) if (kind !== 'joiner' || !isFirst(changes)) yield* findings.changePages(kind);
}

async function* nothing(): AsyncGenerator<readonly unknown[]> {}
