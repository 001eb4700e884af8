/** Routes that are announced, held, turned and opened, by several at once, and what the doors have to have read before. */

import { sql } from 'kysely';
import { describe, expect, test } from 'vitest';
import { openBrake } from './brake.ts';
import type { Database } from './db.ts';
import { careForRoutes, openRouteHolds } from './route-holds.ts';
import { openJourneys } from './journeys.ts';
import { testDatabase } from './test-database.ts';

interface RouteRow {
  readonly mailbox: number;
  readonly side: string;
  readonly standing: string;
  readonly revision: number;
}

async function estate(db: Database, mailboxes: number): Promise<void> {
  await sql`insert into organisation (code, name) values ('RXY', 'A ward')`.execute(db.sql);
  await sql`
    insert into wave (name, state, opens_at, closes_at, day, pilot, error_budget)
    values ('pilot', 'running', now() - interval '1 minute', now() + interval '1 hour', current_date, false, 0.1)`.execute(
    db.sql,
  );
  await sql`
    insert into mailbox (address, kind, organisation, wave, stage)
    select 'm' || i || '@corp.example', 'person', 1, 1, 'following' from generate_series(1, ${mailboxes}::int) i`.execute(
    db.sql,
  );
}

async function routes(db: Database): Promise<readonly RouteRow[]> {
  const { rows } =
    await sql<RouteRow>`select mailbox, side, standing, revision::int from route order by mailbox`.execute(db.sql);
  return rows;
}

async function addDoor(db: Database, revision: number, leaseSeconds: number): Promise<void> {
  await sql`
    insert into door (id, host, pid, version, serves, revision, lease_until)
    values (gen_random_uuid(), 'mx1', 7, 'test', '{postfix}', ${revision}, now() + make_interval(secs => ${leaseSeconds}::float8))`.execute(
    db.sql,
  );
}

const idle = { send: () => Promise.reject(new Error('nothing is sent')) };

test('a switch is told in one answer how many doors there are and who has pulled the brake', async () => {
  await using db = await testDatabase();
  const { outlook } = openRouteHolds(db);
  expect(await outlook()).toEqual({ doors: 0, brake: null });
  await addDoor(db, 0, -60);
  await addDoor(db, 0, 60);
  await openBrake(db).pull('ann', 'smoke');
  expect(await outlook()).toEqual({ doors: 2, brake: { who: 'ann', why: 'smoke', at: expect.any(Number) as number } });
});

describe('a hold', () => {
  test('is known once each living door has read as far, and by a lost one that was told of the announcement', async () => {
    await using db = await testDatabase();
    await estate(db, 2);
    const holds = openRouteHolds(db);
    expect(await holds.announce(1)).toBe(0);
    const announced = (await routes(db))[0]?.revision ?? 0;
    const hold = await holds.hold(1);
    expect(await holds.missing(hold)).toEqual([]);
    await addDoor(db, announced, 60);
    expect(await holds.missing(hold)).toMatchObject([{ host: 'mx1', why: 'slow' }]);
    await sql`update door set lease_until = now() - interval '1 second'`.execute(db.sql);
    expect(await holds.missing(hold)).toEqual([]);
    await sql`update door set revision = ${announced - 1}`.execute(db.sql);
    expect(await holds.missing(hold)).toMatchObject([{ why: 'lost' }]);
    await sql`update door set revision = ${hold.revision}, lease_until = now() + interval '1 minute'`.execute(db.sql);
    expect(await holds.missing(hold)).toEqual([]);
  });

  test('ends with the turn, which is refused where another hold has come since or it was let go', async () => {
    await using db = await testDatabase();
    await estate(db, 1);
    const holds = openRouteHolds(db);
    const journeys = openJourneys(db, idle);
    await sql`update mailbox set stage = 'switching'`.execute(db.sql);
    const first = await holds.hold(1);
    const second = await holds.hold(1);
    const step = { mailbox: 1, expected: 'switching', step: 'settle', who: 'worker 7' } as const;
    expect(await journeys.turn(step, 'target', 900, 0, { hold: first })).toBe(false);
    expect(await routes(db)).toMatchObject([{ side: 'source', standing: 'held', revision: expect.any(Number) }]);
    await holds.letGo(second);
    expect(await journeys.turn(step, 'target', 900, 0, { hold: second })).toBe(false);
    const third = await holds.hold(1);
    expect(await journeys.turn(step, 'target', 900, 0, { hold: third })).toBe(true);
    expect(await routes(db)).toMatchObject([{ side: 'target', standing: 'announced' }]);
    // Of the past: nothing is let go by it any more.
    await holds.letGo(third);
    expect(await routes(db)).toMatchObject([{ side: 'target', standing: 'announced' }]);
  });
});

