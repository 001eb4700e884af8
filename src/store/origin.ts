/**
 * Whether this is the database that has been worked with all the time. One that was restored knows less than has happened, and says so to
 * whoever asks here: one out of a dump by itself, a copy of its files once somebody has noticed who knows more (the kept head of the
 * audit log, a door).
 */

import { sql } from 'kysely';
import type { Sql } from './db.ts';

/** Why it has to be taken for an earlier one; null where it has not. */
export async function restoredWhy(db: Sql): Promise<string | null> {
  const { rows } = await sql<{ why: string | null }>`select ${restoredText} as why from origin`.execute(db);
  return rows[0]?.why ?? null;
}

/** The same as an expression over a row of `origin`. */
export const restoredText = sql`
  case when noticed is not null then noticed
       when here <> database_here() then 'it is not where it was: it came out of a dump, or was moved'
  end`;

/** Somebody knows more than it does. Whoever said so first is remembered. */
export async function noticeRestored(db: Sql, why: string): Promise<void> {
  await sql`update origin set noticed = ${why}, noticed_at = now() where noticed is null`.execute(db);
}

/** From here on this is the database, as it is and where it is. */
export async function confirmOrigin(tx: Sql): Promise<void> {
  await sql`update origin set here = database_here(), noticed = null, noticed_at = null`.execute(tx);
}
