/** The journeys port, answered by rows: what was released, and how each pass ended. */

import { type RawBuilder, sql } from 'kysely';
import { after, type Stage } from '#domain/journey.ts';
import type { Journeys, PassNumbers, StepOf } from '#ports/journeys.ts';
import type { Job } from '#ports/queue.ts';
import { listed } from './acceptance.ts';
import { note } from './audit.ts';
import { faulted } from './database-fault.ts';
import { type Database, oneRow, type Sql } from './db.ts';
import { due, find, maySwitchNow } from './due.ts';
import { forgottenWay } from './forget-ledgers.ts';
import { interrupted } from './interruptions.ts';
import { advance, stepping } from './journey.ts';
import { turnedTogether } from './meetings.ts';
import { turnedRoute, underHold } from './route-turn.ts';
import type { StoredQueue } from './queue.ts';
import { takenOut } from './queue-rows.ts';
import { forgetsWayHome, noteWayHome } from './way-home.ts';

/** The journeys as they are written in the course of one job. */
export interface JobsJourneys extends Journeys {
  /** Whether what was written has ended the job with it. */
  readonly hasEnded: boolean;
}

/** The largest that a column of 32 bits holds. */
const lagMaxMs = 2 ** 31 - 1;

/**
 * `job`: in the course of which they are written. How a piece of work ended, and that the job has, is written together; where
 * the job is not ours any more nothing is written, and an error says so. A worker that comes back from the dead changes
 * nothing.
 */
