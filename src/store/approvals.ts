/**
 * Approvals by a second person: asked for, given and used, each with its record. Each is good for one act, once, to the letter, and
 * for those who were meant when it was asked for.
 */

import { type RawBuilder, sql } from 'kysely';
import type { ApprovalLine, ApprovalNeeded, ApprovalOrder, Approved, Meaning } from '#domain/access.ts';
import { type DangerousAct, type Holder, reachOf } from '#domain/rights.ts';
import type { Approvals } from '#ports/access.ts';
import { note } from './audit.ts';
import { faulted } from './database-fault.ts';
import { type Database, oneRow, type Sql } from './db.ts';

interface ApprovalRow {
  readonly id: number;
  readonly act: DangerousAct;
  readonly on_what: string;
  readonly meant: number | null;
  readonly meant_digest: Buffer | null;
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
    turn: () => inTransaction(takeTurn),
    need: (order, holder) => inTransaction((tx) => need(tx, order, holder)),
    use: (id, holder) => inTransaction((tx) => use(tx, id, holder)),
    approve: (id, holder, why) => inTransaction((tx) => approve(tx, id, holder, why)),
    list: ({ ended }, holder) => faulted(db.name, list(db.sql, ended, holder)),
  };
}

async function takeTurn(tx: Sql): Promise<void> {
  await sql`select pg_advisory_xact_lock(${lock})`.execute(tx);
}

async function need(tx: Sql, order: ApprovalOrder, holder: Holder): Promise<ApprovalNeeded> {
  // Two who ask for the same at the same time ask once, and two who use it do not both use it.
  await takeTurn(tx);
  const { rows } = await sql<ApprovalRow>`
    select ${columns} from access_approval
     where ${isOpen} and act = ${order.act} and on_what = ${order.on} and asked_by = ${holder.who}
     order by approved_at nulls last, id for update`.execute(tx);
  const row = rows.find((each) => isAbout(each, order.meaning));
  if (row) return { kind: row.approved_at === null ? 'asked' : 'may', approval: lineOf(row), overtaken: null };
  for (const other of rows) await endOvertaken(tx, other, order.meaning);
  const approval = await ask(tx, order, holder);
  return { kind: 'asked', approval, overtaken: rows[0] ? lineOf(rows[0]) : null };
}

/** Whether the same are meant as when it was asked for. */
function isAbout({ meant_digest: digest }: ApprovalRow, meaning: Meaning | null): boolean {
  return meaning === null ? digest === null : digest?.toString('hex') === meaning.digest;
}

async function endOvertaken(tx: Sql, row: ApprovalRow, meaning: Meaning | null): Promise<void> {
  await sql`update access_approval set expires_at = greatest(now(), asked_at + interval '1 microsecond') where id = ${row.id}`.execute(
    tx,
  );
  const about = { ...aboutOf(row), meant: row.meant, means: meaning?.count ?? null };
  await note(tx, { who: row.asked_by, what: 'approval overtaken', why: row.why, about });
}

async function ask(tx: Sql, { act, on, meaning, why }: ApprovalOrder, { who, person }: Holder): Promise<ApprovalLine> {
  const digest = meaning && Buffer.from(meaning.digest, 'hex');
  const row = await oneRow(
    tx,
    sql<ApprovalRow>`
      insert into access_approval (act, on_what, meant, meant_digest, why, asked_by, asked_person, expires_at)
      values (${act}, ${on}, ${meaning?.count ?? null}, ${digest}, ${why}, ${who}, ${person},
              now() + ${lastsHours} * interval '1 hour')
      returning ${columns}`,
  );
  await note(tx, { who, what: 'approval asked', why, about: aboutOf(row) });
  return lineOf(row);
}

async function use(tx: Sql, id: number, { who }: Holder): Promise<void> {
  const row = await oneRow(
    tx,
    sql<ApprovalRow>`
      update access_approval set used_at = now()
       where id = ${id}::int8 and approved_at is not null and ${isOpen} returning ${columns}`,
  );
  await note(tx, { who, what: 'approval used', why: row.why, about: aboutOf(row) });
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
  id, act, on_what, meant, meant_digest, why, asked_by, asked_person, asked_at, expires_at, approved_by, approved_at, used_at,
  expires_at <= now() as expired`;

function aboutOf({ id, act, on_what, meant }: ApprovalRow): Readonly<Record<string, unknown>> {
  return { approval: id, act, on: on_what, ...(meant === null ? {} : { meant }) };
}

function lineOf(row: ApprovalRow): ApprovalLine {
  return {
    id: row.id,
    act: row.act,
    on: row.on_what,
    meant: row.meant,
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
