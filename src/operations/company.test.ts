/** Those who change sides together, at one database, by workers that have fewer places than they would need, or die. */

import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'kysely';
import { describe, expect, test } from 'vitest';
import type { Met } from '#domain/parties.ts';
import { choose } from '#domain/release.ts';
import type { Clock } from '#lib/clock.ts';
import { silent } from '#lib/log.ts';
import { people, standAt } from '#store/estate.test-kit.ts';
import { openJourneys } from '#store/journeys.ts';
import { openMeetings } from '#store/meetings.ts';
import { careForParties } from '#store/party-keeping.ts';
import { openQueue } from '#store/queue.ts';
import { type TestDatabase, testDatabase } from '#store/test-database.ts';
import { openWorkforce } from '#store/workforce.ts';
import { companyOf } from './company.ts';

/** For these tests time goes by so many times faster. */
const faster = 20;
const clock: Clock = {
  now: () => performance.now() * faster,
  sleep: (ms, signal) => sleep(ms / faster, undefined, { signal }),
};
const holdMostMs = 20_000;
const never = new AbortController().signal;

/** Mailboxes 1 and on who follow in a wave whose window is open; each of `groups` belong together. */
async function evening(db: TestDatabase, ...groups: readonly (readonly number[])[]): Promise<void> {
  const mailboxes = groups.flat();
  await sql`
    insert into wave (name, state, day, opens_at, closes_at)
    values ('evening', 'running', current_date, now() - interval '1 hour', now() + interval '1 hour')`.execute(db.sql);
  await people(
    db.sql,
    mailboxes.map((mailbox) => `m${mailbox}`),
  );
  for (const mailbox of mailboxes) await standAt(db.sql, mailbox, 'following', 1);
  for (const [first = 0, ...others] of groups)
    for (const other of others)
      await sql`insert into permission (mailbox, grantee, kind) values (${first}, ${other}, 'full-access')`.execute(
        db.sql,
      );
  await using _many = await openWorkforce(db).register(identity);
  await careForParties(db, { togetherMost: 8, atOnce: 50, connections: 200 });
}

const ascending = (a: number, b: number): number => a - b;
const identity = { host: 'here', pid: 1, version: '0', role: 'worker', lacks: [] } as const;

interface Turned {
  readonly mailbox: number;
  readonly met: Met | null;
}

/** What happens to a mailbox once it is held. `dies`: its worker does, with all that it has in hand. */
type Held = (mailbox: number, nth: number) => Promise<'ready' | 'stays' | 'dies'>;

const everyoneIsReady: Held = async () => 'ready';

/** A worker with so many places takes what the queue gives it, until all have settled or it has died. */
async function works(db: TestDatabase, places: number, held: Held, turned: Turned[], over: AbortSignal): Promise<void> {
  const member = await openWorkforce(db).register(identity);
  // It is heard of an hour from now for the last time.
  await sql`update worker set seen_at = now() + interval '1 hour' where id = ${member.worker}`.execute(db.sql);
  const meetings = openMeetings(db, member.worker);
  await using queue = await openQueue(db, silent);
  const tries = new Map<number, number>();
  const inHand = new Set<number>();
  let isDead = false;
  const place = async (): Promise<void> => {
    while (!over.aborted && !isDead) {
      const [job] = await queue.fetch(1);
      if (!job) {
        await sleep(10);
        continue;
      }
      const { mailbox } = job;
      // Whoever had it before has said how it ended, and is about to let go of it.
      let taken = await member.takeMailbox(mailbox);
      for (; taken.kind === 'busy'; taken = await member.takeMailbox(mailbox)) await sleep(5);
      if (taken.kind === 'gone') throw new Error('a worker that lives was struck out');
      inHand.add(mailbox);
      const journeys = openJourneys(db, queue, job);
      await journeys.find(mailbox);
      await journeys.beginSwitch(mailbox, 'a test');
      const company = companyOf(meetings, mailbox, 'switching', clock, holdMostMs);
      let became: Awaited<ReturnType<Held>> | 'waits' = 'waits';
      if (await company.meet(never)) {
        tries.set(mailbox, (tries.get(mailbox) ?? 0) + 1);
        became = await held(mailbox, tries.get(mailbox) ?? 1);
        if (became === 'dies') isDead = true;
        if (became === 'ready' && !isDead && !(await company.agree(never))) became = 'waits';
      }
      if (isDead) return;
      const settle = { mailbox, expected: 'switching', step: 'settle', who: 'a test' } as const;
      if (became === 'ready') {
        await journeys.turn(settle, 'target', 1, null);
        turned.push({ mailbox, met: company.met });
      }
      await company.leave();
      if (became === 'waits') await journeys.rest(mailbox, 2_000 / faster);
      if (became === 'stays') await journeys.failed(mailbox, 60_000 / faster, { code: 'x', message: 'not well' });
      await member.releaseMailbox(taken.lease);
      inHand.delete(mailbox);
    }
  };
  await Promise.all(Array.from({ length: places }, place));
  if (!isDead) return;
  // Its lease lapses after ten seconds, and its jobs are given to others.
  await sleep(10_000 / faster);
  await sql`update worker set seen_at = now() - interval '1 minute' where id = ${member.worker}`.execute(db.sql);
  await openWorkforce(db).strikeVanished();
  await queue.cancel([...inHand]);
  await sql`update mailbox set queued_at = null where id = any(${[...inHand]}::int[])`.execute(db.sql);
}