export function openJourneys(db: Database, queue: Pick<StoredQueue, 'send'>, job: Job | null = null): JobsJourneys {
  const ask = <Answer>(answer: Promise<Answer>): Promise<Answer> => faulted(db.name, answer);
  const begunAt = performance.now();
  let hasEnded = false;
  /** Where the mailbox stood when it was found, or when a step of ours was taken. */
  let stage: Stage | null = null;
  /** When it is looked at next, provided that nobody has taken it elsewhere: whoever has said when themselves. */
  const dueAgain = (ms: number | null) =>
    stage === null
      ? dueIn(ms)
      : sql`case when stage <> ${stage} or tries_refused and not ${hasSeenRetry} then due_at else ${dueIn(ms)} end`;
  const carried = (numbers: PassNumbers) =>
    numbers.found && hasSeenRetry ? sql`${carriedBy(numbers)}, tries_refused = false` : carriedBy(numbers);
  /** Of whom a pass carried something before it was cut off. */
  let gotFurther: number | null = null;
  /** Whether it was found to be one whose refused messages are to be tried again. */
  let hasSeenRetry = false;
  /** How far the clock of the database is ahead of one that nobody sets. */
  let aheadMs = Date.now() - performance.now();
  /** Does it and ends the job, both or neither; where `work` answers with false neither, and the job goes on. */
  const ending = async (work: (tx: Sql) => Promise<boolean>): Promise<boolean> => {
    const isDone = await ask(
      db.sql.transaction().execute(async (tx) => {
        if (!(await work(tx))) return false;
        if (job) seeThatItWasOurs((await takenOut(job).execute(tx)).rows);
        return true;
      }),
    );
    hasEnded ||= isDone;
    return isDone;
  };
  /** The same of one change to the mailbox, in one statement. */
  const endingWith = async (mailbox: number, change: RawBuilder<unknown>): Promise<void> => {
    if (job) seeThatItWasOurs(await ask(changedWithItsEnd(db.sql, job, mailbox, change)));
    else await ask(changed(db.sql, mailbox, change));
    hasEnded = true;
  };
  /** A step with the end of the job; false where the mailbox stands elsewhere, and the job goes on. */
  const endingStep = async (
    step: StepOf,
    dueInMs: number | null,
    also: RawBuilder<unknown>,
    more: RawBuilder<unknown> = sql``,
    gate: Gate = noGate,
  ): Promise<boolean> => {
    // From when the job was ours, signing in and connections included: what a forecast reckons with.
    const hand = job ? { about: { ...step.about, handMs: Math.round(performance.now() - begunAt) } } : {};
    const came = await ask(steppedWithItsEnd(db.sql, job, { ...step, ...hand }, dueInMs, also, more, gate));
    if (came === 'not-ours') throw notOurs();
    hasEnded ||= came === 'taken';
    return came === 'taken';
  };
  return {
    get hasEnded() {
      return hasEnded;
    },
    due: (max) => ask(due(db.sql, max)),
    release: (jobs) =>
      ask(
        db.sql.transaction().execute(async (tx) => {
          const sent = await queue.send(jobs, tx);
          await sql`update mailbox set queued_at = now() where id = any(${sent}::int[])`.execute(tx);
          return sent.length;
        }),
      ),
    async find(mailbox) {
      const found = await ask(find(db.sql, mailbox));
      if (!found) return null;
      const { now, ...rest } = found;
      aheadMs = now - performance.now();
      stage = rest.traveller.stage;
      hasSeenRetry = rest.traveller.triesRefused;
      return rest;
    },
    now: () => performance.now() + aheadMs,
    async beginSwitch(mailbox, who) {
      const within = { provided: sql`and ${maySwitchNow}` };
      const { rows } = await ask(
        sql`with ${stepping(mailbox, 'following', { step: 'switch', who }, 0, within)} select from moved`.execute(
          db.sql,
        ),
      );
      if (rows.length === 1) stage = 'switching';
      return rows.length === 1;
    },
    async take({ mailbox, expected, ...taken }, dueInMs) {
      const isTaken = await ask(advance(db.sql, mailbox, expected, taken, seconds(dueInMs)));
      if (isTaken) stage = after(expected, taken.step);
      return isTaken;
    },
    async passed(mailbox, numbers, dueInMs, step) {
      const rest = sql`failures = 0, queued_at = null, due_at = ${dueAgain(dueInMs)}, ${carried(numbers)}`;
      if (!step || !(await endingStep(step, dueInMs, carried(numbers)))) await endingWith(mailbox, rest);
    },
    listed: (mailbox, direction) => ask(listed(db.sql, mailbox, direction)),
    async carried(mailbox, numbers) {
      await ask(changed(db.sql, mailbox, carried(numbers)));
      if (numbers.copied > 0 && !numbers.found) gotFurther = mailbox;
    },
    wayHome: (mailbox, late) => ask(noteWayHome(db.sql, mailbox, late)),
    async homeIsQuiet(mailbox) {
      await ask(changed(db.sql, mailbox, sql`came_home = null`));
    },
    async putBack(ended) {
      await ask(changedWithItsEnd(db.sql, ended, ended.mailbox, sql`queued_at = null`));
    },
    rest: (mailbox, dueInMs) => endingWith(mailbox, sql`queued_at = null, due_at = ${dueAgain(dueInMs)}`),
    failed(mailbox, dueInMs, { code, message }) {
      const failures = gotFurther === mailbox ? firstOfCarrying(code) : oneMore;
      gotFurther = null;
      return endingWith(
        mailbox,
        sql`failures = ${failures}, queued_at = null, due_at = ${dueAgain(dueInMs)},
            last_fault = jsonb_build_object('code', ${code}::text, 'message', ${message}::text, 'at', now())`,
      );
    },
    async block(mailbox, code, about, who) {
      await ending(async (tx) => {
        await block(tx, mailbox, code, about, who);
        return true;
      });
    },
    turn({ about, ...step }, side, interruptedMs, dueInMs, more = {}) {
      const { forgets = null, hold = null, sessionMs = null, withinMs = null } = more;
      // Who came home stays there until a person lets them go again: the window may still be open.
      const held = side === 'source' ? 'came home; release it to have it switched again' : null;
      const cameHome = side === 'source' ? sql`now()` : sql`null`;
      const also = sql`interrupted_ms = (select ms from stamps), interrupted_by = 'stamps', held = coalesce(${held}::text, held),
                       held_until = case when ${held}::text is null then held_until end,
                       came_home = ${cameHome}, ${forgetsWayHome}`;
      const gone = forgets === null ? sql`` : forgottenWay(sql`select id from moved`, forgets);
      const noted = { ...step, about: { ...about, interruptedMs } };
      const gate = { ...underHold(step.mailbox, hold, interruptedMs), withinMs };
      return endingStep(
        noted,
        dueInMs,
        also,
        sql`${turnedRoute(side)} ${interrupted(side, sessionMs)} ${turnedTogether} ${gone}`,
        gate,
      );
    },
  };
}

const oneMore = sql`least(failures + 1, 30000)`;

/**
 * Failures in a row, with this one: who gets further with each pass is tried again soon. What a person has to see in the end is
 * counted nevertheless: a folder that stays in doubt, and a switch that does not come about, whatever else arrives meanwhile.
 */
function firstOfCarrying(code: string): RawBuilder<unknown> {
  const isCounted = code === 'folder.in-doubt' ? sql`true` : sql`stage in ('switching', 'returning')`;
  return sql`case when ${isCounted} then ${oneMore} else 1 end`;
}

async function changed(db: Sql, mailbox: number, change: RawBuilder<unknown>): Promise<void> {
  await sql`update mailbox set ${change} where id = ${mailbox}`.execute(db);
}

/** Changes the mailbox and ends the job, in one statement and one round trip. No row where the job is not ours any more. */
async function changedWithItsEnd(
  db: Sql,
  job: Job,
  mailbox: number,
  change: RawBuilder<unknown>,
): Promise<readonly unknown[]> {
  const { rows } = await sql`
    with ended as (${takenOut(job)})
    update mailbox set ${change} where id = ${mailbox} and exists (select from ended) returning id`.execute(db);
  return rows;
}

