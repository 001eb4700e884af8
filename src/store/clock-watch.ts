/**
 * The clock of the database, which everybody here goes by, and which somebody may set. Forward: whoever is at work counts as
 * gone and begins anew, all that was waiting is due, and windows may have closed; all that happens by itself. Back: what was
 * written a moment ago lies in the future, and nobody would be missed, nothing due, and no job given out before that time has
 * come again. The leader notices, by a clock that nobody sets, and puts it right; so does the next one what nobody has put right
 * before it led.
 */

import { sql } from 'kysely';
import { sideNames } from '#domain/platform.ts';
import type { Log } from '#lib/log.ts';
import { steadyClock } from '#lib/steady-clock.ts';
import { note } from './audit.ts';
import { openPlatforms } from './budget.ts';
import { faulted } from './database-fault.ts';
import { type Database, oneRow, type Sql } from './db.ts';
import { schema } from './queue-schema.ts';

/** Less is the hurry of a busy machine, or a clock that is put right bit by bit. */
const jumpMs = 30_000;
/** Put right in one transaction. */
const batchMax = 5_000;
/** In the audit log. */
const clockSet = 'clock set';

interface Seen {
  /** How far the clock of the database was ahead of the steady one. */
  readonly aheadMs: number;
  /** The newest record of a clock that was set. */
  readonly told: number;
}

/** Made once in a process, and watched by it whether it leads or not: clocks are also set while the lead changes hands. */
export class ClockWatch {
  readonly #db: Database;
  readonly #log: Log;
  readonly #steady: () => number;
  /** As it was when nothing was left to be put right; null before anybody has looked. */
  #seen: Seen | null = null;
  #hasLed = false;

  /** `steady`: milliseconds from any beginning, never set. */
  constructor(db: Database, log: Log, steady: () => number = steadyClock()) {
    [this.#db, this.#log, this.#steady] = [db, log, steady];
  }

  /** For who waits for the lead, every few seconds: so that it knows what was set in the meantime. Throws `database.*`. */
  async watch(): Promise<void> {
    await this.#unanswered();
  }

  /** For the leader, every few seconds. Throws `database.*`. */
  async look(): Promise<void> {
    const { jumpedMs, seen } = await this.#unanswered();
    // The first look puts right what was written before anybody watched.
    if (!this.#hasLed || jumpedMs < 0) await faulted(this.#db.name, fromTheFuture(this.#db.sql));
    this.#hasLed = true;
    if (jumpedMs === 0) return;
    if (jumpedMs < 0) {
      await faulted(this.#db.name, sooner(this.#db, -jumpedMs));
      // What they asked for was told by that clock; what they still want they say again.
      for (const side of sideNames) await openPlatforms(this.#db).trustAgain(side);
    }
    const about = { seconds: Math.round(jumpedMs / 1000) };
    this.#log.error('the clock of the database was set, or a machine stood still and does not know it', about);
    await note(this.#db.sql, { who: 'the leader', what: clockSet, about });
    this.#seen = { ...seen, told: (await this.#look()).told };
  }

  /** How far the clock has jumped that nobody has put right yet, 0 for not at all. */
  async #unanswered(): Promise<{ readonly jumpedMs: number; readonly seen: Seen }> {
    const seen = await this.#look();
    const before = this.#seen ?? seen;
    const jumpedMs = seen.aheadMs - before.aheadMs;
    const isAnswered = Math.abs(jumpedMs) <= jumpMs || seen.told !== before.told;
    if (isAnswered) this.#seen = seen;
    return { jumpedMs: isAnswered ? 0 : jumpedMs, seen };
  }

  async #look(): Promise<Seen> {
    const { now, told } = await faulted(
      this.#db.name,
      oneRow(
        this.#db.sql,
        sql<{ now: number; told: number }>`
          select (extract(epoch from clock_timestamp()) * 1000)::int8 as now,
                 (select coalesce(max(id), 0) from audit where what = ${sql.lit(clockSet)}) as told`,
      ),
    );
    return { aheadMs: now - this.#steady(), told };
  }
}

/**
 * What is said to have happened later than now has happened now: heartbeats of workers and of their jobs, which count from
 * there, and jobs that were sent. Whoever is alive renews it; whoever is not is missed as always.
 */
async function fromTheFuture(db: Sql): Promise<void> {
  const now = sql`clock_timestamp()`;
  await sql`update worker set seen_at = ${now} where seen_at > ${now}`.execute(db);
  const { rows } = await sql<{ table: string; column: string }>`
    select table_name as table, column_name as column from information_schema.columns
     where table_schema = ${schema} and data_type like 'timestamp%'
       and (table_name in ('queue', 'version') or table_name = 'job' and column_name in ('start_after', 'heartbeat_on'))
     order by 1, 2`.execute(db);
  for (const { table, column } of rows)
    await sql`
      update ${sql.table(`${schema}.${table}`)} set ${sql.ref(column)} = ${now}
       where ${sql.ref(column)} > ${now}`.execute(db);
}

/** What was due after a wait is due after the same wait. Windows are times of people, and stay where they are. */
async function sooner(db: Database, ms: number): Promise<void> {
  for (let from = 0; ; ) {
    const { rows } = await sql<{ id: number }>`
      update mailbox set due_at = greatest(now(), due_at - make_interval(secs => ${ms / 1000}::float8))
       where id in (select id from mailbox where id > ${from} and due_at > now() order by id limit ${batchMax})
      returning id`.execute(db.sql);
    if (rows.length === 0) return;
    from = Math.max(...rows.map(({ id }) => id));
  }
}
