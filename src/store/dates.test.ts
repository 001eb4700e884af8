/** Days that people ask for: nobody is kept between two sides, nobody is forgotten, and nobody learns of others. */

import { sql } from 'kysely';
import { describe, expect, test } from 'vitest';
import type { Day } from '#domain/estate.ts';
import type { Stage } from '#domain/journey.ts';
import { openDates } from './dates.ts';
import { openDescriptions } from './descriptions.ts';
import { orderOne, people, recorded, standAt, standing } from './estate.test-kit.ts';
import { type TestDatabase, testDatabase } from './test-database.ts';
import { careForWaves } from './wave-care.ts';
import { openWishesOf } from './wishes.ts';

const dayIn = (days: number): Day => new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10) as Day;
const of = (...names: readonly string[]) =>
  ({ kind: 'addresses', addresses: names.map((name) => `${name}@x.example`) }) as const;

/** These people of a running wave whose window is open, each where the stage says. */
async function tonight(db: TestDatabase, stages: Readonly<Record<string, Stage>>): Promise<void> {
  await people(db.sql, Object.keys(stages));
  await sql`
    insert into wave (name, state, day, opens_at, closes_at)
    values ('pilot', 'running', ${dayIn(0)}, now() - interval '1 hour', now() + interval '1 hour')`.execute(db.sql);
  for (const [i, stage] of Object.values(stages).entries()) await standAt(db.sql, i + 1, stage, 1);
}

const deferral = (db: TestDatabase, until: Day, ...names: readonly string[]) =>
  openDates(db).defer(of(...names), until, 'lou', 'on call');

/** As if so many days had gone by. */
async function pass(db: TestDatabase, days: number): Promise<void> {
  await sql`update mailbox set held_until = held_until - ${days}::int`.execute(db.sql);
  await sql`
    update wave set day = day - ${days}::int, opens_at = opens_at - ${days} * interval '1 day',
                    closes_at = closes_at - ${days} * interval '1 day'`.execute(db.sql);
}

