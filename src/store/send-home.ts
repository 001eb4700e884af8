/** Mailboxes of a wave that will not switch any more: they are known again and belong to no wave; their copies rest. */

import { sql } from 'kysely';
import type { Sql } from './db.ts';
import { advanceAll } from './journey.ts';

/**
 * With two records each. Of those that have switched, or are switching, nothing changes. What blocked them belonged to a
 * journey that is over; who was held or excluded by a person stays so.
 */
export async function sendHome(
  tx: Sql,
  wave: number,
  mailboxes: readonly number[],
  who: string,
  why: string,
): Promise<void> {
  for (const step of ['stand-down', 'unplan'] as const) await advanceAll(tx, mailboxes, { step, who, why }, null);
  await sql`
    update mailbox set wave = null, blocked = null, blocked_about = null
     where id = any(${mailboxes}::int[]) and wave = ${wave} and stage = 'known'`.execute(tx);
}
