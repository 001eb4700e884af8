/** An estate in the tables of the embedded PostgreSQL, made once for each size and kept, since that takes minutes. */

import { sql } from 'kysely';
import type { Database } from '#store/db.ts';
import { isPrepared, migrate } from '#store/migrations.ts';

/** Made anew where the tables are others, or another number of mailboxes is in them. */
export async function keptEstate(
  db: Database,
  mailboxes: number,
  fill: (db: Database, mailboxes: number) => Promise<unknown>,
  say: (line: string) => void,
): Promise<void> {
  if ((await isPrepared(db).catch(() => false)) && (await isFilled(db, mailboxes))) return;
  await sql`drop schema public cascade`.execute(db.sql);
  await sql`drop schema if exists pgboss cascade`.execute(db.sql);
  await sql`create schema public`.execute(db.sql);
  await migrate(db);
  const since = performance.now();
  await fill(db, mailboxes);
  say(`filled after ${((performance.now() - since) / 1_000).toFixed(0)} s`);
}

async function isFilled(db: Database, mailboxes: number): Promise<boolean> {
  const { rows } = await sql<{ n: number }>`select count(*) as n from mailbox`.execute(db.sql);
  return rows[0]?.n === mailboxes;
}