describe('a turn', () => {
  const settle = { mailbox: 1, expected: 'switching', step: 'settle', who: 'worker 7' } as const;

  test.each(['with doors', 'without'])(
    'is refused under the brake, %s, and nothing is changed by it',
    async (doors) => {
      await using db = await testDatabase();
      await estate(db, 1);
      await sql`update mailbox set stage = 'switching'`.execute(db.sql);
      const hold = doors === 'without' ? null : await openRouteHolds(db).hold(1);
      const { turn } = openJourneys(db, idle);
      await openBrake(db).pull('ann', 'smoke');
      expect(await turn(settle, 'target', 900, 0, { hold })).toBe(false);
      const { rows } = await sql`select stage, interrupted_ms from mailbox`.execute(db.sql);
      expect(rows).toEqual([{ stage: 'switching', interrupted_ms: null }]);
      await openBrake(db).release('ann', 'no smoke');
      expect(await turn(settle, 'target', 900, 0, { hold })).toBe(true);
    },
  );

  test('that others keep waiting tells of the whole time in which people were held, also of sessions', async () => {
    await using db = await testDatabase({ connectionsMax: 4 });
    await estate(db, 1);
    await sql`update mailbox set stage = 'switching'`.execute(db.sql);
    const hold = await openRouteHolds(db).hold(1);
    const { turn } = openJourneys(db, idle);
    const turned = await db.sql.transaction().execute(async (tx) => {
      await sql`select from mailbox for update`.execute(tx);
      const began = turn(settle, 'target', 10, 0, { hold, sessionMs: 4 });
      await sql`select pg_sleep(0.3)`.execute(tx);
      return { began };
    });
    expect(await turned.began).toBe(true);
    const { rows } = await sql<Record<'counted' | 'stamps' | 'sessions', number>>`
      select m.interrupted_ms as counted, i.stamps_ms as stamps, i.session_ms as sessions
        from mailbox m join interruption i on i.mailbox = m.id`.execute(db.sql);
    const [{ counted, stamps, sessions } = { counted: 0, stamps: 0, sessions: 0 }] = rows;
    expect(stamps).toBeGreaterThanOrEqual(300);
    expect([counted, sessions]).toEqual([stamps, stamps - 6]);
  });

  test.each([
    ['mailbox', sql`select from mailbox for update`],
    ['clock of all routes', sql`select from route_clock for update`],
    ['route', sql`select from route for update`],
  ])('that others keep waiting at its %s is given up in time, and nothing is changed by it', async (_, locks) => {
    await using db = await testDatabase({ connectionsMax: 4 });
    await estate(db, 1);
    await sql`update mailbox set stage = 'switching'`.execute(db.sql);
    const hold = await openRouteHolds(db).hold(1);
    const before = await routes(db);
    const { turn } = openJourneys(db, idle);
    await db.sql.transaction().execute(async (tx) => {
      await locks.execute(tx);
      const turned = turn(settle, 'target', 900, 0, { hold, withinMs: 50 });
      await expect(turned).rejects.toMatchObject({ code: 'database.busy' });
    });
    expect(await routes(db)).toEqual(before);
    expect(await turn(settle, 'target', 900, 0, { hold, withinMs: 5_000 })).toBe(true);
    // It was said of that one statement only.
    const { rows } = await sql<{ lock_timeout: string }>`show lock_timeout`.execute(db.sql);
    expect(rows).toEqual([{ lock_timeout: '0' }]);
  });
});

describe('the leader', () => {
  test('announces those of an open window where there is a door, and nobody where there is none', async () => {
    await using db = await testDatabase();
    await estate(db, 3);
    await careForRoutes(db, 40_000);
    expect(await routes(db)).toEqual([]);
    await addDoor(db, 0, 60);
    await sql`update mailbox set held = 'on call' where id = 2`.execute(db.sql);
    await careForRoutes(db, 40_000);
    expect((await routes(db)).map(({ mailbox, standing }) => [mailbox, standing])).toEqual([
      [1, 'announced'],
      [3, 'announced'],
    ]);
  });

  test('ends a hold that its worker has left behind, and opens who is not about to move any more', async () => {
    await using db = await testDatabase();
    await estate(db, 2);
    const holds = openRouteHolds(db);
    await holds.hold(1);
    await holds.announce(2);
    await sql`update mailbox set stage = 'settled' where id = 2`.execute(db.sql);
    await careForRoutes(db, 40_000);
    expect((await routes(db)).map(({ standing }) => standing)).toEqual(['held', 'announced']);
    await sql`update route set since = now() - interval '2 minutes'`.execute(db.sql);
    await careForRoutes(db, 40_000);
    expect((await routes(db)).map(({ standing }) => standing)).toEqual(['announced', 'open']);
  });
});

test('changes of routes come in the order of their numbers, whoever makes them at once', async () => {
  await using db = await testDatabase();
  await estate(db, 20);
  const holds = openRouteHolds(db);
  const ids = Array.from({ length: 20 }, (_, i) => i + 1);
  let seen = 0;
  let isOver = false;
  const known = new Map<number, number>();
  // As a door reads: what has come since, and up to where, in one statement.
  const following = (async () => {
    for (let last = false; !last; ) {
      last = isOver;
      const { rows } = await sql<{ at: number; mailbox: number | null; revision: number }>`
        select (select revision from route_clock)::int as at, r.mailbox, r.revision::int
          from (select) one left join route r on r.revision > ${seen}`.execute(db.sql);
      for (const { mailbox, revision } of rows) if (mailbox !== null) known.set(mailbox, revision);
      seen = rows[0]?.at ?? seen;
    }
  })();
  await Promise.all(
    ids.map(async (id) => {
      await holds.announce(id);
      await holds.letGo(await holds.hold(id));
    }),
  );
  isOver = true;
  await following;
  expect([...known].toSorted(([a], [b]) => a - b)).toEqual(
    (await routes(db)).map(({ mailbox, revision }) => [mailbox, revision]),
  );
});
