/** The registry of those at work: one row for each, renewed by its heartbeat, and everything it holds refers to that row. */

import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import {
  type Heartbeat,
  leaseSeconds,
  type MailboxLease,
  type MailboxTaken,
  type Membership,
  type WorkerId,
  type WorkerIdentity,
  type WorkerNow,
  type Workforce,
} from '#ports/workforce.ts';
import { note } from './audit.ts';
import type { Database, Sql } from './db.ts';
import { type GovernorRow, shareOf } from './governor-row.ts';
import { Holdings } from './holdings.ts';
import { isAlive, strikeOut, type WorkerRow, workerColumns, workerNow } from './vanished.ts';

/** `held`: what it knows to be its own; whatever else the database has under its name is dropped with its heartbeats. */
export interface Member extends Membership {
  readonly held: Holdings;
}

export interface StoredWorkforce extends Workforce {
  register(identity: WorkerIdentity): Promise<Member>;
}

/** `pulse`: where heartbeats are asked, which must not wait behind other questions; the same database. */
export function openWorkforce(db: Database, pulse: Database = db): StoredWorkforce {
  return {
    register: (identity) => register(db, pulse, identity),
    workersNow: () => workersNow(db),
    drain: (worker, who) => db.sql.transaction().execute((tx) => drain(tx, worker, who)),
    strikeVanished: async () => (await strikeOut(db.sql)).map(workerNow),
  };
}

async function register(
  db: Database,
  pulse: Database,
  { host, pid, version, role, lacks }: WorkerIdentity,
): Promise<Member> {
  const worker = randomUUID() as WorkerId;
  const held = new Holdings();
  await sql`
    insert into worker (id, host, pid, version, role, lacks)
    values (${worker}, ${host}, ${pid}, ${version}, ${role}, ${lacks}::text[])`.execute(db.sql);
  return {
    worker,
    held,
    heartbeat: () => heartbeat(pulse, worker, held),
    takeMailbox: (mailbox) =>
      held.taking(async () => {
        const taken = await takeMailbox(db, worker, mailbox);
        if (taken.kind === 'taken') held.mailboxes.add(taken.lease.token);
        return taken;
      }),
    async releaseMailbox(lease) {
      // First: what fails to go is dropped with a heartbeat.
      held.mailboxes.delete(lease.token);
      await releaseMailbox(db, worker, lease);
    },
    async [Symbol.asyncDispose]() {
      await sql`delete from worker where id = ${worker}`.execute(db.sql);
    },
  };
}

interface HeartbeatRow {
  readonly draining: boolean;
  readonly heard_at: number;
  readonly revision: number;
  readonly workers: number;
  readonly governors: readonly GovernorRow[];
}

async function heartbeat(db: Database, worker: WorkerId, held: Holdings): Promise<Heartbeat> {
  const { mailboxes, connections } = held.told() ?? { mailboxes: null, connections: null };
  const isOld = sql`taken_at < clock_timestamp() - make_interval(secs => ${leaseSeconds})`;
  const { rows } = await sql<HeartbeatRow>`
    with heard as (
      update worker w set seen_at = clock_timestamp() where id = ${worker} and ${isAlive}
      returning draining, (extract(epoch from seen_at) * 1000)::int8 as heard_at
    ), -- What was given and nobody heard of; of null nothing is said, and nothing is dropped.
    unheard_mailboxes as (
      delete from mailbox_lease using heard
       where worker = ${worker} and ${isOld} and not (token = any(${mailboxes}::int8[]))
    ), unheard_connections as (
      delete from connection_lease using heard
       where worker = ${worker} and ${isOld} and not (id = any(${connections}::int8[]))
    )
    select draining, heard_at, coalesce((select revision from programme), 0) as revision,
           (select count(*) from worker w where ${isAlive}) as workers,
           (select coalesce(jsonb_agg(governor), '[]') from governor) as governors
      from heard`.execute(db.sql);
  const [row] = rows;
  if (!row) return { kind: 'gone' };
  const { draining, heard_at, revision, workers, governors } = row;
  return {
    kind: 'alive',
    isDraining: draining,
    heardAt: heard_at,
    settingsRevision: revision,
    shares: governors.map((governor) => shareOf(governor, workers, heard_at)),
  };
}

/** Who had the mailbox and vanished is struck out first, in a statement of its own: what it held is not seen by the next. */
async function takeMailbox(db: Database, worker: WorkerId, mailbox: number): Promise<MailboxTaken> {
  for (;;) {
    const taken = await sql<{ token: number }>`
      insert into mailbox_lease (mailbox, worker, token)
      select ${mailbox}, w.id, nextval('lease_token') from worker w where w.id = ${worker} and ${isAlive} for key share
      on conflict (mailbox) do nothing
      returning token`.execute(db.sql);
    const token = taken.rows[0]?.token;
    if (token !== undefined) return { kind: 'taken', lease: { mailbox, token } };
    const { rows } = await sql<{ self: boolean; holder: WorkerId | null; alive: boolean | null }>`
      select exists (select from worker w where w.id = ${worker} and ${isAlive}) as self,
             w.id as holder, ${isAlive} as alive
        from (select) as one
        left join mailbox_lease l on l.mailbox = ${mailbox}
        left join worker w on w.id = l.worker`.execute(db.sql);
    const [found] = rows;
    if (!found?.self) return { kind: 'gone' };
    if (found.holder !== null && found.alive) return { kind: 'busy', holder: found.holder };
    await strikeOut(db.sql);
  }
}

async function releaseMailbox(db: Database, worker: WorkerId, { mailbox, token }: MailboxLease): Promise<void> {
  await sql`delete from mailbox_lease where mailbox = ${mailbox} and worker = ${worker} and token = ${token}`.execute(
    db.sql,
  );
}

async function workersNow(db: Database): Promise<readonly WorkerNow[]> {
  const { rows } = await sql<WorkerRow>`select ${workerColumns} from worker w order by w.started_at, w.id`.execute(
    db.sql,
  );
  return rows.map(workerNow);
}

async function drain(tx: Sql, worker: WorkerId, who: string): Promise<boolean> {
  const { rows } = await sql<{ host: string; pid: number }>`
    update worker set draining = true where id = ${worker} returning host, pid`.execute(tx);
  const [row] = rows;
  if (row) await note(tx, { who, what: 'worker drained', about: { worker, ...row } });
  return row !== undefined;
}
