/** Parties as the leader makes them, and that those in one come to the workers side by side. */

import { sql } from 'kysely';
import { describe, expect, test } from 'vitest';
import { choose } from '#domain/release.ts';
import { silent } from '#lib/log.ts';
import { people, standAt } from './estate.test-kit.ts';
import { openJourneys } from './journeys.ts';
import { careForParties } from './party-keeping.ts';
import { openQueue } from './queue.ts';
import { type TestDatabase, testDatabase } from './test-database.ts';
import { openWorkforce } from './workforce.ts';

const terms = { togetherMost: 8, atOnce: 50, connections: 200 };
const ascending = (a: number, b: number): number => a - b;
const identity = { host: 'here', pid: 1, version: '0', role: 'worker', lacks: [] } as const;

/** Mailboxes 1 and on who follow, in a wave whose window is open, and a worker. */
async function wave(db: TestDatabase, n: number): Promise<void> {
  await sql`
    insert into wave (name, state, day, opens_at, closes_at)
    values ('evening', 'running', current_date, now() - interval '1 hour', now() + interval '1 hour')`.execute(db.sql);
  await people(
    db.sql,
    Array.from({ length: n }, (_, i) => `m${i + 1}`),
  );
  for (let mailbox = 1; mailbox <= n; mailbox++) await standAt(db.sql, mailbox, 'following', 1);
  await openWorkforce(db).register(identity);
}

async function grants(db: TestDatabase, ...pairs: readonly (readonly [number, number])[]): Promise<void> {
  for (const [mailbox, grantee] of pairs)
    await sql`insert into permission (mailbox, grantee, kind) values (${mailbox}, ${grantee}, 'full-access')`.execute(
      db.sql,
    );
  await sql`update route_clock set estate = estate + 1`.execute(db.sql);
}

async function parties(db: TestDatabase): Promise<readonly (readonly number[])[]> {
  const { rows } = await sql<{ members: readonly number[] }>`
    select array_agg(mailbox order by mailbox) as members from party group by party order by party`.execute(db.sql);
  return rows.map(({ members }) => members);
}

describe('the parties of a wave', () => {
  test('are of its own mailboxes, and made anew when an import brings other grants, or its mailboxes change', async () => {
    await using db = await testDatabase();
    await wave(db, 6);
    await sql`update mailbox set wave = null, stage = 'known' where id = 6`.execute(db.sql);
    await grants(db, [1, 2], [2, 6], [3, 4]);
    await careForParties(db, terms);
    expect(await parties(db)).toEqual([
      [1, 2],
      [3, 4],
    ]);
    await grants(db, [2, 3]);
    await careForParties(db, terms);
    expect(await parties(db)).toEqual([[1, 2, 3, 4]]);
    await sql`update mailbox set wave = null, stage = 'known' where id = 2`.execute(db.sql);
    await careForParties(db, terms);
    expect(await parties(db)).toEqual([[3, 4]]);
  });

  test('are made before its window opens, and not weeks ahead; and where somebody goes back', async () => {
    await using db = await testDatabase();
    await wave(db, 2);
    await grants(db, [1, 2]);
    const opensIn = (time: string) =>
      sql`update wave set opens_at = now() + ${time}::interval, closes_at = now() + ${time}::interval + interval '1 hour'`;
    await opensIn('7 days').execute(db.sql);
    await careForParties(db, terms);
    expect(await parties(db)).toEqual([]);
    await opensIn('30 minutes').execute(db.sql);
    await careForParties(db, terms);
    expect(await parties(db)).toEqual([[1, 2]]);
    await sql`delete from party`.execute(db.sql);
    await sql`delete from party_making`.execute(db.sql);
    await opensIn('-7 days').execute(db.sql);
    await careForParties(db, terms);
    expect(await parties(db)).toEqual([]);
    await standAt(db.sql, 2, 'returning', 1);
    await careForParties(db, terms);
    expect(await parties(db)).toEqual([[1, 2]]);
  });

  test('are no larger than what can be in work at once, and larger again when more workers have come', async () => {
    await using db = await testDatabase();
    await wave(db, 6);
    await grants(db, [1, 2], [2, 3], [3, 4], [4, 5], [5, 6]);
    const sizes = async (): Promise<readonly number[]> =>
      (await parties(db)).map((party) => party.length).sort(ascending);
    await careForParties(db, { ...terms, atOnce: 2 });
    expect(await sizes()).toEqual([]);
    await openWorkforce(db).register(identity);
    await careForParties(db, { ...terms, atOnce: 2 });
    expect(Math.max(...(await sizes()))).toBe(2);
    for (let more = 0; more < 4; more++) await openWorkforce(db).register(identity);
    await careForParties(db, { ...terms, atOnce: 2 });
    expect(await sizes()).toEqual([6]);
    await careForParties(db, { ...terms, togetherMost: 1 });
    expect(await sizes()).toEqual([]);
  });

  test('leave alone who waits in one that stays as it is', async () => {
    await using db = await testDatabase();
    await wave(db, 5);
    await grants(db, [1, 2]);
    await careForParties(db, terms);
    await sql`update party set waits_since = now()`.execute(db.sql);
    await grants(db, [4, 5]);
    await careForParties(db, terms);
    const { rows } = await sql`select mailbox, waits_since is not null as waits from party order by 1`.execute(db.sql);
    expect(rows).toEqual([
      { mailbox: 1, waits: true },
      { mailbox: 2, waits: true },
      { mailbox: 4, waits: false },
      { mailbox: 5, waits: false },
    ]);
  });
});

