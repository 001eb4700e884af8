/**
 * Where the rows of an import wait: tables of one connection, which go with its transaction. They cost no log, nobody else
 * sees them, and of an import that was killed nothing is left.
 */

import { sql } from 'kysely';
import type pg from 'pg';
import type { GrantRow, MailboxRow, OrganisationRow } from '#domain/estate.ts';
import type { Clash, Finding } from '#domain/estate-changes.ts';
import { type EstateFileKind, estateFileKinds } from '#domain/estate-columns.ts';
import type { EstateRows, Lined } from '#domain/estate-rows.ts';
import { CopyIn, copyArray, copyValue } from './copy-in.ts';
import type { Sql } from './db.ts';

/** A line of `finding`: a text that is said as it is, or a clash whose words the domain knows. */
export interface FindingRow {
  /** The number of its kind. */
  readonly file: number;
  readonly line: number | null;
  readonly field: number | null;
  readonly said: string | null;
  readonly clash: Clash | null;
}

interface Staging<Row> {
  readonly table: string;
  readonly encode: (row: Lined<Row>) => string;
}

const stagings: { readonly [Kind in EstateFileKind]: Staging<EstateRows[Kind]> } = {
  organisations: { table: 'new_organisation', encode: encodeOrganisation },
  mailboxes: { table: 'new_mailbox', encode: encodeMailbox },
  grants: { table: 'new_grant', encode: encodeGrant },
};

/** To be called once in the transaction of an import. */
export async function createStaging(tx: Sql): Promise<void> {
  await sql`
    create temporary table new_organisation (line int, code text, name text, parent text) on commit drop;
    create temporary table new_mailbox (
      line int, address text, kind text, organisation text, size_bytes bigint, items bigint, not_before date,
      not_after date, wave_hint text, source_user text, target_user text, display_name text, aliases text[],
      timezone text, language text
    ) on commit drop;
    create temporary table new_grant (line int, mailbox text, grantee text, kind text) on commit drop;
    create temporary table finding (
      is_remark boolean not null, file smallint not null, line int, field int, said text, clash jsonb
    ) on commit drop`.execute(tx);
}

/** The numbers of files in `finding`, by which they are sorted. */
export const fileNumbers = Object.fromEntries(estateFileKinds.map((kind, i) => [kind, i])) as Readonly<
  Record<EstateFileKind, number>
>;

/** Rows on their way into their tables. One table at a time is written to. */
export class StagingWriter {
  readonly #client: pg.Client;
  #open: { readonly table: string; readonly copy: CopyIn } | null = null;

  constructor(client: pg.Client) {
    this.#client = client;
  }

  async write<Kind extends EstateFileKind>(kind: Kind, rows: readonly Lined<EstateRows[Kind]>[]): Promise<void> {
    const { table, encode } = stagings[kind];
    if (this.#open?.table !== table) {
      await this.end();
      this.#open = { table, copy: new CopyIn(this.#client, `copy ${table} from stdin`) };
    }
    let text = '';
    for (const row of rows) text += encode(row);
    if (text !== '') await this.#open.copy.write(text);
  }

  /** Returns when all rows are in their tables and the connection is free for other questions. */
  async end(): Promise<void> {
    const open = this.#open;
    this.#open = null;
    await open?.copy.end();
  }
}

/** Enters problems of lines, which say themselves what they are. */
export async function enterFindings(tx: Sql, problems: readonly Finding[]): Promise<void> {
  const columns = [
    problems.map(({ file }) => fileNumbers[file]),
    problems.map(({ line }) => line),
    problems.map(({ column }) => column),
    problems.map(({ text }) => text),
  ] as const;
  await sql`
    insert into finding (is_remark, file, line, field, said)
    select false, * from unnest(${columns[0]}::smallint[], ${columns[1]}::int[], ${columns[2]}::int[], ${columns[3]}::text[])`.execute(
    tx,
  );
}

/** PostgreSQL samples what it cannot know of tables that came into being a moment ago. */
export async function analyseStaging(tx: Sql): Promise<void> {
  await sql`analyze new_organisation; analyze new_mailbox; analyze new_grant`.execute(tx);
}

function encodeOrganisation({ line, code, name, parent }: Lined<OrganisationRow>): string {
  return `${line}\t${copyValue(code)}\t${copyValue(name)}\t${copyValue(parent)}\n`;
}

function encodeMailbox(row: Lined<MailboxRow>): string {
  const { line, address, kind, organisation, sizeBytes, items, notBefore, notAfter, waveHint } = row;
  const { sourceUser, targetUser, displayName, aliases, timezone, language } = row;
  return `${line}\t${copyValue(address)}\t${kind}\t${copyValue(organisation)}\t${copyValue(sizeBytes)}\t${copyValue(
    items,
  )}\t${copyValue(notBefore)}\t${copyValue(notAfter)}\t${copyValue(waveHint)}\t${copyValue(sourceUser)}\t${copyValue(
    targetUser,
  )}\t${copyValue(displayName)}\t${copyArray(aliases)}\t${copyValue(timezone)}\t${copyValue(language)}\n`;
}

function encodeGrant({ line, mailbox, grantee, kind }: Lined<GrantRow>): string {
  return `${line}\t${copyValue(mailbox)}\t${copyValue(grantee)}\t${kind}\n`;
}