function seeThatItWasOurs(rows: readonly unknown[]): void {
  if (rows.length === 0) throw notOurs();
}

function notOurs(): Error {
  return new Error('the job was given to another, or called off');
}

/** What a pass carried, as a change of the mailbox. */
function carriedBy({ direction, copied, bytes, milliseconds, found }: PassNumbers): RawBuilder<unknown> {
  const done =
    direction === 'there'
      ? sql`copied = copied + ${copied}, copied_bytes = copied_bytes + ${bytes},
            carry_ms = coalesce(carry_ms, 0) + ${Math.round(milliseconds)}`
      : sql`carried_back = coalesce(carried_back, 0) + ${copied}`;
  const notTaken = found && direction === 'back' ? sql`, home_refused = ${found.refused}` : sql``;
  const seen = found ? sql`, lag_ms = ${Math.min(Math.round(found.lagMs), lagMaxMs)}, caught_up_at = now()` : sql``;
  // What the last pass there found is the account of the move, whatever is carried home later.
  const account =
    found && direction === 'there'
      ? sql`, found = ${found.messages}, already_there = ${found.alreadyThere}, refused = ${found.refused},
            exceptions = ${found.exceptions}`
      : sql``;
  return sql`${done}${seen}${account}${notTaken}`;
}

/** For whoever does more in the same transaction; see `Journeys.block`. */
export async function block(
  tx: Sql,
  mailbox: number,
  code: string,
  about: Readonly<Record<string, unknown>>,
  who: string,
): Promise<void> {
  // Whoever needs a person's help waits for it where people can work.
  await advance(tx, mailbox, 'switching', { step: 'withdraw', who, about: { code } }, null);
  const { rows } = await sql<{ wave: number | null }>`
    update mailbox
       set blocked = ${code}, blocked_about = ${JSON.stringify(about)}::jsonb, queued_at = null, due_at = null
     where id = ${mailbox} and stage not in ('known', 'released')
    returning wave`.execute(tx);
  const [blocked] = rows;
  if (!blocked) return changed(tx, mailbox, sql`queued_at = null`);
  const { wave } = blocked;
  await note(tx, { who, what: 'blocked', mailbox, ...(wave === null ? {} : { wave }), why: code, about });
}

/** What has to hold besides, when a step is taken: more parts of the statement, and the condition on them. */
interface Gate {
  readonly parts: RawBuilder<unknown>;
  readonly isOpen: RawBuilder<unknown>;
  /** For each lock it waits no longer; null: as long as it takes. */
  readonly withinMs: number | null;
}

const noGate: Gate = { parts: sql``, isOpen: sql`true`, withinMs: null };

/**
 * A step, what else changes with it, and the end of the job, in one statement: every round trip of a switch is one in which
 * people wait. Nothing of it is done where the mailbox stands elsewhere, or the job is not ours any more.
 */
async function steppedWithItsEnd(
  db: Sql,
  job: Job | null,
  { mailbox, expected, ...taken }: StepOf,
  dueInMs: number | null,
  also: RawBuilder<unknown>,
  more: RawBuilder<unknown>,
  gate: Gate,
): Promise<'taken' | 'elsewhere' | 'not-ours'> {
  const isThere = sql`(exists (select from standing) and ${gate.isOpen})`;
  const ended = job ? takenOut(job, sql`and ${isThere}`) : sql`select where ${isThere}`;
  const within = { also: sql`, queued_at = null, ${also}`, provided: sql`and exists (select from ended)` };
  const { stands, moved } = await oneRow(
    db,
    sql<{ stands: boolean; moved: boolean }>`
      with ${bounded(gate.withinMs)}
           standing as (
             select from mailbox cross join bounded where id = ${mailbox} and stage = ${expected} for update of mailbox
           ) ${gate.parts},
           ended as (${ended}),
           ${stepping(mailbox, expected, taken, seconds(dueInMs), within)} ${more}
      select ${isThere} as stands, exists (select from moved) as moved`,
  );
  return moved ? 'taken' : stands ? 'not-ours' : 'elsewhere';
}

/** Said in the statement itself, before its first lock and until its end: a round trip less in which people wait. */
function bounded(withinMs: number | null): RawBuilder<unknown> {
  if (withinMs === null) return sql`bounded as (select),`;
  return sql`bounded as materialized (select set_config('lock_timeout', ${`${withinMs}ms`}, true)),`;
}

/** From now, by the clock of the database; null for never by itself. */
function dueIn(ms: number | null): RawBuilder<unknown> {
  return sql`now() + make_interval(secs => ${seconds(ms)}::float8)`;
}

function seconds(ms: number | null): number | null {
  return ms === null ? null : ms / 1000;
}
