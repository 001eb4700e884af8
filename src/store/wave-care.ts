/**
 * What the leader does for waves of its own accord, every few seconds: what became of a window that is over is written down, who
 * was deferred goes on when the day has come, a wave that fails too often pauses, one that is over is finished, and whoever an ended wave has left behind is planned for nothing again.
 */

import { sql } from 'kysely';
import type { WaveState } from '#domain/release.ts';
import { careFor, countsForNothing, stagesOnTheWay, type WaveCounts, whyPaused } from '#domain/wave.ts';
import { note } from './audit.ts';
import { faulted } from './database-fault.ts';
import type { Database, Sql } from './db.ts';
import { letGoDeferred } from './deferring.ts';
import { sendHome } from './send-home.ts';
import { noteOutcomes } from './window-outcomes.ts';

/** For the audit log. */
const who = 'the leader';
/** Sent home in one transaction: some tenths of a second. */
const homewardMax = 5_000;

interface RunningRow {
  readonly id: number;
  readonly name: string;
  readonly opens_ms: number;
  readonly closes_ms: number;
  readonly error_budget: number;
  readonly now_ms: number;
  readonly begun: number;
  readonly on_the_way: number;
  readonly failed: number;
  /** Of those that failed, the most frequent first. */
  readonly codes: readonly string[];
}

/** To be called by whoever leads; called by several it does everything once. `timezone`: in which days begin. Throws `database.*`. */
export async function careForWaves(db: Database, timezone = 'UTC'): Promise<void> {
  // Before anybody is sent home.
  await faulted(db.name, noteOutcomes(db.sql));
  for (const row of await faulted(db.name, running(db.sql)))
    await faulted(
      db.name,
      db.sql.transaction().execute((tx) => care(tx, row)),
    );
  // Afterwards: nobody who is let go only now keeps a wave from its end whose window is over.
  await faulted(
    db.name,
    db.sql.transaction().execute((tx) => letGoDeferred(tx, who, timezone)),
  );
  for (const ended of await faulted(db.name, withLeftBehind(db.sql)))
    await faulted(
      db.name,
      db.sql.transaction().execute((tx) => takeHome(tx, ended)),
    );
}

/** From the tallies and from the few records that tell of failures; no mailbox is looked at that has not failed. */
async function running(db: Sql): Promise<readonly RunningRow[]> {
  const { rows } = await sql<RunningRow>`
    select w.id, w.name, w.error_budget, f.failed, f.codes, ${ms(sql`w.opens_at`)} as opens_ms,
           ${ms(sql`w.closes_at`)} as closes_ms, ${ms(sql`now()`)} as now_ms,
           coalesce(t.begun, 0)::int8 as begun, coalesce(t.on_the_way, 0)::int8 as on_the_way
      from wave w
      left join lateral (
        select sum(mailboxes) filter (where stage not in ('known', 'planned')) as begun,
               sum(mailboxes) filter (where mark = '' and stage = any(${stagesOnTheWay}::text[])) as on_the_way
          from tally where wave = w.id
      ) as t on true
     cross join lateral (
        select coalesce(sum(n), 0)::int8 as failed, coalesce(array_agg(code order by n desc, code), '{}') as codes
          from (select code, count(*) as n from (${failuresOf(sql`w`)}) as each group by code) as by_code
      ) as f
     where w.state = 'running'
     order by w.id`.execute(db);
  return rows;
}

/**
 * Each mailbox once, with the code of its latest failure: it is blocked still, or its switch was withdrawn, and no governor has
 * found since that its platform was to blame.
 */
function failuresOf(w: ReturnType<typeof sql>) {
  const code = sql`coalesce(a.why, a.about ->> 'code', '')`;
  return sql`
    select distinct on (a.mailbox) a.mailbox, ${code} as code
      from audit a
     where a.wave = ${w}.id and a.what in ('blocked', 'withdraw') and a.id > ${w}.failures_seen
       and ${code} <> all(${countsForNothing}::text[])
       and (a.what = 'withdraw'
            and not exists (select from audit g where g.mailbox = a.mailbox and g.id > a.id and g.what = 'acquitted'
                               and g.about ->> 'blocked' = ${code})
            or exists (select from mailbox m where m.id = a.mailbox and m.wave = a.wave and m.blocked is not null))
     order by a.mailbox, a.id desc`;
}

async function care(tx: Sql, row: RunningRow): Promise<void> {
  const { id, closes_ms: closesAt, opens_ms: opensAt, error_budget: errorBudget, on_the_way: onTheWay } = row;
  // Whoever failed had begun, though it may have been before anything was copied.
  const counts: WaveCounts = { begun: Math.max(row.begun, row.failed), failed: row.failed, onTheWay };
  const does = careFor({ window: { opensAt, closesAt }, errorBudget }, counts, row.now_ms);
  if (does === null) return;
  const [state, why] =
    does === 'pause' ? (['paused', whyPaused(counts, errorBudget, row.codes)] as const) : (['finished', null] as const);
  // Whoever paused, cancelled or rescheduled it in the meantime is not overruled.
  const { rows } = await sql`
    update wave set state = ${state}, paused_why = ${why}
     where id = ${id} and state = 'running' and ${ms(sql`closes_at`)} = ${closesAt}::int8
    returning id`.execute(tx);
  if (rows.length === 0) return;
  await note(tx, { who, what: `wave ${does}`, wave: id, ...(why === null ? {} : { why }), about: { ...counts } });
}

interface EndedRow {
  readonly id: number;
  readonly name: string;
  readonly state: Extract<WaveState, 'cancelled' | 'finished'>;
}

/**
 * Ended waves in which somebody stands who has not switched: a switch that was withdrawn after the wave was cancelled, who
 * came home, who was blocked or held when it finished and is so no more.
 */
async function withLeftBehind(db: Sql): Promise<readonly EndedRow[]> {
  const { rows } = await sql<EndedRow>`
    select w.id, w.name, w.state from wave w
     where w.state in ('cancelled', 'finished')
       and exists (select from mailbox m where m.wave = w.id and ${isLeftBehind(sql`w.state`)})`.execute(db);
  return rows;
}

function isLeftBehind(state: ReturnType<typeof sql>) {
  return sql`m.stage in ('planned', 'copying', 'following') and (m.mark = '' or ${state} = 'cancelled')`;
}

async function takeHome(tx: Sql, { id, name, state }: EndedRow): Promise<void> {
  const { rows } = await sql<{ id: number }>`
    select m.id from mailbox m where m.wave = ${id} and ${isLeftBehind(sql`${state}::text`)}
     order by m.id limit ${homewardMax}`.execute(tx);
  await sendHome(
    tx,
    id,
    rows.map((row) => row.id),
    who,
    state === 'cancelled' ? `wave ${name} was cancelled` : `wave ${name} has finished`,
  );
}

function ms(instant: ReturnType<typeof sql>) {
  return sql<number>`(extract(epoch from ${instant}) * 1000)::int8`;
}
