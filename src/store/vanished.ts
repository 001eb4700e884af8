/**
 * Workers that were not heard of for as long as a lease lasts. Whoever wants what they held strikes them out first, and then
 * what they held is gone with them: nothing counts as lapsed that is still there, and nothing that is gone is ever renewed.
 */

import { type RawBuilder, sql } from 'kysely';
import type { SideName } from '#domain/platform.ts';
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

/** Of `worker as w`, on one side. */
function connectionsOf(side: SideName): RawBuilder<unknown> {
  return sql`select coalesce(sum(c.connections), 0) from connection_lease c where c.worker = w.id and c.side = ${side}`;
}

/**
 * Connections that vanished workers had on the side of `governor as g`, as long as the server may still hold them: it waits for
 * half an hour at least before it gives up a session that says nothing (RFC 9051 §5.4).
 */
export const lostSight = sql`
  select coalesce(sum((a.about ->> g.side)::int), 0) from audit a
   where a.what = 'vanished' and a.at > clock_timestamp() - interval '30 minutes'`;

/**
 * Strikes out those that vanished, with what they held (their leases refer to them), and says so in the audit log. One that
 * is being renewed at this moment is passed over: it is locked, and counts.
 */
export async function strikeOut(db: Sql): Promise<readonly WorkerRow[]> {
  const { rows } = await sql<WorkerRow>`
    with lapsed as (
      select w.id from worker w where not (${isAlive}) for update skip locked
    ), seen as (
      select ${workerColumns}, (${connectionsOf('source')}) as source, (${connectionsOf('target')}) as target
        from worker w join lapsed using (id)
    ), struck as (
      delete from worker using lapsed where worker.id = lapsed.id
    ), told as (
      insert into audit (who, what, about)
      select 'worker ' || id, 'vanished',
             jsonb_build_object('host', host, 'pid', pid, 'connections', connections, 'mailboxes', mailboxes,
                                'source', source, 'target', target)
        from seen
    )
    select id, host, pid, version, role, lacks, started_at, draining, silent_ms, connections, mailboxes from seen`.execute(
    db,
  );
  return rows;
}

export function workerNow({ started_at, silent_ms, draining, ...row }: WorkerRow): WorkerNow {
  return { ...row, startedAt: started_at, silentMs: silent_ms, isDraining: draining };
}
