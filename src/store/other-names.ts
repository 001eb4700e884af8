/** That the accounts which a mailbox is blocked for are the ones that its ledgers were made with, under other names. */

import { sql } from 'kysely';
import type { MailboxPair } from '#ports/ledger.ts';
import type { Sql } from './db.ts';
import { pairDigest } from './ledger-pair.ts';

/**
 * Enters what each of `mailboxes` was refused for: the next pass goes on with just those accounts, and with others it is blocked
 * anew. To be called before `blocked_about` is forgotten.
 */
export async function enterOtherNames(tx: Sql, mailboxes: readonly number[]): Promise<void> {
  const { rows } = await sql<{ id: number; pair: MailboxPair }>`
    select id, blocked_about -> 'pair' as pair
      from mailbox
     where id = any(${mailboxes}::int[]) and blocked_about ? 'pair'`.execute(tx);
  const ids = rows.map(({ id }) => id);
  const there = rows.map(({ pair }) => pairDigest(pair));
  const back = rows.map(({ pair: { source, target } }) => pairDigest({ source: target, target: source }));
  await sql`
    update ledger_page p
       set pair = case p.direction when 'there' then named.there else named.back end
      from unnest(${ids}::int[], ${there}::bytea[], ${back}::bytea[]) as named (mailbox, there, back)
     where p.mailbox = named.mailbox and p.pair is not null`.execute(tx);
}
