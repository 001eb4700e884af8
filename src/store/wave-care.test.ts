/** What a wave does of its own accord, as whoever sleeps meanwhile would want it. */

import { sql } from 'kysely';
import { describe, expect, test } from 'vitest';
import type { Stage } from '#domain/journey.ts';
import type { WaveOrder } from '#domain/wave.ts';
import type { Waves } from '#ports/waves.ts';
import { acquit } from './acquittal.ts';
import { orderOne, people, recorded, standAt, standing, tallies, windowIn } from './estate.test-kit.ts';
import { openJourneys } from './journeys.ts';
import { type TestDatabase, testDatabase } from './test-database.ts';
import { careForWaves } from './wave-care.ts';
import { openWaves } from './waves.ts';

const order: WaveOrder = {
  name: 'pilot',
  window: windowIn(1),
  selector: {},
  limit: null,
  isPilot: false,
  errorBudget: 0.2,
};
const noQueue = { send: () => Promise.reject(new Error('nothing is sent')) };

/** Mailboxes 1 and on in a running wave; those that are not planned have begun. */
async function running(db: TestDatabase, stages: readonly Stage[], more: Partial<WaveOrder> = {}): Promise<Waves> {
  await people(
    db.sql,
    stages.map((_, i) => `m${i + 1}`),
  );
  const waves = openWaves(db);
  await waves.create({ ...order, ...more }, 'operator ann');
  await waves.move('pilot', 'start', 'operator ann', null);
  for (const [i, stage] of stages.entries()) await standAt(db.sql, i + 1, stage, 1);
  return waves;
}

const blockAll = async (db: TestDatabase, mailboxes: readonly number[], code = 'target.quota'): Promise<void> => {
  for (const mailbox of mailboxes) await openJourneys(db, noQueue).block(mailbox, code, {}, 'worker 7');
};

async function close(db: TestDatabase): Promise<void> {
  await sql`update wave set opens_at = now() - interval '2 hours', closes_at = now()`.execute(db.sql);
}

const twenty = Array.from({ length: 20 }, (): Stage => 'following');

describe('a wave in which more fail than its error budget allows', () => {
  test('pauses by itself, says why in words, and leaves a record of it', async () => {
    await using db = await testDatabase();
    const waves = await running(db, [...twenty, 'planned']);
    await blockAll(db, [1, 2, 3, 4]);
    await careForWaves(db);
    expect(await waves.list()).toMatchObject([{ state: 'running' }]);
    await blockAll(db, [5], 'imap.sign-in.refused');
    await careForWaves(db);
    const pausedWhy =
      '5 of the 20 that have begun have failed (target.quota, imap.sign-in.refused): 25 %, more than its error budget of 20 %';
    expect(await waves.list()).toMatchObject([{ state: 'paused', pausedWhy }]);
    await careForWaves(db);
    const told = await recorded(db.sql, null);
    expect(told.filter((line) => line.startsWith('the leader'))).toEqual([`the leader wave pause ${pausedWhy}`]);
  });

  test('goes on when a person resumes it, and pauses again only for what fails after that', async () => {
    await using db = await testDatabase();
    const waves = await running(db, twenty);
    await blockAll(db, [1, 2, 3, 4, 5]);
    await careForWaves(db);
    await waves.move('pilot', 'resume', 'operator ann', 'they were on leave');
    await blockAll(db, [6, 7, 8, 9]);
    await careForWaves(db);
    expect(await waves.list()).toMatchObject([{ state: 'running', pausedWhy: null }]);
    await blockAll(db, [10]);
    await careForWaves(db);
    expect(await waves.list()).toMatchObject([{ state: 'paused' }]);
  });

  test('does not count who was helped and goes on, unless their switch had been withdrawn', async () => {
    await using db = await testDatabase();
    const waves = await running(db, [...twenty.slice(5), ...Array.from({ length: 5 }, (): Stage => 'switching')]);
    await blockAll(db, [1, 2, 3, 4, 5]);
    for (const i of [1, 2, 3, 4, 5]) await orderOne(db, `m${i}`, 'retry');
    await careForWaves(db);
    expect(await waves.list()).toMatchObject([{ state: 'running' }]);
    const { take } = openJourneys(db, noQueue);
    for (const mailbox of [16, 17, 18, 19, 20])
      await take(
        { mailbox, expected: 'switching', step: 'withdraw', who: 'worker 7', about: { code: 'switch.incomplete' } },
        0,
      );
    await careForWaves(db);
    expect(await waves.list()).toMatchObject([{ state: 'paused' }]);
  });

  test('bears any weather: servers that throttle, and networks that break, are no failures of it', async () => {
    await using db = await testDatabase();
    const waves = await running(db, twenty);
    await blockAll(
      db,
      Array.from({ length: 20 }, (_, i) => i + 1),
      'imap.server.throttled',
    );
    await careForWaves(db);
    expect(await waves.list()).toMatchObject([{ state: 'running' }]);
  });
});

