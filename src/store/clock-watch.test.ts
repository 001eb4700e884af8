/** Somebody sets the clock of the database while the estate is served. */

import { windowFrom } from '#domain/window.ts';
import { sql } from 'kysely';
import { describe, expect, test } from 'vitest';
import { choose, type Work } from '#domain/release.ts';
import { type Log, silent } from '#lib/log.ts';
import { nothingLearnt } from '#domain/governor.ts';
import { steadyClock } from '#lib/steady-clock.ts';
import { openGovernor, openPlatforms } from './budget.ts';
import { ClockWatch } from './clock-watch.ts';
import { type Database, openDatabase } from './db.ts';
import { people, recorded, standAt, standing } from './estate.test-kit.ts';
import { openJourneys } from './journeys.ts';
import { openQueue } from './queue.ts';
import { testDatabase } from './test-database.ts';
import { careForWaves } from './wave-care.ts';
import { openWaves } from './waves.ts';
import { openWorkforce } from './workforce.ts';

const identity = { host: 'h', pid: 1, version: '1', role: 'worker', lacks: [] } as const;
const hour = 3_600_000;

interface Shifted extends AsyncDisposable {
  readonly db: Database;
  /** Sets its clock so much further. */
  set(ms: number): Promise<void>;
}

/** A database whose sessions find our `now()` and `clock_timestamp()` before PostgreSQL's own. */
async function shifted(): Promise<Shifted> {
  const inner = await testDatabase();
  for (const statement of [
    'create schema shifted',
    `create table shifted.clock (ahead interval not null)`,
    `insert into shifted.clock values ('0')`,
    ...['now', 'clock_timestamp'].map(
      (name) =>
        `create function shifted.${name}() returns timestamptz language sql stable as 'select pg_catalog.${name}() + ahead from shifted.clock'`,
    ),
    'alter table worker alter seen_at set default shifted.now()',
    `create or replace function pgboss.job_now() returns timestamptz language sql stable as 'select shifted.now()'`,
    `do $$ begin execute format('alter database %I set search_path = shifted, public, pg_catalog', current_database()); end $$`,
  ])
    await sql.raw(statement).execute(inner.sql);
  const db = await openDatabase({ url: inner.url, connectionsMax: 8, applicationName: 'godwit tests' });
  return {
    db,
    async set(ms) {
      await sql`update shifted.clock set ahead = ahead + make_interval(secs => ${ms / 1000}::float8)`.execute(
        inner.sql,
      );
    },
    async [Symbol.asyncDispose]() {
      await db[Symbol.asyncDispose]();
      await inner[Symbol.asyncDispose]();
    },
  };
}

/** Mailboxes 1 and on follow in a running wave that opens in an hour, for an hour, and are due in five minutes. */
async function following(db: Database, n: number): Promise<void> {
  await people(
    db.sql,
    Array.from({ length: n }, (_, i) => `m${i + 1}`),
  );
  const { rows } = await sql<{ now: number }>`select (extract(epoch from now()) * 1000)::int8 as now`.execute(db.sql);
  const opensAt = (rows[0]?.now ?? 0) + hour;
  const order = { name: 'pilot', selector: {}, limit: null, isPilot: false, errorBudget: 0.1 };
  await openWaves(db).create({ ...order, window: windowFrom(opensAt, opensAt + hour) }, 'operator ann');
  await openWaves(db).move('pilot', 'start', 'operator ann', null);
  for (let mailbox = 1; mailbox <= n; mailbox++) await standAt(db.sql, mailbox, 'following', 1);
  await sql`update mailbox set due_at = now() + interval '5 minutes'`.execute(db.sql);
}

async function works(db: Database): Promise<readonly Work[]> {
  const { now, candidates, waves } = await openJourneys(db, { send: () => Promise.reject(new Error('none')) }).due(100);
  return choose(candidates, waves, now, 100).map(({ work }) => work);
}

