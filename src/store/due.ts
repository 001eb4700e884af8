/** What is due, for the releaser; and what a worker has to know of the mailbox that it was given. */

import { sql } from 'kysely';
import type { Stage } from '#domain/journey.ts';
import { type Candidate, type WaveNow, type WaveState, waitingMax } from '#domain/release.ts';
import type { Journeys, Traveller } from '#ports/journeys.ts';
import { oneRow, type Sql } from './db.ts';

interface CandidateRow {
  readonly id: number;
  readonly organisation: number;
  readonly stage: Stage;
  readonly wave: number | null;
  readonly due_ms: number;
  readonly lag_ms: number | null;
  readonly may_move: boolean;
  readonly party: number | null;
  readonly is_awaited: boolean;
  readonly stays_home?: boolean;
}

interface WaveRow {
  readonly id: number;
  readonly state: WaveState;
  readonly opens_ms: number;
  readonly closes_ms: number;
  readonly pilot: boolean;
}

interface TravellerRow {
  readonly id: number;
  readonly address: string;
  readonly source_user: string | null;
  readonly target_user: string | null;
  readonly stage: Stage;
  readonly wave: number | null;
  readonly side: 'source' | 'target';
  readonly turned_for_ms: number | null;
  readonly may_move: boolean;
  readonly tries_refused: boolean;
  readonly failures: number;
  readonly home_late: string | null;
  readonly came_home: Traveller['cameHome'];
}

/**
 * The queries that narrow two million mailboxes down to what is due; `domain/release.ts` chooses among them. Each has an index
 * in the order in which that takes them, so that whoever is behind the first `max` would not be chosen either. At the same
 * time of the database, since the transaction's is `now()`.
 */
export async function due(db: Sql, max: number): ReturnType<Journeys['due']> {
  const { now } = await oneRow(db, sql<{ now: number }>`select (extract(epoch from now()) * 1000)::int8 as now`);
  const urgent = await withTheirParties(max).execute(db);
  // Nobody else's turn would come.
  const rest = urgent.rows.length >= max ? [] : (await ordinary(max).execute(db)).rows;
  const waves = await sql<WaveRow>`${wavesNow} where state <> 'cancelled'`.execute(db);
  return {
    now,
    candidates: [...urgent.rows, ...rest].map((row): Candidate => {
      const { id, organisation, stage, wave, due_ms: dueAt, lag_ms: lagMs, may_move: mayMove } = row;
      const company = row.party === null ? {} : { company: { party: row.party, isAwaited: row.is_awaited } };
      const home = row.stays_home ? { staysHome: true } : {};
      return { mailbox: id, organisation, stage, wave, dueAt, lagMs, mayMove, ...company, ...home };
    }),
    waves: new Map(waves.rows.map((row) => [row.id, waveNow(row)] as const)),
  };
}

const columns = sql.raw(
  'm.id, m.organisation, m.stage, m.wave, (extract(epoch from m.due_at) * 1000)::int8 as due_ms, m.lag_ms',
);
const isDue = sql.raw(`m.due_at <= now() and m.queued_at is null and m.mark = ''`);
/** Of a mailbox `m` that came home: what still comes to the target is looked for, though it stays there until a person says otherwise. */
const staysHome = sql.raw(`m.came_home = m.stage_since and m.stage = 'following' and m.mark = 'held'`);
/** Whether the dates of a mailbox, by the name of its row, allow the day of its wave `w`. */
function datesAllow(m: string): string {
  return `((${m}.not_before is null or ${m}.not_before <= w.day) and (${m}.not_after is null or w.day <= ${m}.not_after))`;
}
/** Under the brake nobody's window is open, and a wave that runs is as one that rests. */
const open = `w.state = 'running' and w.opens_at <= now() and now() < w.closes_at and not exists (select from brake)`;
/** Of a wave `w`. */
const isOpen = sql.raw(open);
/** Of a mailbox `m` and its wave `w`. */
export const mayMove = sql.raw(datesAllow('m'));
/** The same where there may be no wave. */
const mayMoveNow = sql`coalesce((select ${mayMove} from wave w where w.id = m.wave), true) as may_move`;
/** Of a row that is being updated: a condition on what it is at that moment, also where somebody was a little faster. */
export const maySwitchNow = sql.raw(
  `mailbox.mark = '' and exists (
     select from wave w where w.id = mailbox.wave and ${open} and ${datesAllow('mailbox')})`,
);

/**
 * Whom people wait for, and of each all who change sides together with them and may, however far behind they are: nobody is to wait
 * for one who is not even looked at. So with those whose company waits for them already.
 */
