/** Mailboxes whose sign-ins failed because their platform was in trouble: what was held against them is taken back. */

import { sql } from 'kysely';
import type { SideName } from '#domain/platform.ts';
import { signInFaults } from '#domain/sighting.ts';
import type { Sql } from './db.ts';

/** Unblocks them where a failed sign-in blocked them, forgets their failures, and has them tried again; with a record of each. */
export async function acquit(tx: Sql, side: SideName, mailboxes: readonly number[], said: string): Promise<void> {
  if (mailboxes.length === 0) return;
  await sql`
    with standing as (
      select id, blocked from mailbox
       where id = any(${mailboxes}::int[])
         and (blocked = any(${signInFaults}::text[]) or blocked is null and failures > 0)
         for update
    ), freed as (
      update mailbox m
         set blocked = null, blocked_about = null, failures = 0,
             due_at = case when m.queued_at is null then clock_timestamp() else m.due_at end
        from standing s
       where m.id = s.id
      returning m.id, m.wave, s.blocked
    )
    insert into audit (who, what, mailbox, wave, why, about)
    select ${`governor of the ${side}`}, 'acquitted', id, wave, ${said}, jsonb_build_object('blocked', blocked)
      from freed`.execute(tx);
}
