/** The journeys port, answered by rows: what is due, what was released, and how each pass ended. */

import { sql } from 'kysely';
import { after, type Stage } from '#domain/journey.ts';
import type { Candidate, WaveNow, WaveState } from '#domain/release.ts';
import type { Journeys, PassNumbers, StepOf } from '#ports/journeys.ts';
import { note } from './audit.ts';
import { faulted } from './database-fault.ts';
import { type Database, oneRow, type Sql } from './db.ts';
import { advance } from './journey.ts';
import type { StoredQueue } from './queue.ts';

interface CandidateRow {
  readonly id: number;
  readonly organisation: number;
  readonly stage: Stage;
  readonly wave: number | null;
  readonly due_ms: number;
  readonly lag_ms: number | null;
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
  readonly failures: number;
}

/** The largest that a column of 32 bits holds. */
const lagMaxMs = 2 ** 31 - 1;

export function openJourneys(db: Database, queue: Pick<StoredQueue, 'send'>): Journeys {
  const ask = <Answer>(answer: Promise<Answer>): Promise<Answer> => faulted(db.name, answer);
  return {
    due: (max) => ask(due(db.sql, max)),
    release: (choices) =>
      ask(
        db.sql.transaction().execute(async (tx) => {
          const sent = await queue.send(choices, tx);
          await sql`update mailbox set queued_at = now() where id = any(${sent}::int[])`.execute(tx);
          return sent.length;
        }),
      ),
    find: (mailbox) => ask(find(db.sql, mailbox)),
    take: ({ mailbox, expected, ...taken }, dueInMs) =>
      ask(advance(db.sql, mailbox, expected, taken, seconds(dueInMs))),
    passed: (mailbox, numbers, dueInMs) =>
      ask(
        db.sql.transaction().execute(async (tx) => {
          await carried(tx, mailbox, numbers);
          await sql`
            update mailbox
               set failures = 0, queued_at = null, due_at = now() + make_interval(secs => ${seconds(dueInMs)}::float8)
             where id = ${mailbox}`.execute(tx);
        }),
      ),
    carried: (mailbox, numbers) => ask(carried(db.sql, mailbox, numbers)),
    async putBack(mailbox) {
      await ask(sql`update mailbox set queued_at = null where id = ${mailbox}`.execute(db.sql));
    },
    async rest(mailbox, dueInMs) {
      await ask(
        sql`
          update mailbox set queued_at = null, due_at = now() + make_interval(secs => ${seconds(dueInMs)}::float8)
           where id = ${mailbox}`.execute(db.sql),
      );
    },
    async failed(mailbox, dueInMs) {
      await ask(
        sql`
          update mailbox
             set failures = least(failures + 1, 30000), queued_at = null,
                 due_at = now() + make_interval(secs => ${seconds(dueInMs)}::float8)
           where id = ${mailbox}`.execute(db.sql),
      );
    },
    async block(mailbox, code, about, who) {
      await ask(
        db.sql.transaction().execute(async (tx) => {
          const { rows } = await sql<{ wave: number | null }>`
            update mailbox
               set blocked = ${code}, blocked_about = ${JSON.stringify(about)}::jsonb, queued_at = null, due_at = null
             where id = ${mailbox} returning wave`.execute(tx);
          const wave = rows[0]?.wave ?? null;
          await note(tx, { who, what: 'blocked', mailbox, ...(wave === null ? {} : { wave }), why: code, about });
        }),
      );
    },
    turn: (step, side, interruptedMs, dueInMs) =>
      ask(db.sql.transaction().execute((tx) => turn(tx, step, side, interruptedMs, dueInMs))),
  };
}

/**
 * The one query that narrows two million mailboxes down to what is due; `domain/release.ts` chooses among them. What waits for
 * a wave (`workFor`) is left out here: a large one that was paused would be all of the first `max`, and hide the rest.
 */
