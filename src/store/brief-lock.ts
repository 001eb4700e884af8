/** Locks that everybody at work waits for, held for the few statements of a transaction and not longer. */

import { type RawBuilder, sql } from 'kysely';
import type { Sql } from './db.ts';

/** A process that is stopped between two of them (SIGSTOP, swapped out) loses the lock, and its transaction, after so long. */
const idleMaxMs = 4_000;

/** Takes `lock`, an advisory lock of the transaction `tx`. */
export async function lockBriefly(tx: Sql, lock: RawBuilder<unknown>): Promise<void> {
  await sql`select set_config('idle_in_transaction_session_timeout', ${String(idleMaxMs)}, true), ${lock}`.execute(tx);
}