describe('forward by hours', () => {
  test('whoever is at work counts as gone, hears of it, and begins anew; what they held is free, and nothing is held twice', async () => {
    await using clock = await shifted();
    const { db } = clock;
    await following(db, 1);
    const workforce = openWorkforce(db);
    const before = await workforce.register(identity);
    await before.takeMailbox(1);
    await clock.set(3 * hour);
    expect(await before.heartbeat()).toEqual({ kind: 'gone' });
    expect(await before.takeMailbox(1)).toEqual({ kind: 'gone' });
    await using again = await workforce.register(identity);
    await workforce.strikeVanished();
    expect(await again.heartbeat()).toMatchObject({ kind: 'alive' });
    expect(await again.takeMailbox(1)).toMatchObject({ kind: 'taken' });
  });

  test('what waited is due, windows open and close as they say, and nobody switches after theirs', async () => {
    await using clock = await shifted();
    const { db } = clock;
    await following(db, 2);
    expect(await works(db)).toEqual([]);
    await clock.set(1.5 * hour);
    expect(await works(db)).toEqual(['switch', 'switch']);
    await clock.set(3 * hour);
    expect(await works(db)).toEqual(['follow', 'follow']);
    await careForWaves(db);
    const [wave] = await openWaves(db).list();
    expect(wave).toMatchObject({ state: 'running', remarks: [expect.stringContaining('2 mailboxes did not make it')] });
  });
});

describe('back by hours', () => {
  async function watched(clock: Shifted) {
    let steady = 0;
    const errors: unknown[] = [];
    const log: Log = { ...silent, error: (_, about) => errors.push(about) };
    const watch = new ClockWatch(clock.db, log, () => (steady += 3_000));
    await watch.look();
    return { watch, errors };
  }

  test('who is due waits no longer than before, jobs are handed out, and windows stay where they are', async () => {
    await using clock = await shifted();
    const { db } = clock;
    await following(db, 3);
    await using queue = await openQueue(db, silent);
    await openJourneys(db, queue).release([{ mailbox: 3, work: 'follow' }]);
    const { watch, errors } = await watched(clock);
    const [before] = await openWaves(db).list();
    await clock.set(-3 * hour);
    expect(await queue.fetch(1)).toEqual([]);
    await watch.look();
    expect(errors).toEqual([{ seconds: expect.closeTo(-3 * 3_600, -2) }]);
    expect((await recorded(db.sql, null)).at(-1)).toBe('the leader clock set');
    const { rows } = await sql<{ seconds: number }>`
      select extract(epoch from due_at - now())::float8 as seconds from mailbox where id < 3`.execute(db.sql);
    for (const { seconds } of rows) expect(seconds).toBeLessThan(301);
    expect(await queue.fetch(1)).toMatchObject([{ mailbox: 3 }]);
    expect((await openWaves(db).list())[0]?.window).toEqual(before?.window);
    await clock.set(5 * 60_000);
    expect(await works(db)).toEqual(['follow', 'follow']);
  });

  test('who is alive stays at work, and who vanished is missed, with the job in hand', async () => {
    await using clock = await shifted();
    const { db } = clock;
    await following(db, 2);
    await using queue = await openQueue(db, silent);
    await openJourneys(db, queue).release([{ mailbox: 1, work: 'follow' }]);
    const workforce = openWorkforce(db);
    const [alive, dead] = [await workforce.register(identity), await workforce.register(identity)];
    await dead.takeMailbox(1);
    const [job] = await queue.fetch(1);
    const { watch } = await watched(clock);
    await queue.supervise();
    await clock.set(-3 * hour);
    await watch.look();
    expect(await alive.heartbeat()).toMatchObject({ kind: 'alive' });
    for (let times = 0; times < 2; times++) {
      await clock.set(8_000);
      await watch.look();
      expect(await alive.heartbeat()).toMatchObject({ kind: 'alive' });
    }
    expect(await workforce.strikeVanished()).toMatchObject([{ id: dead.worker }]);
    await queue.supervise();
    expect(await queue.fetch(1)).toMatchObject([{ mailbox: 1, attempt: (job?.attempt ?? 0) + 1 }]);
  });

  test('what platforms asked for by the old clock is forgotten: they rest no longer for it', async () => {
    await using clock = await shifted();
    const { db } = clock;
    const budget = {
      connections: 4,
      connectionsPerMailbox: 2,
      bytesPerSecond: [{ fromMinute: 0, bytesPerSecond: null }],
      commandsPerSecond: null,
    };
    for (const side of ['source', 'target'] as const) await openPlatforms(db).setBudget(side, budget, 'UTC');
    await using worker = await openWorkforce(db).register(identity);
    const seen = { kind: 'throttled', mailbox: null, waitMs: 60_000, text: 'slow down' } as const;
    await openGovernor(db, worker).report('source', [seen]);
    const { watch } = await watched(clock);
    await clock.set(-3 * hour);
    await watch.look();
    const { rows } = await sql<{ state: unknown }>`select state from governor where side = 'source'`.execute(db.sql);
    expect(rows).toEqual([{ state: nothingLearnt }]);
  });
});

