/** Who has switched and is not carried home any more is told to people: once, with since when and why. */

import { sql } from 'kysely';
import { expect, test, vi } from 'vitest';
import { readSelector, type Selector } from '#domain/selector.ts';
import { silent } from '#lib/log.ts';
import { openDescriptions } from './descriptions.ts';
import { openEstateLists } from './estate-lists.ts';
import { openEstateView } from './estate-view.ts';
import { people, standAt, windowIn } from './estate.test-kit.ts';
import { openJourneys } from './journeys.ts';
import { openMailboxOrders } from './mailbox-orders.ts';
import { type TestDatabase, testDatabase } from './test-database.ts';
import { openWaveAccounts } from './wave-accounts.ts';
import { openWaves } from './waves.ts';
import { careForWaysHome } from './way-home.ts';

const noQueue = { send: () => Promise.reject(new Error('nothing is sent')) };
const bounds = { lateAfterMs: 15 * 60_000, followEveryMs: 15 * 60_000 };
const full = { code: 'target.quota', message: 'The mailbox at old.example is full: Quota exceeded' };

/** `ann`, `bob`, `cem` and `dot` of the wave `pilot`, settled, carried home so many minutes ago each. */
async function settled(...minutes: readonly number[]): Promise<TestDatabase> {
  const db = await testDatabase();
  await people(db.sql, ['ann', 'bob', 'cem', 'dot'].slice(0, minutes.length));
  const order = { name: 'pilot', window: windowIn(1), selector: {}, limit: null, isPilot: false, errorBudget: 0.2 };
  await openWaves(db).create(order, 'operator ann');
  for (const [i, ago] of minutes.entries()) {
    await standAt(db.sql, i + 1, 'settled', 1);
    await sql`update mailbox set caught_up_at = now() - make_interval(mins => ${ago}) where id = ${i + 1}`.execute(
      db.sql,
    );
  }
  return db;
}

/** One round of the leader, and of whom it told what. */
async function round(db: TestDatabase, within = bounds): Promise<readonly string[]> {
  const told: string[] = [];
  const log = { ...silent, error: (_: string, about?: object) => void told.push(JSON.stringify(about)) };
  await careForWaysHome(db, within, log);
  return told.sort();
}

async function selected(db: TestDatabase, text: string): Promise<readonly string[]> {
  const page = await openEstateLists(db).mailboxes({ selector: readSelector(text) as Selector, after: null, max: 9 });
  return page.kind === 'page' ? page.lines.map(({ address }) => address) : [];
}

async function lateNow(db: TestDatabase): Promise<readonly string[]> {
  const { waysHomeLate } = await openEstateView(db).now();
  return waysHomeLate.map(({ code, mailboxes, example }) => `${mailboxes} ${code} ${example}`);
}

test('a pass home that fails for longer than the bound is told once; one that is only looked at seldom is not', async () => {
  await using db = await settled(20, 20, 31, 5);
  const journeys = openJourneys(db, noQueue);
  await journeys.failed(1, 60_000, { code: 'connection.lost', message: 'The connection was lost' });
  await journeys.failed(4, 60_000, { code: 'connection.lost', message: 'The connection was lost' });
  expect(await round(db)).toEqual([
    '{"mailbox":1,"fault":"connection.lost","minutes":20}',
    '{"mailbox":3,"fault":"way-home.late","minutes":31}',
  ]);
  expect(await round(db)).toEqual([]);
  expect(await lateNow(db)).toEqual(['1 connection.lost ann@x.example', '1 way-home.late cem@x.example']);
  expect(await selected(db, 'way-home=late')).toEqual(['ann@x.example', 'cem@x.example']);
  expect(await selected(db, 'way-home=kept wave=pilot')).toEqual(['bob@x.example', 'dot@x.example']);
});

test('where looks home are rarer than the bound, the leader walks past nobody who is in time', async () => {
  await using db = await settled(20, 20, 20, 20);
  await openJourneys(db, noQueue).failed(2, 60_000, { code: 'connection.lost', message: 'The connection was lost' });
  await sql`
    insert into mailbox (address, kind, organisation, wave, stage, caught_up_at)
    select 'q' || i, 'person', 1, 1, 'settled', now() - interval '1 hour' from generate_series(1, 20000) i`.execute(
    db.sql,
  );
  await sql`vacuum analyze mailbox`.execute(db.sql);
  const rare = { ...bounds, followEveryMs: 6 * 3_600_000 };
  const read = async (): Promise<number> => {
    await sql`select pg_stat_force_next_flush()`.execute(db.sql);
    const { rows } = await sql<{ read: number }>`
      select (seq_tup_read + coalesce(idx_tup_fetch, 0))::int8 as read from pg_stat_user_tables where relname = 'mailbox'`.execute(
      db.sql,
    );
    return rows[0]?.read ?? Number.NaN;
  };
  const before = await read();
  expect(await round(db, rare)).toEqual(['{"mailbox":2,"fault":"connection.lost","minutes":20}']);
  await vi.waitFor(async () => expect(await read()).toBeGreaterThan(before), { timeout: 30_000 });
  expect((await read()) - before).toBeLessThan(100);
});

