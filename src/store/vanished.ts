/**
 * Workers that were not heard of for as long as a lease lasts. Whoever wants what they held strikes them out first, and then
 * what they held is gone with them: nothing counts as lapsed that is still there, and nothing that is gone is ever renewed.
 */

import { sql } from 'kysely';
import { leaseSeconds, type WorkerId, type WorkerIdentity, type WorkerNow } from '#ports/workforce.ts';
import type { Sql } from './db.ts';

export interface WorkerRow extends WorkerIdentity {
  readonly id: WorkerId;
  readonly started_at: Date;
  readonly silent_ms: number;
  readonly draining: boolean;
  readonly connections: number;
  readonly mailboxes: number;
}

/** Of `worker as w`. `clock_timestamp()`, since `now()` is when a transaction began, which may have waited. */
export const isAlive = sql`w.seen_at > clock_timestamp() - make_interval(secs => ${leaseSeconds})`;

/** Of `worker as w`. */
export const workerColumns = sql`
  w.id, w.host, w.pid, w.version, w.role, w.lacks, w.started_at, w.draining,
  (extract(epoch from clock_timestamp() - w.seen_at) * 1000)::int8 as silent_ms,
  (select coalesce(sum(c.connections), 0) from connection_lease c where c.worker = w.id) as connections,
  (select count(*) from mailbox_lease m where m.worker = w.id) as mailboxes`;

/**
 * Strikes out those that vanished, with what they held (their leases refer to them), and says so in the audit log. One that
 * is being renewed at this moment is passed over: it is locked, and counts.
 */
export async function strikeOut(db: Sql): Promise<readonly WorkerRow[]> {
  const { rows } = await sql<WorkerRow>`
    with lapsed as (
      select w.id from worker w where not (${isAlive}) for update skip locked
    ), seen as (
      select ${workerColumns} from worker w join lapsed using (id)
    ), struck as (
      delete from worker using lapsed where worker.id = lapsed.id
    ), told as (
      insert into audit (who, what, about)
      select 'worker ' || id, 'vanished',
             jsonb_build_object('host', host, 'pid', pid, 'connections', connections, 'mailboxes', mailboxes)
        from seen
    )
    select * from seen`.execute(db);
  return rows;
}

export function workerNow({ started_at, silent_ms, draining, ...row }: WorkerRow): WorkerNow {
  return { ...row, startedAt: started_at, silentMs: silent_ms, isDraining: draining };
}
