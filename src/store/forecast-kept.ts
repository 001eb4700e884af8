/** Forecasts as they were kept, and what became of the waves that they spoke of. */

import { sql } from 'kysely';
import type { Forecast, Range } from '#domain/forecast.ts';
import type { ForecastKept, ForecastPast } from '#domain/forecast-past.ts';
import type { WaveState } from '#domain/release.ts';
import { type Database, oneRow, type Sql } from './db.ts';
import { outcomes } from './window-outcomes.ts';

export async function keptAt(db: Sql): Promise<number | null> {
  const { at } = await oneRow(
    db,
    sql<{ at: number | null }>`select (extract(epoch from max(made_at)) * 1000)::int8 as at from forecast`,
  );
  return at;
}

export async function keepForecast(db: Database, forecast: Forecast, samples: number): Promise<void> {
  const all = {
    wave: null,
    window: null,
    mailboxes: forecast.waves.reduce((sum, { mailboxes }) => sum + mailboxes, 0),
    copied: null,
    finish: forecast.finish,
    switchMs: null,
    missed: forecast.missed,
  };
  const rows = [all, ...forecast.waves].map(({ wave, window, mailboxes, copied, finish, switchMs, missed }) => ({
    wave,
    opens_at: window && instant(window.opensAt),
    closes_at: window && instant(window.closesAt),
    mailboxes,
    copied_p50: copied && instant(copied.p50),
    copied_p90: copied && instant(copied.p90),
    finish_p50: finish && instant(finish.p50),
    finish_p90: finish && instant(finish.p90),
    switch_ms_p50: switchMs && Math.round(switchMs.p50),
    switch_ms_p90: switchMs && Math.round(switchMs.p90),
    missed_p50: missed.p50,
    missed_p90: missed.p90,
    samples,
  }));
  await sql`
    insert into forecast (wave, opens_at, closes_at, mailboxes, copied_p50, copied_p90, finish_p50, finish_p90,
                          switch_ms_p50, switch_ms_p90, missed_p50, missed_p90, samples)
    select wave, opens_at, closes_at, mailboxes, copied_p50, copied_p90, finish_p50, finish_p90,
           switch_ms_p50, switch_ms_p90, missed_p50, missed_p90, samples
      from jsonb_populate_recordset(null::forecast, ${JSON.stringify(rows)}::jsonb)`.execute(db.sql);
}

interface PastRow {
  readonly name: string;
  readonly state: WaveState | null;
  readonly opens_ms: number;
  readonly closes_ms: number;
  readonly switched: number;
  readonly missed: number;
  readonly finish_ms: number | null;
  readonly first: KeptRow | null;
  readonly last: KeptRow | null;
}

interface KeptRow {
  readonly made: number;
  readonly p50: number | null;
  readonly p90: number | null;
  readonly mailboxes: number;
  readonly missed_p50: number;
  readonly missed_p90: number;
  readonly samples: number;
}

export async function pastForecasts(db: Sql, most: number): Promise<readonly ForecastPast[]> {
  const { rows } = await sql<PastRow>`
    select o.name, w.state, ${ms(sql`o.opens_at`)} as opens_ms, ${ms(sql`o.closes_at`)} as closes_ms,
           o.switched, o.missed, ${ms(sql`o.finish_at`)} as finish_ms, ${keptOf('made_at')} as first, ${keptOf('made_at desc')} as last
      from (${outcomes(most)}) as o left join wave w on w.id = o.wave
     order by o.opens_at desc, o.wave desc`.execute(db);
  return rows.map(({ name, state, opens_ms: opensAt, closes_ms: closesAt, switched, missed, ...row }) => ({
    wave: name,
    state,
    window: { opensAt, closesAt },
    first: asKept(row.first),
    last: asKept(row.last),
    switched,
    finish: row.finish_ms,
    missed,
  }));
}

/** Of a window `o` the first forecast or the last before it opened; what was told of another window says nothing of this. */
function keptOf(order: 'made_at' | 'made_at desc') {
  return sql`(
    select jsonb_build_object('made', ${ms(sql`f.made_at`)}, 'p50', ${ms(sql`f.finish_p50`)}, 'p90', ${ms(sql`f.finish_p90`)},
                              'mailboxes', f.mailboxes, 'missed_p50', f.missed_p50, 'missed_p90', f.missed_p90,
                              'samples', f.samples)
      from forecast f
     where f.wave = o.name and f.made_at < o.opens_at
       and f.opens_at between o.opens_at - interval '1 second' and o.opens_at + interval '1 second'
     order by f.${sql.raw(order)} limit 1)`;
}

function asKept(row: KeptRow | null): ForecastKept | null {
  if (row === null) return null;
  const { made: madeAt, mailboxes, samples } = row;
  const finish: Range | null = row.p50 === null || row.p90 === null ? null : { p50: row.p50, p90: row.p90 };
  return { madeAt, finish, mailboxes, missed: { p50: row.missed_p50, p90: row.missed_p90 }, samples };
}

function ms(at: ReturnType<typeof sql>) {
  return sql<number>`(extract(epoch from ${at}) * 1000)::int8`;
}

function instant(at: number): string {
  return new Date(Math.round(at)).toISOString();
}