describe('in the queue', () => {
  async function fetched(db: TestDatabase, max = 4_000, room = 100): Promise<readonly number[]> {
    await using queue = await openQueue(db, silent);
    const journeys = openJourneys(db, queue);
    const { now, candidates, waves } = await journeys.due(max);
    await journeys.release(choose(candidates, waves, now, room));
    const order: number[] = [];
    for (let [job] = await queue.fetch(1); job; [job] = await queue.fetch(1)) order.push(job.mailbox);
    return order;
  }

  test('those who change sides together come one after the other, where the closest of them has its place', async () => {
    await using db = await testDatabase();
    await wave(db, 8);
    await grants(db, [2, 7], [7, 5], [1, 6]);
    await careForParties(db, terms);
    await sql`update mailbox set lag_ms = 100 * id`.execute(db.sql);
    const order = await fetched(db);
    expect(order.slice(0, 2).toSorted(ascending)).toEqual([1, 6]);
    expect(order.slice(2, 5).toSorted(ascending)).toEqual([2, 5, 7]);
    expect(order.slice(5)).toEqual([3, 4, 8]);
  });

  test('nobody is left behind of whom others wait, however far it is behind and however few are looked at', async () => {
    await using db = await testDatabase();
    await wave(db, 8);
    await grants(db, [1, 8]);
    await careForParties(db, terms);
    await sql`update mailbox set lag_ms = 100 * id`.execute(db.sql);
    expect((await fetched(db, 2, 1)).toSorted(ascending)).toEqual([1, 8]);
  });

  test.each(['following', 'returning'] as const)(
    'one that is %s comes before all others when its company waits for it already',
    async (stage) => {
      await using db = await testDatabase();
      await wave(db, 8);
      await grants(db, [1, 8], [2, 3]);
      await careForParties(db, terms);
      await sql`update mailbox set lag_ms = 100 * id, stage = ${stage}`.execute(db.sql);
      const waits = stage === 'following' ? 'switching' : stage;
      await sql`update mailbox set stage = ${waits}, due_at = null where id = 1`.execute(db.sql);
      await sql`update party set waits_since = now() where mailbox = 1`.execute(db.sql);
      expect((await fetched(db))[0]).toBe(8);
    },
  );

  test('those who go back together come one after the other', async () => {
    await using db = await testDatabase();
    await wave(db, 9);
    await grants(db, [1, 9], [2, 8], [3, 7]);
    await careForParties(db, terms);
    await sql`update mailbox set stage = 'returning', due_at = now()`.execute(db.sql);
    const order = await fetched(db);
    const pairs = order.slice(3).map((mailbox) => Math.min(mailbox, 10 - mailbox));
    expect(order.slice(0, 3).toSorted(ascending)).toEqual([4, 5, 6]);
    expect(pairs).toEqual([1, 1, 2, 2, 3, 3]);
  });
});