/**
 * Workers with so many places each, and a leader, until all have settled. With `isTimed` the clock of the database goes as fast as
 * ours; without, nobody has ever waited for long.
 */
async function all(
  db: TestDatabase,
  places: readonly number[],
  held: Held,
  isTimed = false,
): Promise<readonly Turned[]> {
  const turned: Turned[] = [];
  const over = new AbortController();
  await using queue = await openQueue(db, silent);
  const journeys = openJourneys(db, queue);
  let lookedAt = performance.now();
  const leads = async (): Promise<void> => {
    for (;;) {
      const { rows } = await sql`select from mailbox where stage <> 'settled'`.execute(db.sql);
      if (rows.length === 0) return over.abort();
      const { now, candidates, waves } = await journeys.due(100);
      await journeys.release(choose(candidates, waves, now, 100));
      const seconds = isTimed ? (performance.now() - lookedAt) * (faster / 1000) : 0;
      lookedAt = performance.now();
      const moment = sql`make_interval(secs => ${seconds}::float8)`;
      await sql`update party set waits_since = waits_since - ${moment}, late_at = late_at - ${moment}`.execute(db.sql);
      await sql`update mailbox set stage_since = stage_since - ${moment}`.execute(db.sql);
      await sleep(20);
    }
  };
  await Promise.all([leads(), ...places.map((n) => works(db, n, held, turned, over.signal))]);
  return turned;
}

function companies(turned: readonly Turned[]): readonly (readonly [number, number, number])[] {
  return turned
    .map(({ mailbox, met }) => [mailbox, met?.with ?? 0, met?.of ?? 0] as const)
    .toSorted(([a], [b]) => a - b);
}

describe('those who belong together', () => {
  test('turn together, over two workers, and who belongs with nobody waits for nobody', async () => {
    await using db = await testDatabase({ connectionsMax: 12 });
    await evening(db, [1, 2, 3], [4, 5], [6]);
    const turned = await all(db, [3, 3], everyoneIsReady);
    expect(companies(turned)).toEqual([
      [1, 3, 3],
      [2, 3, 3],
      [3, 3, 3],
      [4, 2, 2],
      [5, 2, 2],
      [6, 0, 0],
    ]);
  });

  test('stay when one of them stays, and nobody of them turns before all do or one is known to be unwell', async () => {
    await using db = await testDatabase({ connectionsMax: 12 });
    await evening(db, [1, 2, 3]);
    const order: string[] = [];
    const held: Held = async (mailbox, nth) => {
      order.push(`${mailbox} is held`);
      return mailbox === 2 && nth === 1 ? 'stays' : 'ready';
    };
    const turned = await all(db, [4], held);
    // Each was held in vain once, and then those two went without it.
    expect(order.filter((each) => each === '1 is held')).toHaveLength(2);
    expect(companies(turned)).toEqual([
      [1, 2, 3],
      [2, 1, 3],
      [3, 2, 3],
    ]);
  });

  test.each([
    ['fewer places than members', [2], [[1, 2, 3, 4]]],
    [
      'one place',
      [1],
      [
        [1, 2],
        [3, 4],
      ],
    ],
    [
      'places for one of two parties',
      [3],
      [
        [1, 2, 3],
        [4, 5, 6],
      ],
    ],
    [
      'workers with a place each',
      [1, 1, 1],
      [
        [1, 2, 3],
        [4, 5, 6],
        [7, 8],
      ],
    ],
  ] as const)('all come across with %s', async (_, places, groups) => {
    await using db = await testDatabase({ connectionsMax: 16 });
    await evening(db, ...groups);
    const turned = await all(db, places, everyoneIsReady, true);
    expect(turned.map(({ mailbox }) => mailbox).toSorted(ascending)).toEqual(groups.flat());
  });

  test('come across though a worker is killed while others wait for what it has in hand', async () => {
    await using db = await testDatabase({ connectionsMax: 16 });
    await evening(db, [1, 2, 3], [4, 5]);
    let hasDied = false;
    const held: Held = async (mailbox) => {
      if (mailbox !== 2 || hasDied) return 'ready';
      hasDied = true;
      return 'dies';
    };
    const turned = await all(db, [1, 2, 2], held);
    expect(turned.map(({ mailbox }) => mailbox).toSorted(ascending)).toEqual([1, 2, 3, 4, 5]);
  });

  test('wait for no one who is slower than people may be kept waiting, who then goes by itself', async () => {
    await using db = await testDatabase({ connectionsMax: 12 });
    await evening(db, [1, 2, 3]);
    const held: Held = async (mailbox) => {
      const isWaitedFor = async (): Promise<boolean> => {
        const { rows } = await sql`select from party where mailbox = 3 and late_at is not null`.execute(db.sql);
        return rows.length === 0;
      };
      while (mailbox === 3 && (await isWaitedFor())) await sleep(10);
      return 'ready';
    };
    const turned = await all(db, [3], held);
    expect(companies(turned)).toEqual([
      [1, 2, 3],
      [2, 2, 3],
      [3, 1, 3],
    ]);
  });
});