describe('whoever is deferred', () => {
  test('waits, and goes on by itself when the day has come, each with its record', async () => {
    await using db = await testDatabase();
    await tonight(db, { ann: 'following', bob: 'following' });
    expect(await deferral(db, dayIn(2), 'ann')).toEqual({
      kind: 'ordered',
      done: ['ann@x.example'],
      refused: [],
      windowless: 1,
    });
    await careForWaves(db);
    expect(await standing(db.sql, 1)).toMatchObject({ stage: 'following', mark: 'held' });
    const told = await openDescriptions(db).mailbox('ann@x.example');
    expect(told).toMatchObject({
      mailbox: { marks: [{ mark: 'held', why: `on call (until ${dayIn(2)})`, who: 'lou' }] },
    });
    await sql`update mailbox set held_until = ${dayIn(0)} where id = 1`.execute(db.sql);
    await careForWaves(db);
    expect(await standing(db.sql, 1)).toMatchObject({ mark: '', wave: 1, isDue: true });
    expect(await recorded(db.sql, 1)).toEqual(['lou defer on call', `the leader release deferred until ${dayIn(0)}`]);
    expect(await recorded(db.sql, 2)).toEqual([]);
  });

  test('until tomorrow does not switch in the small hours of tonight, and is planned for nothing once its wave is over', async () => {
    await using db = await testDatabase();
    await tonight(db, { ann: 'following' });
    await deferral(db, dayIn(1), 'ann');
    // It is that day, and the window of the evening before is still open.
    await sql`update mailbox set held_until = ${dayIn(0)}`.execute(db.sql);
    await sql`update wave set day = ${dayIn(-1)}`.execute(db.sql);
    await careForWaves(db);
    expect(await standing(db.sql, 1)).toMatchObject({ mark: 'held', wave: 1 });
    await pass(db, 1);
    await careForWaves(db);
    await careForWaves(db);
    expect(await standing(db.sql, 1)).toMatchObject({ stage: 'known', mark: '', wave: null, isDue: false });
  });

  test('goes on when the day begins where the estate is, not where the clocks of Greenwich are', async () => {
    await using db = await testDatabase();
    await tonight(db, { ann: 'following', bob: 'following' });
    // Far enough to the east it is tomorrow at any moment of the day, or far enough to the west still yesterday.
    const [east, west] = ['Etc/GMT-14', 'Etc/GMT+12'];
    const { rows } = await sql<{ east: Day; west: Day }>`
      select (now() at time zone 'Etc/GMT-14')::date::text as east, (now() at time zone 'Etc/GMT+12')::date::text as west`.execute(
      db.sql,
    );
    const days = rows[0] as { east: Day; west: Day };
    expect(days.east > days.west).toBe(true);
    await sql`update mailbox set held = 'on call', held_until = ${days.east}::date`.execute(db.sql);
    await sql`update wave set day = ${days.east}::date`.execute(db.sql);
    await careForWaves(db, west);
    expect(await standing(db.sql, 1)).toMatchObject({ mark: 'held' });
    await careForWaves(db, east);
    expect(await standing(db.sql, 1)).toMatchObject({ mark: '' });
  });

  test('is let go earlier by a release, and by a hold waits until somebody releases it', async () => {
    await using db = await testDatabase();
    await tonight(db, { ann: 'following', bob: 'following' });
    await deferral(db, dayIn(2), 'ann', 'bob');
    expect(await orderOne(db, 'ann', 'release')).toBe('done');
    expect(await orderOne(db, 'bob', 'hold', 'a strike')).toBe('done');
    await pass(db, 3);
    await careForWaves(db);
    expect((await recorded(db.sql, 1)).slice(0, 2)).toEqual(['lou defer on call', 'operator bob release']);
    expect(await standing(db.sql, 2)).toMatchObject({ mark: 'held' });
  });

  test('was not switching, did not switch before, had a window and was not held for good', async () => {
    await using db = await testDatabase();
    await tonight(db, { ann: 'switching', bob: 'returning', cat: 'settled', dan: 'following', eve: 'known' });
    await sql`update mailbox set wave = null where id = 5`.execute(db.sql);
    await orderOne(db, 'dan', 'hold', 'a strike');
    const deferred = await deferral(db, dayIn(2), 'ann', 'bob', 'cat', 'dan', 'eve');
    expect(deferred).toMatchObject({
      done: [],
      refused: [
        { why: 'is switching: it has begun, and goes on' },
        { why: 'is returning: it has begun, and goes on' },
        { why: 'is settled: it has switched already' },
        { why: 'is held already, until somebody releases it' },
        { why: 'has no window to be taken out of: ask for dates' },
      ],
    });
    for (const mailbox of [1, 2, 3, 5]) {
      expect(await standing(db.sql, mailbox)).toMatchObject({ mark: '' });
      expect(await recorded(db.sql, mailbox)).toEqual([]);
    }
  });
});