async function due(db: Sql, max: number): ReturnType<Journeys['due']> {
  const { now } = await oneRow(db, sql<{ now: number }>`select (extract(epoch from now()) * 1000)::int8 as now`);
  const candidates = await sql<CandidateRow>`
    select id, organisation, stage, wave, (extract(epoch from due_at) * 1000)::int8 as due_ms, lag_ms
      from mailbox
     where due_at <= now() and queued_at is null and mark = ''
       and (stage in ('switching', 'settled', 'returning')
            or stage = 'planned' and wave in (select id from wave where state = 'running')
            or stage = 'copying' and wave in (select id from wave where state in ('running', 'paused'))
            or stage = 'following' and wave in (select id from wave where state <> 'cancelled'))
     order by due_at limit ${max}`.execute(db);
  const waves = await sql<WaveRow>`${wavesNow} where state <> 'cancelled'`.execute(db);
  return {
    now,
    candidates: candidates.rows.map((row): Candidate => {
      const { id, organisation, stage, wave, due_ms: dueAt, lag_ms: lagMs } = row;
      return { mailbox: id, organisation, stage, wave, dueAt, lagMs };
    }),
    waves: new Map(waves.rows.map((row) => [row.id, waveNow(row)] as const)),
  };
}

async function find(db: Sql, mailbox: number): ReturnType<Journeys['find']> {
  const { rows } = await sql<TravellerRow & { readonly wave_now: WaveRow | null }>`
    select m.id, m.address, m.source_user, m.target_user, m.stage, m.wave, m.failures, coalesce(r.side, 'source') as side,
           (select row_to_json(w) from (${wavesNow} where id = m.wave) as w) as wave_now
      from mailbox m left join route r on r.mailbox = m.id
     where m.id = ${mailbox}`.execute(db);
  const [row] = rows;
  if (!row) return null;
  const { source_user: sourceUser, target_user: targetUser, wave_now: wave, ...rest } = row;
  return { traveller: { ...rest, sourceUser, targetUser }, wave: wave && waveNow(wave) };
}

const wavesNow = sql`
  select id, state, (extract(epoch from opens_at) * 1000)::int8 as opens_ms,
         (extract(epoch from closes_at) * 1000)::int8 as closes_ms, pilot
    from wave`;

function waveNow({ id, state, opens_ms: opensAt, closes_ms: closesAt, pilot }: WaveRow): WaveNow {
  return { id, state, opensAt, closesAt, pilot };
}

async function carried(db: Sql, mailbox: number, { direction, ...numbers }: PassNumbers): Promise<void> {
  const { copied, bytes, milliseconds, found } = numbers;
  const done =
    direction === 'there'
      ? sql`copied = copied + ${copied}, copied_bytes = copied_bytes + ${bytes},
            carry_ms = coalesce(carry_ms, 0) + ${Math.round(milliseconds)}`
      : sql`carried_back = coalesce(carried_back, 0) + ${copied}`;
  const seen = found ? sql`, lag_ms = ${Math.min(Math.round(found.lagMs), lagMaxMs)}, caught_up_at = now()` : sql``;
  // What the last pass there found is the account of the move, whatever is carried home later.
  const account =
    found && direction === 'there'
      ? sql`, found = ${found.messages}, already_there = ${found.alreadyThere}, refused = ${found.refused},
            exceptions = ${found.exceptions}`
      : sql``;
  await sql`update mailbox set ${done}${seen}${account} where id = ${mailbox}`.execute(db);
}

async function turn(
  tx: Sql,
  { mailbox, expected, ...taken }: StepOf,
  side: 'source' | 'target',
  interruptedMs: number,
  dueInMs: number | null,
): Promise<boolean> {
  if (after(expected, taken.step) === null) throw new Error(`the journey has no step ${taken.step} from ${expected}`);
  const about = { ...taken.about, interruptedMs };
  if (!(await advance(tx, mailbox, expected, { ...taken, about }, seconds(dueInMs)))) return false;
  await sql`
    insert into route (mailbox, side) values (${mailbox}, ${side})
    on conflict (mailbox) do update set side = excluded.side, turned_at = now()`.execute(tx);
  // Who came home stays there until a person lets them go again: the window may still be open.
  const held = side === 'source' ? 'came home; release it to have it switched again' : null;
  await sql`
    update mailbox
       set interrupted_ms = ${interruptedMs}, queued_at = null, held = coalesce(${held}::text, held)
     where id = ${mailbox}`.execute(tx);
  return true;
}

function seconds(ms: number | null): number | null {
  return ms === null ? null : ms / 1000;
}