test('a switch that was withdrawn for a sign-in counts no more once the platform turns out to be to blame', async () => {
  await using db = await testDatabase();
  const waves = await running(db, [...twenty.slice(5), ...Array.from({ length: 5 }, (): Stage => 'switching')]);
  const switching = [16, 17, 18, 19, 20];
  await blockAll(db, switching, 'imap.sign-in.refused');
  await db.sql.transaction().execute((tx) => acquit(tx, 'target', switching, 'the directory was away'));
  await careForWaves(db);
  expect(await waves.list()).toMatchObject([{ state: 'running' }]);
  // What they meet by themselves after that counts, and so does what no platform is to blame for.
  for (const mailbox of switching) await standAt(db.sql, mailbox, 'switching', 1);
  await blockAll(db, switching, 'target.quota');
  await sql`update mailbox set failures = 1, blocked = null, blocked_about = null`.execute(db.sql);
  await db.sql.transaction().execute((tx) => acquit(tx, 'target', switching, 'the directory was away again'));
  await careForWaves(db);
  expect(await waves.list()).toMatchObject([{ state: 'paused' }]);
});

describe('a wave whose window has closed', () => {
  test('is finished by itself when nobody in it is on the way, whoever is blocked, held or excluded', async () => {
    await using db = await testDatabase();
    const waves = await running(db, ['settled', 'following', 'following', 'following', 'returning']);
    await careForWaves(db);
    await close(db);
    await blockAll(db, [2]);
    await sql`update mailbox set held = 'on call' where id = 3`.execute(db.sql);
    await sql`update mailbox set excluded = 'left the trust' where id = 4`.execute(db.sql);
    await careForWaves(db);
    expect(await waves.list()).toMatchObject([{ state: 'running' }]);
    await standAt(db.sql, 5, 'settled', 1);
    await careForWaves(db);
    expect(await waves.list()).toMatchObject([{ state: 'finished' }]);
    await careForWaves(db);
    expect((await recorded(db.sql, null)).filter((line) => line.startsWith('the leader'))).toEqual([
      'the leader wave finish',
    ]);
    expect(await standing(db.sql, 2)).toMatchObject({ stage: 'following', mark: 'blocked', wave: 1 });
  });

  test('and in which somebody did not make it goes on, so that it can be given another window', async () => {
    await using db = await testDatabase();
    const waves = await running(db, ['settled', 'following']);
    await close(db);
    await careForWaves(db);
    expect(await waves.list()).toMatchObject([{ state: 'running' }]);
  });

  test('frees whoever was blocked when it was finished, once they are helped', async () => {
    await using db = await testDatabase();
    await running(db, ['settled', 'following']);
    await close(db);
    await blockAll(db, [2]);
    await careForWaves(db);
    await orderOne(db, 'm2', 'retry');
    await careForWaves(db);
    expect(await standing(db.sql, 2)).toMatchObject({ stage: 'known', wave: null, mark: '', isDue: false });
    expect((await recorded(db.sql, 2)).at(-1)).toBe('the leader unplan planned known wave pilot has finished');
  });
});

test.each([
  ['whose switch is withdrawn', 'switching', 'withdraw', 'source'],
  ['who comes home', 'returning', 'come-home', 'source'],
] as const)('of a cancelled wave, a mailbox %s is planned for nothing again', async (_, stage, step, side) => {
  await using db = await testDatabase();
  const waves = await running(db, [stage, 'settled']);
  await waves.move('pilot', 'cancel', 'operator ann', null);
  await careForWaves(db);
  expect(await standing(db.sql, 1)).toMatchObject({ stage, wave: 1 });
  await openJourneys(db, noQueue).turn({ mailbox: 1, expected: stage, step, who: 'worker 7' }, side, 0, 0);
  await blockAll(db, [1]);
  await careForWaves(db);
  expect(await standing(db.sql, 1)).toMatchObject({ stage: 'known', wave: null, isDue: false });
  expect(await standing(db.sql, 2)).toMatchObject({ stage: 'settled', wave: 1, isDue: true });
  const { kept, counted } = await tallies(db.sql);
  expect(kept).toEqual(counted);
});
