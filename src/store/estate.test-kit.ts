/** A small estate in the rows of a test's database. */

import { sql } from 'kysely';
import type { MailboxOrder } from '#domain/estate-state.ts';
import type { Stage } from '#domain/journey.ts';
import { type DayWindow, windowFrom } from '#domain/window.ts';
import type { Database, Sql } from './db.ts';
import { openMailboxOrders } from './mailbox-orders.ts';

export const hourMs = 3_600_000;

/** A window that is open, or opens or has closed so many hours from now. */
export function windowIn(hours: number): DayWindow {
  const opensAt = Date.now() + hours * hourMs;
  return windowFrom(opensAt - hourMs, opensAt + hourMs);
}

/** Mailboxes of `RXY` with these addresses at x.example, by the ids 1 and on. */
export async function people(db: Sql, names: readonly string[]): Promise<void> {
  await sql`insert into organisation (code, name) values ('RXY', 'Somewhere') on conflict do nothing`.execute(db);
  for (const name of names) {
    await sql`
      insert into mailbox (address, kind, organisation, size_bytes)
      values (${`${name}@x.example`}, 'person', 1, 100)`.execute(db);
  }
}

/** Puts a mailbox there without asking the journey, due at once. */
export async function standAt(db: Sql, mailbox: number, stage: Stage, wave: number | null): Promise<void> {
  await sql`
    update mailbox set stage = ${stage}, wave = ${wave}, due_at = now() where id = ${mailbox}`.execute(db);
}

/** Gives an order to one mailbox, and says `done` or why not. */
export async function orderOne(
  db: Database,
  name: string,
  order: MailboxOrder,
  why: string | null = null,
): Promise<string> {
  const whom = { kind: 'addresses', addresses: [`${name}@x.example`] } as const;
  const ordered = await openMailboxOrders(db).order(whom, order, 'operator bob', why);
  if (ordered.kind !== 'ordered') return ordered.kind;
  return ordered.done.length === 1 ? 'done' : String(ordered.refused[0]?.why);
}

export interface Standing {
  readonly stage: Stage;
  readonly wave: number | null;
  readonly mark: string;
  readonly isDue: boolean;
  readonly queued: boolean;
  readonly failures: number;
}

export async function standing(db: Sql, mailbox: number): Promise<Standing> {
  const { rows } = await sql<Standing>`
    select stage, wave, mark, coalesce(due_at <= now(), false) as "isDue", queued_at is not null as queued, failures
      from mailbox where id = ${mailbox}`.execute(db);
  const [row] = rows;
  if (!row) throw new Error(`there is no mailbox ${mailbox}`);
  return row;
}

/** What the log says of a mailbox, or of waves. */
export async function recorded(db: Sql, mailbox: number | null): Promise<readonly string[]> {
  const { rows } = await sql<{ line: string }>`
    select concat_ws(' ', who, what, stage_before, stage_after, why) as line
      from audit where mailbox is not distinct from ${mailbox}::int order by id`.execute(db);
  return rows.map(({ line }) => line);
}

/** What the dashboards read, and what a count of the mailboxes themselves finds. */
export async function tallies(db: Sql): Promise<{ readonly kept: unknown; readonly counted: unknown }> {
  const kept = await sql`
    select wave, stage, mark, sum(mailboxes)::int8 as mailboxes, sum(bytes)::int8 as bytes
      from tally group by 1, 2, 3 having sum(mailboxes) <> 0 or sum(bytes) <> 0 order by 1, 2, 3`.execute(db);
  const counted = await sql`
    select coalesce(wave, 0) as wave, stage, mark, count(*) as mailboxes, sum(size_bytes)::int8 as bytes
      from mailbox group by 1, 2, 3 order by 1, 2, 3`.execute(db);
  return { kept: kept.rows, counted: counted.rows };
}

/** Returns once somebody in this database waits for a lock that another has. */
export async function somebodyWaits(db: Sql): Promise<void> {
  for (let waits = false; !waits; ) {
    const { rows } = await sql`
      select from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()`.execute(db);
    waits = rows.length > 0;
  }
}
