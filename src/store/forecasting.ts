/** What a forecast asks of the estate: one walk over its mailboxes by wave and size, and a sample of those that have come so far. */

import { sql } from 'kysely';
import type { Bulk, WaveAhead } from '#domain/estate-ahead.ts';
import type { Forecast } from '#domain/forecast.ts';
import { usualSize } from '#domain/usual-programme.ts';
import { learntOf, type GovernorRow } from './governor-row.ts';
import type { EstateFacts, Forecasting } from '#ports/forecasting.ts';
import { faulted } from './database-fault.ts';
import { type Database, oneRow, type Sql } from './db.ts';
import { keepForecast, keptAt, pastForecasts } from './forecast-kept.ts';
import { measurements } from './measurements.ts';

export function openForecasting(db: Database): Forecasting {
  const ask = <Answer>(answer: Promise<Answer>): Promise<Answer> => faulted(db.name, answer);
  return {
    facts: () => ask(facts(db)),
    keptAt: () => ask(keptAt(db.sql)),
    keep: (forecast: Forecast, samples) => ask(keepForecast(db, forecast, samples)),
    past: (most) => ask(pastForecasts(db.sql, most)),
  };
}

interface Common {
  readonly now: number;
  readonly at_once: number | null;
  readonly follow_every: number | null;
  readonly workers: number;
  readonly followers: number;
  readonly unplanned: number;
}

async function facts(db: Database): Promise<EstateFacts> {
  const common = await oneRow(
    db.sql,
    sql<Common>`
      select (extract(epoch from now()) * 1000)::int8 as now,
             (select (settings->>'atOnce')::int from programme) as at_once,
             (select (settings->>'followEverySeconds')::float8 from programme) as follow_every,
             (select count(*) from worker where not draining and role <> 'onlooker'
                 and seen_at > now() - interval '1 minute') as workers,
             (select coalesce(sum(mailboxes), 0)::int8 from tally
               where stage in ('following', 'settled', 'returning') and mark = '') as followers,
             (select coalesce(sum(mailboxes), 0)::int8 from tally where stage = 'known' and mark = '') as unplanned`,
  );
  const { rows: governors } = await sql<GovernorRow>`select side, budget, timezone, state from governor`.execute(
    db.sql,
  );
  const connections = Math.min(...governors.map(({ budget }) => budget.connections));
  const hands = common.at_once === null || common.workers === 0 ? null : common.at_once * common.workers;
  const atOnce = Math.min(connections, hands ?? Number.POSITIVE_INFINITY);
  return {
    now: common.now,
    waves: await wavesAhead(db.sql),
    followers: common.followers,
    unplanned: common.unplanned,
    measured: await measurements(db.sql, Number.isFinite(atOnce) ? atOnce : null),
    hands,
    followEverySeconds: common.follow_every,
    platforms: governors.map((row) => ({
      side: row.side,
      budget: row.budget,
      timezone: row.timezone,
      learnt: learntOf(row),
    })),
  };
}

interface WaveRow {
  readonly id: number;
  readonly name: string;
  readonly state: WaveAhead['state'];
  readonly opens_ms: number;
  readonly closes_ms: number;
  readonly pilot: boolean;
}

interface BulkRow {
  readonly wave: number;
  readonly standing: 'to-copy' | 'following' | 'blocked' | 'resting' | 'done';
  readonly mailboxes: number;
  /** Of those whose size is known. */
  readonly sized: number;
  readonly items: number;
  readonly bytes: number;
}

/** Mailboxes are told apart by powers of two of their size: within one they are alike enough. */
async function wavesAhead(db: Sql): Promise<readonly WaveAhead[]> {
  const { rows: waves } = await sql<WaveRow>`
    select id, name, state, pilot, (extract(epoch from opens_at) * 1000)::int8 as opens_ms,
           (extract(epoch from closes_at) * 1000)::int8 as closes_ms
      from wave where state in ('planned', 'running', 'paused') order by opens_at, id`.execute(db);
  const { rows } = await sql<BulkRow>`
    select wave, standing, count(*) as mailboxes, count(bytes) as sized,
           coalesce(sum(items), 0)::float8 as items, coalesce(sum(bytes), 0)::float8 as bytes
      from (
        select m.wave,
               case when m.stage in ('settled', 'released') then 'done'
                    when m.mark in ('held', 'excluded') or m.stage = 'returning' then 'resting'
                    when m.mark = 'blocked' then 'blocked'
                    when m.stage in ('planned', 'copying') then 'to-copy'
                    else 'following' end as standing,
               case when m.size_bytes is not null then greatest(m.size_bytes - m.copied_bytes, 0) end as bytes,
               case when m.size_bytes is not null then greatest(m.items - m.copied, 0) end as items
          from mailbox m
         where m.wave = any(${waves.map(({ id }) => id)}::int[]) and m.left_at is null
      ) as each
     group by wave, standing, case when bytes > 0 then floor(ln(bytes::float8) / ln(2::float8)) end`.execute(db);
  const usual = sizeWhereUnknown(rows);
  const byWave = Map.groupBy(rows, ({ wave }) => wave);
  return waves.map((wave) => waveAhead(wave, byWave.get(wave.id) ?? [], usual));
}

/** What a mailbox is taken for of which nobody knows the size. */
function sizeWhereUnknown(rows: readonly BulkRow[]): { readonly items: number; readonly bytes: number } {
  const toCopy = rows.filter(({ standing }) => standing === 'to-copy');
  const sum = (of: (row: BulkRow) => number): number => toCopy.reduce((total, row) => total + of(row), 0);
  const sized = sum((row) => row.sized);
  return sized === 0 ? usualSize : { items: sum((row) => row.items) / sized, bytes: sum((row) => row.bytes) / sized };
}

function waveAhead(
  { name, state, opens_ms: opensAt, closes_ms: closesAt, pilot }: WaveRow,
  rows: readonly BulkRow[],
  usual: { readonly items: number; readonly bytes: number },
): WaveAhead {
  const many = (standing: BulkRow['standing']): number =>
    rows.filter((row) => row.standing === standing).reduce((sum, { mailboxes }) => sum + mailboxes, 0);
  const toCopy = rows
    .filter(({ standing }) => standing === 'to-copy')
    .map(({ mailboxes, sized, items, bytes }): Bulk => {
      const unsized = mailboxes - sized;
      return { mailboxes, items: items + unsized * usual.items, bytes: bytes + unsized * usual.bytes };
    });
  return {
    name,
    state,
    window: { opensAt, closesAt },
    isPilot: pilot,
    toCopy,
    following: many('following'),
    blocked: many('blocked'),
    resting: many('resting'),
    done: many('done'),
  };
}
