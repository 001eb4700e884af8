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
