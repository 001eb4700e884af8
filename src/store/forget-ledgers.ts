/** What ledgers know, forgotten: when a way back has ended, and when another account is meant. */

import { type RawBuilder, sql } from 'kysely';
import type { Direction } from '#domain/ledger-turn.ts';
import type { Sql } from './db.ts';

const tables = ['ledger_page', 'ledger_runs', 'ledger_flags', 'ledger_sent', 'ledger_intent'] as const;

/**
 * What became of messages is of no use any more. What of them a person should know is: exceptions are part of the report.
 * `those`: a query for the ids of mailboxes.
 */
export async function forgetWays(tx: Sql, those: RawBuilder<unknown>): Promise<void> {
  for (const table of tables) await sql`delete from ${sql.table(table)} where mailbox in (${those})`.execute(tx);
}

/**
 * One of the two ways of those mailboxes, which the other knows as well: part of a statement, behind others. Batches and exceptions
 * there are none of then.
 */
export function forgottenWay(those: RawBuilder<unknown>, direction: Direction): RawBuilder<unknown> {
  const parts = (['ledger_page', 'ledger_runs', 'ledger_flags'] as const).map(
    (table) => sql`
      , ${sql.ref(`gone_${table}`)} as (
        delete from ${sql.table(table)} where mailbox in (${those}) and direction = ${direction}
      )`,
  );
  return sql.join(parts, sql``);
}

/** The same of one mailbox, for those who turn its ledger alone. */
export async function forgetWay(tx: Sql, mailbox: number, direction: Direction): Promise<void> {
  await sql`
    with moved as (select ${mailbox}::int as id) ${forgottenWay(sql`select id from moved`, direction)}
    select from moved`.execute(tx);
}

/** All of it, of mailboxes that nobody has in hand: the next pass begins as the first did, and finds by content what is there. */
export async function forgetLedgers(tx: Sql, those: RawBuilder<unknown>): Promise<void> {
  await forgetWays(tx, those);
  await sql`delete from ledger_exception where mailbox in (${those})`.execute(tx);
}
