/** For tests of imports: files made of lines, and an import of them into a database of the test, with all that it told. */

import fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import { onTestFinished } from 'vitest';
import { changeKinds, type Finding, type NamedChange } from '#domain/estate-changes.ts';
import type { EstateFileKind } from '#domain/estate-columns.ts';
import type { Users } from '#ports/intake.ts';
import type { Database } from '#store/db.ts';
import { intakeOf } from '#store/intake.ts';
import { fileOnDisk, type GivenFile } from './given-file.ts';
import { importEstate, type ImportReport, type ImportWatcher } from './import-estate.ts';

/** Lines below the header of the contract, or the whole file where it is one text. */
export type Made = { readonly [Kind in EstateFileKind]?: readonly string[] | string | Buffer };

const headers = {
  organisations: 'code,name,parent',
  mailboxes: 'address,kind,organisation,size_bytes,items,not_before,not_after,wave_hint',
  grants: 'mailbox,grantee,kind',
} as const satisfies Record<EstateFileKind, string>;

export interface Told {
  readonly report: ImportReport;
  /** `mailboxes:3:1: …`. */
  readonly problems: readonly string[];
  readonly remarks: readonly string[];
  /** `leaver ann@x`, a mover with its columns and organisations. */
  readonly names: readonly string[];
}

export interface Manner {
  readonly dryRun?: boolean;
  readonly users?: Users;
  readonly signal?: AbortSignal;
  readonly watcher?: Partial<ImportWatcher>;
}

/** Imports, by default in earnest. */
export async function importInto(db: Database, made: Made, manner: Manner = {}): Promise<Told> {
  const told = { problems: [] as string[], remarks: [] as string[], names: [] as string[] };
  const watcher: ImportWatcher = {
    reading: (...words) => manner.watcher?.reading?.(...words),
    begins: (step) => manner.watcher?.begins?.(step),
    found: async (found) => {
      await manner.watcher?.found?.(found);
      for await (const page of found.problemPages()) told.problems.push(...page.map(lineOf));
      for await (const page of found.remarkPages()) told.remarks.push(...page.map(lineOf));
      if (found.changes === null) return;
      for (const kind of changeKinds)
        for await (const page of found.changePages(kind)) told.names.push(...page.map(nameOf));
    },
  };
  const order = {
    files: filesOf(made),
    dryRun: manner.dryRun ?? false,
    users: manner.users ?? { source: null, target: null },
    who: 'operator ann',
    openIntake: intakeOf(db),
    watcher,
  };
  const report = await importEstate(order, manner.signal ?? new AbortController().signal);
  return { report, ...told };
}

/** Writes the files where the test finds them and nobody afterwards. */
export function filesOf(made: Made): Partial<Record<EstateFileKind, GivenFile>> {
  const folder = fs.mkdtempSync(join(tmpdir(), 'godwit-import-'));
  onTestFinished(() => fs.rmSync(folder, { recursive: true, force: true }));
  return Object.fromEntries(
    Object.entries(made).map(([kind, content]) => {
      const path = join(folder, `${kind}.csv`);
      const lines = Array.isArray(content)
        ? [headers[kind as EstateFileKind], ...(content as readonly string[]), ''].join('\n')
        : content;
      fs.writeFileSync(path, lines as string | Buffer);
      return [kind, fileOnDisk(path)];
    }),
  );
}

/** Everything of an estate that an import may touch, to be compared with itself. */
export async function estateIn(db: Database): Promise<unknown> {
  const rows = async (what: string) => (await sql`select * from ${sql.raw(what)}`.execute(db.sql)).rows;
  return {
    organisations: await rows('organisation order by id'),
    // With their inner versions: a row that was written again with the same values differs.
    mailboxes: await rows('(select *, xmin::text from mailbox) as m order by id'),
    permissions: await rows('permission order by mailbox, grantee, kind'),
    tallies: await rows(
      '(select wave, stage, mark, sum(mailboxes) as mailboxes from tally group by 1, 2, 3) as t order by 1, 2, 3',
    ),
    audit: await rows('audit order by id'),
  };
}

export function lineOf({ file, line, column, text }: Finding): string {
  return [file, line, column].filter((part) => part !== null).join(':') + `: ${text}`;
}

function nameOf({ change, name, columns, before, after }: NamedChange): string {
  return change === 'mover' ? `mover ${name} ${columns.join('+')} ${before}>${after}` : `${change} ${name}`;
}
