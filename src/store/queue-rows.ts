/** Jobs as rows, for statements that take them out together with something else: without the library that they come from. */

import { type RawBuilder, sql } from 'kysely';
import type { Job } from '#ports/queue.ts';
import type { Sql } from './db.ts';
import { queueName, schema } from './queue-schema.ts';

const table = sql.id(schema, 'job');

/**
 * Takes out a job as `complete` does, for a statement that does more: a row where it was ours still. Told by its attempt, as
 * pg-boss does it (`attemptFence` of its plans). `provided`, in the form `and …`, is one more condition.
 */
export function takenOut(
  { id, attempt }: Job,
  provided: RawBuilder<unknown> = sql``,
): RawBuilder<{ readonly id: string }> {
  return sql`
    delete from ${table}
     where name = ${queueName} and id = ${id} and state = 'active' and retry_count = ${attempt} ${provided}
    returning id`;
}

/** Sooner than that it may be on its way there. */
const lostAfterSeconds = 60;

/** Ends the jobs of these mailboxes, as `JobQueue.cancel` says: for those who do not open the queue for it. */
export async function callOff(mailboxes: readonly number[], within: Sql): Promise<void> {
  // Nobody has served this estate yet.
  const { rows } = await sql<{ installed: boolean }>`
    select to_regclass(${`${schema}.job`}) is not null as installed`.execute(within);
  if (mailboxes.length === 0 || !rows[0]?.installed) return;
  // As its index is defined: one that waits or is under way, by its key.
  await sql`
    delete from ${table}
     where name = ${queueName} and policy = 'exclusive' and state <= 'active'
       and coalesce(singleton_key, '') = any(${mailboxes.map(String)}::text[])`.execute(within);
}

/**
 * Mailboxes that are noted as waiting in the queue and have no job there may be chosen again; answers with their number. Whoever
 * takes a job out and is killed before that was written would otherwise leave one behind for ever. For the leader, once a minute.
 */
export async function findLost(db: Sql): Promise<number> {
  const since = sql`now() - make_interval(secs => ${lostAfterSeconds})`;
  // No index knows who is in the queue; those that know who is due are of these kinds.
  const kinds = [
    sql`stage in ('copying', 'following', 'settled') and mark = ''`,
    sql`stage in ('switching', 'returning') and mark = ''`,
    sql`stage = 'planned' and mark = '' and wave in (select id from wave where state = 'running')`,
    sql`came_home = stage_since and stage = 'following' and mark = 'held'`,
  ].map((kind) => sql`select id from mailbox where ${kind} and due_at < ${since} and queued_at < ${since}`);
  const { rows } = await sql`
    update mailbox m set queued_at = null
     where m.id in (${sql.join(kinds, sql` union all `)}) and m.queued_at < ${since}
       and not exists (select from ${table} j where j.name = ${queueName} and j.singleton_key = m.id::text)
    returning m.id`.execute(db);
  return rows.length;
}
