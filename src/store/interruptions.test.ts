/** What each switch took: kept with the turn, grown by what was tried, and told over all. */

import { sql } from 'kysely';
import { describe, expect, test, vi } from 'vitest';
import type { AttemptsFound } from '#domain/interruption.ts';
import type { Database } from './db.ts';
import { openDescriptions } from './descriptions.ts';
import { openEstateView } from './estate-view.ts';
import { people, standAt } from './estate.test-kit.ts';
import { interruptionsOf, interruptionsOfAll, openInterruptions, switchesOf } from './interruptions.ts';
import { openJourneys } from './journeys.ts';
import { testDatabase } from './test-database.ts';

const idle = { send: () => Promise.reject(new Error('nothing is sent')) };

/** Ann, Bob, … as many, in a wave. */
async function estate(db: Database, names: readonly string[]): Promise<void> {
  await people(db.sql, names);
  await sql`
    insert into wave (name, state, opens_at, closes_at, day)
    values ('pilot', 'running', now() - interval '1 minute', now() + interval '1 hour', current_date)`.execute(db.sql);
}

async function turn(db: Database, mailbox: number, stampsMs: number, sessionMs: number | null = null): Promise<void> {
  await standAt(db.sql, mailbox, 'switching', 1);
  const step = { mailbox, expected: 'switching', step: 'settle', who: 'a test' } as const;
  expect(await openJourneys(db, idle).turn(step, 'target', stampsMs, 0, { sessionMs })).toBe(true);
}

const tried = (mailbox: number, ms: number, more: Partial<AttemptsFound> = {}): AttemptsFound => ({
  mailbox,
  kind: 'sign-in',
  ms,
  beganAgoMs: 30_000,
  endedAgoMs: 0,
  ...more,
});

async function counted(db: Database, mailbox: number): Promise<unknown> {
  const { rows } = await sql`
    select interrupted_ms as ms, interrupted_by as by from mailbox where id = ${mailbox}`.execute(db.sql);
  return rows[0];
}

/** Whether somebody waits for a lock of another. */
async function isWaitedFor(db: Database): Promise<void> {
  const { rows } = await sql`
    select from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()`.execute(db.sql);
  expect(rows).toHaveLength(1);
}

describe('a switch', () => {
  test('is known by its stamps as soon as the route is turned, whatever becomes of us then', async () => {
    await using db = await testDatabase();
    await estate(db, ['ann']);
    await turn(db, 1, 1_500, 1_200);
    expect(await counted(db, 1)).toEqual({ ms: 1_500, by: 'stamps' });
    expect((await switchesOf(db.sql, [1], 9)).get(1)).toMatchObject([
      { side: 'target', ms: 1_500, by: 'stamps', stampsMs: 1_500, sessionMs: 1_200, signInMs: null, deliveryMs: null },
    ]);
  });

  test('grows with what was really tried while it lasted, and never shrinks; the largest counts', async () => {
    await using db = await testDatabase();
    await estate(db, ['ann', 'bob']);
    await turn(db, 1, 1_500);
    const { keep } = openInterruptions(db);
    await keep([tried(1, 0), tried(1, 900), tried(2, 5_000)]);
    expect(await counted(db, 1)).toEqual({ ms: 1_500, by: 'attempts' });
    await keep([tried(1, 4_000, { kind: 'delivery' }), tried(1, 300)]);
    expect(await counted(db, 1)).toEqual({ ms: 4_000, by: 'attempts' });
    expect((await switchesOf(db.sql, [1], 9)).get(1)).toMatchObject([{ signInMs: 900, deliveryMs: 4_000, ms: 4_000 }]);
    expect(await counted(db, 2)).toEqual({ ms: null, by: null });
  });

  test('is told nothing of what was tried before it or after, also where that is kept late', async () => {
    await using db = await testDatabase();
    await estate(db, ['ann']);
    await turn(db, 1, 1_500);
    await sql`update interruption set turned_at = now() - interval '1 minute'`.execute(db.sql);
    const { keep } = openInterruptions(db);
    await keep([tried(1, 9_000), tried(1, 8_000, { beganAgoMs: 100_000, endedAgoMs: 92_000 })]);
    expect(await counted(db, 1)).toEqual({ ms: 1_500, by: 'stamps' });
    await keep([tried(1, 7_000, { beganAgoMs: 64_000, endedAgoMs: 57_000 })]);
    expect(await counted(db, 1)).toEqual({ ms: 7_000, by: 'attempts' });
  });

  test('is added to in the order in which orders lock mailboxes, so that neither waits for the other in a circle', async () => {
    await using db = await testDatabase({ connectionsMax: 4 });
    await estate(db, []);
    // As they lie on the disk, and as a join comes by them, they stand the other way round.
    await sql`
      insert into mailbox (id, address, kind, organisation, wave, stage, interrupted_ms, interrupted_by) overriding system value
      select i, 'q' || i, 'person', 1, 1, 'settled', 100, 'stamps' from generate_series(300, 1, -1) i`.execute(db.sql);
    await sql`insert into interruption (mailbox, side, stamps_ms) select id, 'target', 100 from mailbox`.execute(
      db.sql,
    );
    await sql`analyze mailbox, interruption`.execute(db.sql);
    const all = Array.from({ length: 300 }, (_, i) => tried(300 - i, 900));
    let kept: Promise<void> = Promise.resolve();
    await db.sql.transaction().execute(async (order) => {
      await sql`select from mailbox where id = 1 for update`.execute(order);
      kept = openInterruptions(db).keep(all);
      await vi.waitFor(() => isWaitedFor(db), { timeout: 30_000 });
      await sql`select from mailbox where id > 1 order by id for update nowait`.execute(order);
    });
    await kept;
    expect(await interruptionsOfAll(db.sql)).toMatchObject({ half: 900, byAttempts: 300, byStamps: 0 });
  });

  test('there and one back are told apart, and the latest is what the mailbox is known by', async () => {
    await using db = await testDatabase();
    await estate(db, ['ann']);
    await turn(db, 1, 1_500);
    await sql`update interruption set turned_at = now() - interval '1 hour'`.execute(db.sql);
    await turn(db, 1, 700);
    await openInterruptions(db).keep([tried(1, 5_000, { beganAgoMs: 3_605_000, endedAgoMs: 3_590_000 })]);
    expect(await counted(db, 1)).toEqual({ ms: 700, by: 'stamps' });
    expect((await switchesOf(db.sql, [1], 9)).get(1)?.map(({ ms }) => ms)).toEqual([700, 5_000]);
    const described = await openDescriptions(db).mailbox('ann@x.example');
    expect(described).toMatchObject({
      kind: 'found',
      mailbox: { account: { interruption: { ms: 700, by: 'stamps' } }, switches: [{ ms: 700 }, { ms: 5_000 }] },
    });
  });
});

