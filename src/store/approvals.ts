/** Approvals by a second person: asked for, given and used, each with its record. Each is good for one act, once, to the letter. */

import { type RawBuilder, sql } from 'kysely';
import type { ApprovalLine, ApprovalNeeded, ApprovalOrder, Approved } from '#domain/access.ts';
import { type DangerousAct, type Holder, reachOf } from '#domain/rights.ts';
import type { Approvals } from '#ports/access.ts';
import { note } from './audit.ts';
import { faulted } from './database-fault.ts';
import { type Database, oneRow, type Sql } from './db.ts';

interface ApprovalRow {
  readonly id: number;
  readonly act: DangerousAct;
  readonly on_what: string;
  readonly why: string;
  readonly asked_by: string;
  readonly asked_person: string;
  readonly asked_at: Date;
  readonly expires_at: Date;
  readonly approved_by: string | null;
  readonly approved_at: Date | null;
  readonly used_at: Date | null;
  readonly expired: boolean;
}

/** From being asked for to being used: whoever approves has the same evening in mind. */
const lastsHours = 24;
const listedMax = 1_000;
/** Any number that nobody else takes: whoever holds it asks for or uses an approval, which is seldom. */
const lock = 0x47647776;

export function openApprovals(db: Database): Approvals {
  const inTransaction = <Answer>(work: (tx: Sql) => Promise<Answer>): Promise<Answer> =>
    faulted(db.name, db.sql.transaction().execute(work));
  return {
    need: (order, holder) => inTransaction((tx) => need(tx, order, holder)),
    approve: (id, holder, why) => inTransaction((tx) => approve(tx, id, holder, why)),
    list: ({ ended }, holder) => faulted(db.name, list(db.sql, ended, holder)),
  };
}

async function need(tx: Sql, { act, on, why }: ApprovalOrder, holder: Holder): Promise<ApprovalNeeded> {
  // Two who ask for the same at the same time ask once, and two who use it do not both use it.
  await sql`select pg_advisory_xact_lock(${lock})`.execute(tx);
  const { rows } = await sql<ApprovalRow>`
    select ${columns} from access_approval
     where ${isOpen} and act = ${act} and on_what = ${on} and asked_by = ${holder.who}
     order by approved_at nulls last, id limit 1`.execute(tx);
  const [row] = rows;
  if (!row) return { kind: 'asked', approval: await ask(tx, { act, on, why }, holder) };
  if (row.approved_at === null) return { kind: 'asked', approval: lineOf(row) };
  const used = await oneRow(
    tx,
    sql<ApprovalRow>`update access_approval set used_at = now() where id = ${row.id} returning ${columns}`,
  );
  await note(tx, { who: holder.who, what: 'approval used', why: row.why, about: aboutOf(row) });
  return { kind: 'may', approval: lineOf(used) };
}

async function ask(tx: Sql, { act, on, why }: ApprovalOrder, { who, person }: Holder): Promise<ApprovalLine> {
  const row = await oneRow(
    tx,
    sql<ApprovalRow>`
      insert into access_approval (act, on_what, why, asked_by, asked_person, expires_at)
      values (${act}, ${on}, ${why}, ${who}, ${person}, now() + ${lastsHours} * interval '1 hour')
      returning ${columns}`,
  );
  await note(tx, { who, what: 'approval asked', why, about: aboutOf(row) });
  return lineOf(row);
}

async function approve(tx: Sql, id: number, holder: Holder, why: string): Promise<Approved> {
  const { rows } = await sql<ApprovalRow>`
    select ${columns} from access_approval where id = ${id}::int8 for update`.execute(tx);
  const [row] = rows;
  // What it is about may lie anywhere: who may do that act only to a part of the estate does not hear of it.
  if (!row || reachOf(holder, row.act) !== null) return { kind: 'refused', why: 'unknown' };
  const [theirs, names] = [
    [row.asked_by, row.asked_person],
    [holder.who, holder.person],
  ];
  if (theirs.some((name) => names.includes(name)) || (await isOnePerson(tx, theirs, names)))
    return { kind: 'refused', why: 'own' };
  if (row.expired || row.approved_at !== null) return { kind: 'refused', why: 'ended' };
  const approved = await oneRow(
    tx,
    sql<ApprovalRow>`
      update access_approval set approved_by = ${holder.who}, approved_why = ${why}, approved_at = now()
       where id = ${id}::int8 returning ${columns}`,
  );
  const about = { ...aboutOf(row), askedBy: row.asked_by };
  await note(tx, { who: holder.who, what: 'approval given', why, about });
  return { kind: 'approved', approval: lineOf(approved) };
}

/** Whoever changes their name at the identity provider is who they were: it has them sign in as the same subject. */
async function isOnePerson(tx: Sql, some: readonly string[], others: readonly string[]): Promise<boolean> {
  const { isOne } = await oneRow(
    tx,
    sql<{ isOne: boolean }>`
      select exists (select from access_session a join access_session b using (issuer, subject)
                      where a.who = any(${some}::text[]) and b.who = any(${others}::text[])) as "isOne"`,
  );
  return isOne;
}

/** Whoever may not see the whole estate sees what they asked for themselves. */
async function list(db: Sql, ended: boolean, holder: Holder): Promise<readonly ApprovalLine[]> {
  const whose = reachOf(holder, 'see') === null ? sql`true` : sql`asked_by = ${holder.who}`;
  const { rows } = await sql<ApprovalRow>`
    select ${columns} from access_approval where ${ended ? sql`true` : isOpen} and ${whose}
     order by id desc limit ${listedMax}`.execute(db);
  return rows.map(lineOf);
}

const isOpen: RawBuilder<boolean> = sql`used_at is null and expires_at > now()`;

const columns = sql`
  id, act, on_what, why, asked_by, asked_person, asked_at, expires_at, approved_by, approved_at, used_at,
  expires_at <= now() as expired`;

function aboutOf({ id, act, on_what }: ApprovalRow): Readonly<Record<string, unknown>> {
  return { approval: id, act, on: on_what };
}

function lineOf(row: ApprovalRow): ApprovalLine {
  return {
    id: row.id,
    act: row.act,
    on: row.on_what,
    why: row.why,
    askedBy: row.asked_by,
    askedAt: row.asked_at,
    expiresAt: row.expires_at,
    hasExpired: row.expired,
    approvedBy: row.approved_by,
    approvedAt: row.approved_at,
    usedAt: row.used_at,
  };
}
