/** A wave as it lies in its row, and what is remarked on it (`domain/wave-outlook.ts`), read from tallies and budgets. */

import { type RawBuilder, sql } from 'kysely';
import type { Budget, SideName } from '#domain/platform.ts';
import type { WaveState } from '#domain/release.ts';
import { type Outlook, remarksOn } from '#domain/wave-outlook.ts';
import type { Wave, WaveOutlined } from '#domain/wave.ts';
import { nearest } from '#lib/nearest.ts';
import { isAccepted, isLacking } from './acceptance.ts';
import { oneRow, type Sql } from './db.ts';
import { mayMove } from './due.ts';
import { organisationsWaiting } from './ways-in-rows.ts';

export interface WaveRow {
  readonly id: number;
  readonly name: string;
  readonly state: WaveState;
  readonly opens_at: Date;
  readonly closes_at: Date;
  readonly pilot: boolean;
  readonly error_budget: number;
  readonly paused_why: string | null;
}

export const waveColumns = sql.raw('id, name, state, opens_at, closes_at, pilot, error_budget, paused_why');

export function waveOf(row: WaveRow): Wave {
  return {
    id: row.id,
    name: row.name,
    state: row.state,
    window: { opensAt: row.opens_at.getTime(), closesAt: row.closes_at.getTime() },
    isPilot: row.pilot,
    errorBudget: row.error_budget,
    pausedWhy: row.paused_why,
  };
}

/** The wave of that name, locked until the end of the transaction; or the name that was probably meant. */
export async function lockWave(
  tx: Sql,
  name: string,
): Promise<WaveRow | { readonly kind: 'unknown'; readonly nearest: string | null }> {
  const { rows } = await sql<WaveRow>`select ${waveColumns} from wave where name = ${name} for update`.execute(tx);
  const [row] = rows;
  if (row) return row;
  const others = await sql<{ name: string }>`select name from wave`.execute(tx);
  const names = others.rows.map((each) => each.name);
  return { kind: 'unknown', nearest: nearest(name, names) };
}

/** Those waves with what is remarked on each, whatever their number in a handful of questions. */
export async function outlined(db: Sql, waves: readonly Wave[]): Promise<readonly WaveOutlined[]> {
  const { now, interruptedMs, platforms, others } = await common(db);
  const counts = await toDo(db, waves);
  const dated = await notThatDay(db, waves);
  const open = await notAccepted(db, waves);
  const waiting = await organisationsWaiting(db, waves, now);
  return waves.map((wave) => {
    const its = counts.get(wave.id) ?? { toSwitch: 0, toCopyBytes: 0 };
    const outlook: Outlook = {
      now,
      interruptedMs,
      platforms,
      others,
      ...its,
      notThatDay: dated.get(wave.id) ?? 0,
      notAccepted: open.get(wave.id) ?? 0,
      organisationsWaiting: waiting.get(wave.id) ?? 0,
    };
    return { ...wave, remarks: remarksOn(wave, outlook) };
  });
}

interface CommonRow {
  readonly now: number;
  readonly interrupted_ms: number | null;
  readonly platforms: readonly { readonly side: SideName; readonly budget: Budget; readonly timezone: string }[];
}

/** What is the same for all waves. */
async function common(db: Sql): Promise<Pick<Outlook, 'now' | 'interruptedMs' | 'platforms' | 'others'>> {
  // The latest waves say how fast it is now, and a few of their mailboxes are enough. By our own stamps: a letter that came late kept
  // nobody's place. Of those who switched before there were any, by what is known of them.
  const row = await oneRow(
    db,
    sql<CommonRow>`
      select (extract(epoch from now()) * 1000)::int8 as now,
             (select coalesce(jsonb_agg(jsonb_build_object('side', side, 'budget', budget, 'timezone', timezone)), '[]')
                from governor) as platforms,
             (select avg(latest.ms)::float8
                from (select id from wave where state <> 'planned' order by opens_at desc limit 5) as w
                cross join lateral (
                  select coalesce((select i.stamps_ms from interruption i where i.mailbox = m.id order by i.turned_at desc limit 1),
                                  m.interrupted_ms) as ms
                    from mailbox m
                   where m.wave = w.id and m.stage = 'settled' and m.interrupted_ms is not null limit 100
                ) as latest) as interrupted_ms`,
  );
  const { rows } = await sql<WaveRow>`
    select ${waveColumns} from wave where state in ('planned', 'running', 'paused') order by opens_at, id`.execute(db);
  const { now, interrupted_ms: interruptedMs, platforms } = row;
  return { now, interruptedMs, platforms, others: rows.map(waveOf) };
}

async function toDo(
  db: Sql,
  waves: readonly Wave[],
): Promise<ReadonlyMap<number, Pick<Outlook, 'toSwitch' | 'toCopyBytes'>>> {
  const { rows } = await sql<{ wave: number; to_switch: number; to_copy: number }>`
    select wave, coalesce(sum(mailboxes) filter (where stage <> 'returning'), 0)::int8 as to_switch,
           coalesce(sum(bytes) filter (where stage in ('planned', 'copying')), 0)::int8 as to_copy
      from tally
     where wave = any(${waves.map(({ id }) => id)}::int[]) and mark = ''
       and stage in ('planned', 'copying', 'following', 'switching')
     group by wave`.execute(db);
  return new Map(rows.map((row) => [row.wave, { toSwitch: row.to_switch, toCopyBytes: row.to_copy }] as const));
}

type CountsByWave = ReadonlyMap<number, number>;

async function notThatDay(db: Sql, waves: readonly Wave[]): Promise<CountsByWave> {
  return countsByWave(db, waves, sql`(m.not_before is not null or m.not_after is not null) and not ${mayMove}`);
}

async function notAccepted(db: Sql, waves: readonly Wave[]): Promise<CountsByWave> {
  return countsByWave(
    db,
    waves,
    sql`m.exceptions > 0 and exists (
      select from ledger_exception e
       where e.mailbox = m.id and e.direction = 'there' and ${isLacking}
         and not exists (select from acceptance a where ${isAccepted}))`,
  );
}

/** Mailboxes of waves that are under way, that have not switched and are `such`. */
async function countsByWave(db: Sql, waves: readonly Wave[], such: RawBuilder<unknown>): Promise<CountsByWave> {
  const { rows } = await sql<{ wave: number; mailboxes: number }>`
    select m.wave, count(*) as mailboxes
      from wave w join mailbox m on m.wave = w.id
     where w.id = any(${waves.map(({ id }) => id)}::int[]) and w.state in ('planned', 'running', 'paused')
       and ${such} and m.stage in ('planned', 'copying', 'following')
     group by m.wave`.execute(db);
  return new Map(rows.map(({ wave, mailboxes }) => [wave, mailboxes] as const));
}
