/** The tail of an estate in its database: what is added to it, and what is asked of it. */

import { sql } from 'kysely';
import type { AccessLogState } from '#domain/access-log.ts';
import type { Within } from '#domain/rights.ts';
import type { FileKnown, FileOrder, TailIntake, TailView } from '#ports/tail.ts';
import { faulted } from './database-fault.ts';
import type { Database, Sql } from './db.ts';
import { keepStep, keepUses, lose } from './tail-keep.ts';
import { burnDown, listTail, organisationOf } from './tail-lines.ts';
import { knownNames, nameKey, type UserTemplates } from './tail-names.ts';
import { applications, assign, plans, unassign } from './tail-plans.ts';

export function openTailIntake(db: Database, templates: UserTemplates): TailIntake {
  const ask = <Answer>(answer: Promise<Answer>): Promise<Answer> => faulted(db.name, answer);
  return {
    filesBeginning: (order, headOf) => ask(filesBeginning(db.sql, order, headOf)),
    newestFile: () => ask(newestFile(db.sql)),
    keep: (uses, step) =>
      ask(
        db.sql.transaction().execute(async (tx) => {
          const file = step === null ? null : await keepStep(tx, step);
          return { ...(await keepUses(tx, uses, templates)), file };
        }),
      ),
    lose: (why, sightings) => ask(lose(db.sql, why, sightings)),
    knowAgain: () => ask(db.sql.transaction().execute((tx) => knowAgain(tx, templates))),
  };
}

/** Of all that was seen, or of mailboxes within a part; names that are nobody's are of no part. */
export function openTailView(db: Database, within: Within = null): TailView {
  const ask = <Answer>(answer: Promise<Answer>): Promise<Answer> => faulted(db.name, answer);
  return {
    list: (order) => ask(listTail(db.sql, order, within)),
    burnDown: (order) => ask(burnDown(db.sql, order, within)),
    applications: (order) => applications(db.sql, order, within),
    organisation: (code) =>
      ask(organisationOf(db.sql, code, within).then((found) => (found.kind === 'unknown' ? found : null))),
    assign: (order, who) => ask(db.sql.transaction().execute((tx) => assign(tx, order, who, within))),
    unassign: (name, who) => ask(db.sql.transaction().execute((tx) => unassign(tx, name, who, within))),
    losses: () => (within === null ? ask(losses(db.sql)) : Promise.resolve([])),
    plans: () => ask(plans(db.sql, within)),
  };
}

interface FileRow {
  readonly id: number;
  readonly head: Buffer;
  readonly head_octets: number;
  readonly mark: Buffer;
  readonly mark_octets: number;
  readonly read_octets: number;
  readonly lines: number;
  readonly malformed: number;
  readonly state: AccessLogState;
  readonly path: string;
}

/** Those that were short when they were read last know less of their beginning; there are few lengths. */
async function filesBeginning(
  db: Sql,
  { format, side }: FileOrder,
  headOf: (octets: number) => Buffer | null,
): Promise<readonly FileKnown[]> {
  const { rows: lengths } = await sql<{ octets: number }>`
    select distinct head_octets as octets from tail_file where format = ${format} and side = ${side}`.execute(db);
  const heads = lengths.flatMap(({ octets }) => headOf(octets) ?? []);
  const { rows } = await sql<FileRow>`
    select id, head, head_octets, mark, mark_octets, read_octets, lines, malformed, state, path
      from tail_file
     where format = ${format} and side = ${side} and head = any(${heads}::bytea[])
     order by read_octets desc, id`.execute(db);
  return rows.map((row) => ({
    id: row.id,
    head: row.head,
    headOctets: row.head_octets,
    mark: row.mark,
    markOctets: row.mark_octets,
    readOctets: row.read_octets,
    lines: row.lines,
    malformed: row.malformed,
    state: row.state,
    path: row.path,
  }));
}

async function newestFile(db: Sql): Promise<number> {
  const { rows } = await sql<{ id: number }>`select coalesce(max(id), 0) as id from tail_file`.execute(db);
  return rows[0]?.id ?? 0;
}

/** Their names may have come into the estate since; a plan that was made for one goes with it. */
async function knowAgain(tx: Sql, templates: UserTemplates): Promise<number> {
  const { rows } = await sql<{ name: string; side: 'source' | 'target' }>`
    select distinct name, side from tail_use where mailbox is null`.execute(tx);
  const asked = rows.map((row) => ({ ...row, isAddressOnly: false }));
  const known = await knownNames(tx, asked, templates);
  const found = asked.flatMap((each) => {
    const owner = known.get(nameKey(each));
    return owner ? [{ ...each, ...owner }] : [];
  });
  if (found.length === 0) return 0;
  await sql`
    update tail_use t set mailbox = k.mailbox, known_by = k.known_by
      from unnest(${found.map(({ name }) => name)}::text[], ${found.map(({ side }) => side)}::text[],
                  ${found.map(({ mailbox }) => mailbox)}::int[], ${found.map(({ knownBy }) => knownBy)}::text[])
             as k (name, side, mailbox, known_by)
     where t.name = k.name and t.side = k.side and t.mailbox is null`.execute(tx);
  await sql`
    update tail_plan p set mailbox = t.mailbox
      from tail_use t where t.name = p.name and p.mailbox is null and t.mailbox is not null`.execute(tx);
  return found.length;
}

async function losses(db: Sql): Promise<readonly { readonly why: string; readonly sightings: number }[]> {
  return (await sql<{ why: string; sightings: number }>`select why, sightings from tail_loss order by why`.execute(db))
    .rows;
}
