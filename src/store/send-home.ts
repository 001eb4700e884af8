/** Mailboxes of a wave that will not switch any more: they are known again and belong to no wave; their copies rest. */

import { sql } from 'kysely';
import type { Sql } from './db.ts';
import { advanceAll } from './journey.ts';
import { callOff } from './queue-rows.ts';

/**
 * With two records each. What is under way with them is called off: their workers hear of it at their next heartbeat. Of those
 * that have switched, or are switching, nothing changes. What blocked them belonged to a journey that is over; who was held or
 * excluded by a person stays so.
 */
export async function sendHome(
  tx: Sql,
  wave: number,
  mailboxes: readonly number[],
  who: string,
  why: string,
): Promise<void> {
  for (const step of ['stand-down', 'unplan'] as const) await advanceAll(tx, mailboxes, { step, who, why }, null);
  const { rows } = await sql<{ id: number }>`
    update mailbox set wave = null, blocked = null, blocked_about = null, queued_at = null
     where id = any(${mailboxes}::int[]) and wave = ${wave} and stage = 'known'
    returning id`.execute(tx);
  const home = rows.map(({ id }) => id);
  await callOff(home, tx);
}