describe('dates that are asked for', () => {
  const days = { notBefore: dayIn(5), notAfter: dayIn(9) };

  test('are the latest that somebody asked, however hostile their words, with a record each', async () => {
    await using db = await testDatabase();
    await people(db.sql, ['ann', 'bob']);
    const dates = openDates(db);
    const hostile = `'; drop table mailbox; -- \u001b[2J\u202e=cmd|' /C calc'!A0`;
    await dates.ask(of('ann', 'bob'), { notBefore: dayIn(3), notAfter: null }, 'lou', 'leave');
    await dates.ask(of('ann'), days, 'lou', hostile);
    const { lines } = await dates.wishes({ after: null, max: 10 });
    expect(lines).toMatchObject([
      { address: 'ann@x.example', state: 'open', ...days, why: hostile, day: null, wave: null },
      { address: 'bob@x.example', state: 'open', notBefore: dayIn(3), notAfter: null },
    ]);
    expect(await recorded(db.sql, 1)).toEqual(['lou ask for dates leave', `lou ask for dates ${hostile}`]);
    expect(await dates.wishes({ after: null, max: 1 })).toMatchObject({ lines: [{}], hasMore: true });
    expect(await dates.wishes({ after: 'ann@x.example', max: 1 })).toMatchObject({
      lines: [{ address: 'bob@x.example' }],
      hasMore: false,
    });
  });

  test('are declined once, with the reason, and may be asked for again', async () => {
    await using db = await testDatabase();
    await people(db.sql, ['ann']);
    const dates = openDates(db);
    expect(await dates.decline('ann@x.example', 'pam', 'no')).toEqual({ kind: 'not-open' });
    await dates.ask(of('ann'), days, 'lou', 'leave');
    expect(await dates.decline('ANN@x.example', 'pam', 'the team moves')).toEqual({ kind: 'declined' });
    expect(await dates.decline('ann@x.example', 'pam', 'no')).toEqual({ kind: 'not-open' });
    expect((await dates.wishes({ after: null, max: 9 })).lines).toMatchObject([
      { state: 'declined', answeredBy: 'pam', answer: 'the team moves' },
    ]);
    await dates.ask(of('ann'), days, 'lou', 'leave');
    expect((await dates.wishes({ after: null, max: 9 })).lines).toMatchObject([{ state: 'open', answer: null }]);
  });

  test('are withdrawn by whoever asked, and no planner hears of them; they may be asked for again', async () => {
    await using db = await testDatabase();
    await people(db.sql, ['ann', 'bob', 'cat', 'dan']);
    const dates = openDates(db);
    await dates.ask(of('ann', 'cat', 'dan'), days, 'lou', 'leave');
    await dates.decline('cat@x.example', 'pam', 'the team moves');
    await sql`update date_wish set state = 'taken', answered_at = now() where mailbox = 4`.execute(db.sql);
    expect(await dates.withdraw(of('ann', 'bob', 'cat', 'dan'), 'lou', 'back early')).toMatchObject({
      kind: 'ordered',
      done: ['ann@x.example'],
      refused: [
        { address: 'bob@x.example', why: 'has asked for nothing' },
        { address: 'cat@x.example', why: 'has nothing open: it was declined' },
        { address: 'dan@x.example', why: 'has its window by a plan already: ask for other days' },
      ],
    });
    expect((await dates.wishes({ after: null, max: 1 })).lines).toMatchObject([
      { state: 'withdrawn', answeredBy: 'lou', answer: 'back early' },
    ]);
    expect(await openWishesOf(db).open(new AbortController().signal)).toEqual([]);
    expect(await recorded(db.sql, 1)).toEqual(['lou ask for dates leave', 'lou withdraw dates back early']);
    expect(await dates.withdraw(of('ann'), 'lou', 'again')).toMatchObject({
      done: [],
      refused: [{ why: 'has nothing open: it was withdrawn' }],
    });
    await dates.ask(of('ann'), days, 'lou', 'leave after all');
    expect((await dates.wishes({ after: null, max: 1 })).lines).toMatchObject([{ state: 'open', answer: null }]);
  });

  test('are not those of who has switched, or is about to', async () => {
    await using db = await testDatabase();
    await tonight(db, { ann: 'switching', bob: 'settled' });
    expect(await openDates(db).ask(of('ann', 'bob'), days, 'lou', 'leave')).toMatchObject({
      done: [],
      refused: [{ why: 'is switching: its day has come' }, { why: 'is settled: its day has come' }],
    });
  });
});

test('of who lies outside of a part nothing is known, deferred, asked, declined or listed', async () => {
  await using db = await testDatabase();
  await tonight(db, { ann: 'following', zoe: 'following' });
  await sql`insert into organisation (code, name) values ('ELSE', 'Elsewhere')`.execute(db.sql);
  await sql`update mailbox set organisation = 2 where id = 2`.execute(db.sql);
  const days = { notBefore: dayIn(5), notAfter: null };
  await openDates(db).ask(of('ann', 'zoe'), days, 'lou', 'leave');
  const part = openDates(db, ['RXY']);
  for (const names of [['zoe'], ['ann', 'zoe'], ['nobody']]) {
    const unknown = { kind: 'unknown-mailboxes', addresses: of(...names.filter((name) => name !== 'ann')).addresses };
    expect(await part.defer(of(...names), dayIn(2), 'lou', 'x')).toEqual(unknown);
    expect(await part.ask(of(...names), days, 'lou', 'x')).toEqual(unknown);
    expect(await part.withdraw(of(...names), 'lou', 'x')).toEqual(unknown);
  }
  expect(await part.decline('zoe@x.example', 'lou', 'x')).toEqual({ kind: 'unknown-mailbox' });
  expect((await part.wishes({ after: null, max: 9 })).lines).toMatchObject([{ address: 'ann@x.example' }]);
  expect(await standing(db.sql, 1)).toMatchObject({ mark: '' });
  expect(await recorded(db.sql, 2)).toEqual(['lou ask for dates leave']);
});