describe('of several control planes', () => {
  const waits = 3 * hour;

  async function two(db: Database) {
    const told: string[] = [];
    const one = (name: string) => new ClockWatch(db, { ...silent, error: () => void told.push(name) }, () => 0);
    await following(db, 1);
    await sql`update mailbox set due_at = now() + make_interval(secs => ${(2 * waits) / 1000}::float8)`.execute(db.sql);
    const [leads, waiting] = [one('leads'), one('waits')];
    await leads.look();
    await waiting.watch();
    const dueInHours = async () => {
      const { rows } = await sql<{ hours: number }>`
        select round(extract(epoch from due_at - now()) / 3600)::int as hours from mailbox`.execute(db.sql);
      return rows[0]?.hours;
    };
    return { leads, waiting, told, dueInHours };
  }

  test('the next leader puts right what happened to the clock while nobody led', async () => {
    await using clock = await shifted();
    const { waiting, told, dueInHours } = await two(clock.db);
    await clock.set(-waits);
    expect(await dueInHours()).toBe(9);
    // It cannot know yet that nobody else will.
    await waiting.watch();
    await waiting.look();
    expect(await dueInHours()).toBe(6);
    await waiting.look();
    expect(told).toEqual(['waits']);
    expect((await recorded(clock.db.sql, null)).filter((line) => line.includes('clock set'))).toHaveLength(1);
  });

  test('the next leader leaves alone what the one before has put right', async () => {
    await using clock = await shifted();
    const { leads, waiting, told, dueInHours } = await two(clock.db);
    await clock.set(-waits);
    await waiting.watch();
    await leads.look();
    await waiting.look();
    expect(told).toEqual(['leads']);
    expect(await dueInHours()).toBe(6);
    // And sees what comes after that.
    await clock.set(-hour);
    await waiting.look();
    expect(told).toEqual(['leads', 'waits']);
  });
});

test('a machine that was suspended is no clock that was set', async () => {
  await using clock = await shifted();
  const errors: unknown[] = [];
  let up = 0;
  // It stood still by one of its clocks, and time went on for everybody.
  const steady = steadyClock(
    () => 0,
    () => up,
  );
  const watch = new ClockWatch(clock.db, { ...silent, error: (text) => errors.push(text) }, steady);
  await watch.look();
  await clock.set(hour);
  up += hour;
  await watch.look();
  expect(errors).toEqual([]);
});

test('a busy machine, and a clock that is put right bit by bit, are no jumps', async () => {
  await using clock = await shifted();
  await following(clock.db, 1);
  const errors: unknown[] = [];
  const steps = [0, 3_000, 20_000, 23_000].values();
  const watch = new ClockWatch(
    clock.db,
    { ...silent, error: (text) => errors.push(text) },
    () => steps.next().value ?? 0,
  );
  for (let look = 0; look < 4; look++) await watch.look();
  expect(errors).toEqual([]);
  expect(await standing(clock.db.sql, 1)).toMatchObject({ isDue: false });
});