describe('over all who have switched', () => {
  test('half and 99 % are those of all of them, none left out, with how many are known by what', async () => {
    await using db = await testDatabase();
    const names = Array.from({ length: 101 }, (_, i) => `p${i}`);
    await estate(db, names);
    expect(await interruptionsOfAll(db.sql)).toBeNull();
    expect(await interruptionsOf(db.sql, sql`m.wave = 1`)).toBeNull();
    for (let mailbox = 1; mailbox <= 100; mailbox++) await turn(db, mailbox, mailbox * 10);
    // A hundred turns may take a while.
    const lately = { beganAgoMs: 3_600_000 };
    await openInterruptions(db).keep([tried(3, 20, lately), tried(7, 90_000, lately)]);
    // One that an older version switched.
    await sql`update mailbox set interrupted_by = null where id = 9`.execute(db.sql);
    const all = { half: 510, p99: 1_000, longest: 90_000, byAttempts: 2, byStamps: 98 };
    expect(await interruptionsOfAll(db.sql)).toEqual(all);
    expect(await interruptionsOf(db.sql, sql`m.wave = 1`)).toEqual(all);
    expect((await openEstateView(db).now()).interruptions).toEqual(all);
  });

  test('they are those of the mailboxes after each change of them, and of those who were never kept waiting nothing is told', async () => {
    await using db = await testDatabase();
    await estate(db, ['ann', 'bob', 'cem', 'dot']);
    for (const mailbox of [1, 2, 3]) await turn(db, mailbox, mailbox * 100);
    await turn(db, 2, 700);
    await openInterruptions(db).keep([tried(1, 900), tried(3, 5)]);
    await sql`update mailbox set failures = 1, interrupted_ms = case when id = 3 then 44 else interrupted_ms end`.execute(
      db.sql,
    );
    expect(await interruptionsOfAll(db.sql)).toEqual({ half: 700, p99: 900, longest: 900, byAttempts: 2, byStamps: 1 });
    expect(await interruptionsOf(db.sql, sql`m.wave = 1`)).toEqual(await interruptionsOfAll(db.sql));
    await sql`update mailbox set interrupted_ms = null, interrupted_by = null`.execute(db.sql);
    expect(await interruptionsOfAll(db.sql)).toBeNull();
  });

  test.each([1, 2, 3, 199, 200])('they are the same by either way of finding them, of %i', async (count) => {
    await using db = await testDatabase();
    await estate(db, ['ann']);
    await sql`
      insert into mailbox (address, kind, organisation, wave, stage, interrupted_ms, interrupted_by)
      select 'q' || i, 'person', 1, 1, 'settled', (i * 7919) % 1000, 'stamps' from generate_series(1, ${count}::int) i`.execute(
      db.sql,
    );
    expect(await interruptionsOfAll(db.sql)).toEqual(await interruptionsOf(db.sql, sql`m.wave = 1`));
  });
});