function withTheirParties(max: number) {
  return sql<CandidateRow>`
    with urgent as materialized ((${begun(max)}) union all (${inTheirWindow(max)})),
    -- In their order: no more are ever chosen, and those behind them are chosen neither.
    first as materialized (select id, wave from urgent limit ${waitingMax}),
    awaited as materialized (
      select distinct p.party, p.wave from party p join mailbox m on m.id = p.mailbox and m.wave = p.wave
       where p.waits_since is not null and p.waits_since >= m.stage_since and m.mark = '' and m.stage in ('switching', 'returning')
    ), parties as materialized (
      select p.party, p.wave from first u join party p on p.mailbox = u.id and p.wave = u.wave
      union
      select party, wave from awaited
    ), concerned as materialized (
      select p.mailbox, p.wave, p.party from parties join party p using (party, wave)
    )
    select u.*, c.party, (c.party, c.wave) in (select party, wave from awaited) as is_awaited
      from urgent u left join concerned c on c.mailbox = u.id and c.wave = u.wave
    union all
    select ${columns}, true as may_move, c.party, (c.party, c.wave) in (select party, wave from awaited) as is_awaited
      from concerned c join mailbox m on m.id = c.mailbox and m.wave = c.wave join wave w on w.id = m.wave
     where ${isDue} and (m.stage in ('switching', 'returning') or m.stage = 'following' and ${isOpen} and ${mayMove})
       and m.id not in (select id from urgent)`;
}

/** Between the two sides, whatever the hour: switches before ways back. */
function begun(max: number) {
  return sql`
    select ${columns}, true as may_move from mailbox m
     where ${isDue} and m.stage in ('switching', 'returning')
     order by m.stage desc, m.due_at, m.id limit ${max}`;
}

/** Who may switch now: the pilot before the rest, the smallest lag first. */
function inTheirWindow(max: number) {
  return sql`
    select m.* from wave w cross join lateral (
      select ${columns}, true as may_move from mailbox m
       where m.wave = w.id and m.stage = 'following' and ${isDue} and ${mayMove}
       order by m.lag_ms, m.id limit ${max}
    ) as m
     where ${isOpen}
     order by w.pilot desc, m.lag_ms, m.id limit ${max}`;
}

/**
 * Who is copied or followed, the longest due first. What waits for a wave (`workFor`) is left out: a large one that was paused
 * would be all of the first `max`, and hide the rest. Who is planned is looked for in the waves that run only, since whole
 * waves of them wait, and each look would walk past all.
 */
function ordinary(max: number) {
  return sql<CandidateRow>`
    (select ${columns}, ${mayMoveNow}, null::int as party, false as stays_home from mailbox m
      where ${isDue} and m.stage in ('copying', 'following', 'settled')
        and (m.stage = 'settled'
             or m.stage = 'copying' and m.wave in (select w.id from wave w where w.state in ('running', 'paused'))
             or m.stage = 'following'
                and (m.wave in (select w.id from wave w where w.state <> 'cancelled' and not (${isOpen}))
                     or (m.not_before is not null or m.not_after is not null)
                        and exists (select from wave w where w.id = m.wave and w.state <> 'cancelled' and not ${mayMove})))
      order by m.due_at limit ${max})
    union all
    (select ${columns}, false as may_move, null::int as party, true as stays_home from mailbox m
      where ${staysHome} and m.due_at <= now() and m.queued_at is null
      order by m.due_at limit ${max})
    union all
    (select m.* from wave w cross join lateral (
       select ${columns}, ${mayMove} as may_move, null::int as party, false as stays_home from mailbox m
        where m.wave = w.id and m.stage = 'planned' and ${isDue}
        order by m.due_at limit ${max}
     ) as m
      where w.state = 'running'
      order by m.due_ms limit ${max})
    order by due_ms limit ${max}`;
}

/** `now`: milliseconds since 1970, by the clock of the database. */
export async function find(
  db: Sql,
  mailbox: number,
): Promise<{ readonly now: number; readonly traveller: Traveller; readonly wave: WaveNow | null } | null> {
  const { rows } = await sql<TravellerRow & { readonly now: number; readonly wave_now: WaveRow | null }>`
    select (extract(epoch from now()) * 1000)::int8 as now, m.id, m.address, m.source_user, m.target_user, m.stage, m.wave, m.failures, m.home_late,
           m.tries_refused, ${mayMoveNow},
           case when ${staysHome} then 'stays' when m.came_home = m.stage_since and m.stage = 'following' then 'may-go' end as came_home,
           coalesce(r.side, 'source') as side,
           (extract(epoch from now() - r.turned_at) * 1000)::int8 as turned_for_ms,
           (select row_to_json(w) from (${wavesNow} where id = m.wave) as w) as wave_now
      from mailbox m left join route r on r.mailbox = m.id
     where m.id = ${mailbox}`.execute(db);
  const [row] = rows;
  if (!row) return null;
  const { now, wave_now: wave, ...its } = row;
  const { id, address, stage, side, failures } = its;
  const users = { sourceUser: its.source_user, targetUser: its.target_user };
  const may = { mayMove: its.may_move, triesRefused: its.tries_refused };
  const traveller = {
    id,
    address,
    ...users,
    stage,
    wave: its.wave,
    side,
    turnedForMs: its.turned_for_ms,
    failures,
    homeLate: its.home_late,
    cameHome: its.came_home,
    ...may,
  };
  return { now, traveller, wave: wave && waveNow(wave) };
}

const wavesNow = sql`
  select id, case when state = 'running' and exists (select from brake) then 'paused' else state end as state,
         (extract(epoch from opens_at) * 1000)::int8 as opens_ms, (extract(epoch from closes_at) * 1000)::int8 as closes_ms, pilot
    from wave`;

function waveNow({ id, state, opens_ms: opensAt, closes_ms: closesAt, pilot }: WaveRow): WaveNow {
  return { id, state, opensAt, closesAt, pilot };
}