test('one that is blocked or held after the switch is told too, for what blocks it', async () => {
  await using db = await settled(16, 16, 16);
  await openJourneys(db, noQueue).block(1, 'imap.sign-in.refused', { message: 'old.example refused ann' }, 'worker 7');
  await sql`update mailbox set held = 'on call' where id = 2`.execute(db.sql);
  expect(await round(db)).toEqual([
    '{"mailbox":1,"fault":"imap.sign-in.refused","minutes":16}',
    '{"mailbox":2,"fault":"way-home.late","minutes":16}',
  ]);
});

test('what is told of it goes with the next pass home that comes to its end, and when it changes sides', async () => {
  await using db = await settled(1);
  const journeys = openJourneys(db, noQueue);
  expect(await journeys.wayHome(1, full)).toBe(true);
  expect(await journeys.wayHome(1, full)).toBe(false);
  expect((await journeys.find(1))?.traveller.homeLate).toBe('target.quota');
  expect(await journeys.wayHome(1, null)).toBe(true);
  expect(await lateNow(db)).toEqual([]);
  await journeys.wayHome(1, full);
  await openMailboxOrders(db).order({ kind: 'addresses', addresses: ['ann@x.example'] }, 'go-back', 'ann', null);
  expect(await lateNow(db)).toEqual([]);
  const turned = { mailbox: 1, expected: 'returning', step: 'come-home', who: 'worker 7' } as const;
  expect(await journeys.turn(turned, 'source', 100, 0)).toBe(true);
  await standAt(db.sql, 1, 'settled', 1);
  expect((await journeys.find(1))?.traveller.homeLate).toBeNull();
});

test('however many there are, they are told by their number, with the one that waits longest; who leaves is none of them', async () => {
  await using db = await settled(10, 30, 20, 40);
  const journeys = openJourneys(db, noQueue);
  for (const mailbox of [1, 2, 3]) await journeys.wayHome(mailbox, full);
  await journeys.wayHome(4, { code: 'connection.lost', message: 'The connection was lost' });
  expect(await lateNow(db)).toEqual(['3 target.quota bob@x.example', '1 connection.lost dot@x.example']);
  await sql`update mailbox set left_at = now() where id = 2`.execute(db.sql);
  await journeys.wayHome(4, full);
  expect(await lateNow(db)).toEqual(['3 target.quota dot@x.example']);
  await sql`update mailbox set home_late = null where id <> 3`.execute(db.sql);
  expect(await lateNow(db)).toEqual(['1 target.quota cem@x.example']);
  await sql`update mailbox set stage = 'released'`.execute(db.sql);
  expect(await lateNow(db)).toEqual([]);
});

test('since when and why is told of the mailbox and its wave, and what home did not take', async () => {
  await using db = await settled(10, 10);
  const journeys = openJourneys(db, noQueue);
  await journeys.wayHome(1, full);
  const found = { messages: 10, alreadyThere: 0, refused: 3, exceptions: 3, lagMs: 5 };
  await journeys.passed(2, { direction: 'back', copied: 0, bytes: 0, milliseconds: 5, found }, 0);
  const { rows } = await sql<{ at: Date }>`select caught_up_at as at from mailbox where id = 1`.execute(db.sql);
  const ann = await openDescriptions(db).mailbox('ann@x.example');
  expect(ann).toMatchObject({ mailbox: { wayHomeLate: { ...full, since: rows[0]?.at } } });
  const accounts = await openWaveAccounts(db).accounts([1, 2]);
  expect(accounts).toMatchObject([
    { wayHomeLate: 'target.quota', wayHomeLateSince: rows[0]?.at.toISOString(), notTakenHome: 0 },
    { wayHomeLate: null, wayHomeLateSince: null, notTakenHome: 3 },
  ]);
});

test('who goes back, or ends the way back, is told how many are not at home, and how many messages', async () => {
  await using db = await settled(1, 1, 1);
  const journeys = openJourneys(db, noQueue);
  await journeys.wayHome(1, full);
  await sql`update mailbox set home_refused = id where id in (2, 3)`.execute(db.sql);
  const waves = openWaves(db);
  expect(await waves.release('pilot', true, 'operator ann', 'dry')).toMatchObject({ late: 1, notTaken: 5 });
  const one = await openMailboxOrders(db).order(
    { kind: 'addresses', addresses: ['ann@x.example', 'bob@x.example'] },
    'go-back',
    'operator ann',
    null,
  );
  expect(one).toMatchObject({ done: ['ann@x.example', 'bob@x.example'], home: { late: 1, notTaken: 2 } });
  expect(await waves.goBack('pilot', 'operator ann', 'calendars')).toMatchObject({
    mailboxes: 1,
    late: 0,
    notTaken: 3,
  });
});
