import fc from 'fast-check';
import { sql } from 'kysely';
import { describe, expect, test } from 'vitest';
import { type Stage, stages } from '#domain/journey.ts';
import { afterFailure, switchTriesMax } from '#domain/next-try.ts';
import { type Candidate, type Choice, choose, type WaveNow, type WaveState } from '#domain/release.ts';
import { silent } from '#lib/log.ts';
import type { Journeys } from '#ports/journeys.ts';
import { orderOne, people, recorded, standAt, standing, tallies } from './estate.test-kit.ts';
import { openJourneys } from './journeys.ts';
import { findLost } from './queue-rows.ts';
import { openQueue } from './queue.ts';
import { type TestDatabase, testDatabase } from './test-database.ts';

const found = { messages: 10, alreadyThere: 4, refused: 1, exceptions: 1, lagMs: 1_000 };
const numbers = { direction: 'there', copied: 3, bytes: 300, milliseconds: 700, found } as const;
const states: readonly WaveState[] = ['planned', 'running', 'paused', 'cancelled', 'finished'];
/** For whoever puts nothing into it. */
const noQueue = { send: () => Promise.reject(new Error('nothing is sent')) };

async function waves(db: TestDatabase, n: number, prefix = 'w'): Promise<void> {
  await sql`
    insert into wave (name, state, day, opens_at, closes_at)
    select ${prefix}::text || i, 'running', current_date, now() - interval '1 hour', now() + interval '1 hour'
      from generate_series(1, ${n}::int) as i`.execute(db.sql);
}

/** Mailboxes 1 and on, in a running wave whose window is open. */
async function travellers(db: TestDatabase, ...at: readonly Stage[]): Promise<Journeys> {
  await waves(db, 1);
  await people(
    db.sql,
    at.map((_, i) => `m${i + 1}`),
  );
  for (const [i, stage] of at.entries()) await standAt(db.sql, i + 1, stage, 1);
  return openJourneys(db, noQueue);
}

describe('after a pass that met bad weather', () => {
  test('rows count failures as the rule does that rehearsals ask', async () => {
    await using db = await testDatabase();
    const cases = (['copying', 'following', 'switching', 'returning'] as const).flatMap((stage) =>
      [0, 3, switchTriesMax - 1].flatMap((failures) =>
        [false, true].map((gotFurther) => ({ stage, failures, gotFurther })),
      ),
    );
    const { failed, carried, find, take } = await travellers(db, ...cases.map(({ stage }) => stage));
    for (const [i, { stage, failures, gotFurther }] of cases.entries()) {
      const mailbox = i + 1;
      await sql`update mailbox set failures = ${failures} where id = ${mailbox}`.execute(db.sql);
      await find(mailbox);
      if (gotFurther) await carried(mailbox, { ...numbers, found: null });
      const rule = afterFailure(stage, failures, gotFurther);
      if (rule.isWithdrawn) await take({ mailbox, expected: 'switching', step: 'withdraw', who: 'worker' }, null);
      await failed(mailbox, rule.waitMs, { code: 'imap.gone', message: 'away' });
    }
    const { rows } = await sql<{ failures: number }>`select failures from mailbox order by id`.execute(db.sql);
    expect(cases.map((each, i) => ({ ...each, after: rows[i]?.failures }))).toEqual(
      cases.map((each) => ({
        ...each,
        after: afterFailure(each.stage, each.failures, each.gotFurther).failures,
      })),
    );
  });
});

describe('of many who would take the same step of a mailbox', () => {
  test('one takes it, and the log has it once', async () => {
    await using db = await testDatabase();
    const { take } = await travellers(db, 'planned');
    const workers = Array.from({ length: 8 }, (_, i) => `worker ${i}`);
    const took = await Promise.all(
      workers.map((who) => take({ mailbox: 1, expected: 'planned', step: 'start', who }, null)),
    );
    expect(took.filter(Boolean)).toHaveLength(1);
    expect(await standing(db.sql, 1)).toMatchObject({ stage: 'copying', isDue: false });
    expect(await recorded(db.sql, 1)).toEqual([`worker ${took.indexOf(true)} start planned copying`]);
  });

  test('one turns its route, and who came too late changes nothing', async () => {
    await using db = await testDatabase();
    const { turn, find } = await travellers(db, 'switching');
    const settle = { mailbox: 1, expected: 'switching', step: 'settle' } as const;
    const turned = await Promise.all(
      [1, 2, 3].map((i) => turn({ ...settle, who: `worker ${i}` }, 'target', i * 1_000, 0)),
    );
    expect(turned.filter(Boolean)).toHaveLength(1);
    const { rows } = await sql<{ ms: number }>`select interrupted_ms as ms from mailbox`.execute(db.sql);
    expect(rows).toEqual([{ ms: (turned.indexOf(true) + 1) * 1_000 }]);
    expect((await find(1))?.traveller).toMatchObject({ stage: 'settled', side: 'target' });
  });

  test('none takes a step that the journey does not have', async () => {
    await using db = await testDatabase();
    const { take } = await travellers(db, 'planned');
    const leap = { mailbox: 1, expected: 'planned', step: 'settle', who: 'worker' } as const;
    await expect(take(leap, null)).rejects.toThrow('no step settle from planned');
  });
});

describe('what is due', () => {
  test('is exactly what there is work for, of whatever estate, in the order in which people wait for it', async () => {
    await using db = await testDatabase();
    await waves(db, 5);
    await people(
      db.sql,
      Array.from({ length: 12 }, (_, i) => `m${i}`),
    );
    const { due } = openJourneys(db, noQueue);
    await fc.assert(
      fc.asyncProperty(
        fc.array(someWave, { minLength: 5, maxLength: 5 }),
        someMailboxes,
        fc.integer({ min: 1, max: 12 }),
        async (made, boxes, few) => {
          await set(db, made, boxes);
          const { now, candidates, waves: known } = await due(100);
          const [mayGo, waveOf] = [candidatesOf(boxes, now), wavesOf(made, now)];
          const byId = (a: Choice, b: Choice): number => a.mailbox - b.mailbox;
          const expected = choose(mayGo, waveOf, now, 100);
          expect(choose(candidates, known, now, 100).toSorted(byId)).toEqual(expected.toSorted(byId));
          // However few are looked at, whom people wait for is chosen as if all had been.
          const seen = await due(few);
          const waitedFor = expected.filter(({ urgency }) => urgency > 0).slice(0, few);
          const chosen = choose(seen.candidates, seen.waves, seen.now, few);
          expect(chosen.slice(0, waitedFor.length)).toEqual(waitedFor);
          expect(chosen).toHaveLength(Math.min(few, expected.length));
        },
      ),
      { numRuns: 60 },
    );
  });

  test('in a window, reaches the workers with the pilot first and then the smallest lag', async () => {
    await using db = await testDatabase();
    await travellers(db, ...Array.from({ length: 6 }, (): Stage => 'following'));
    await waves(db, 1, 'pilot');
    await sql`update wave set pilot = true where name = 'pilot1'`.execute(db.sql);
    await sql`update mailbox set lag_ms = 1000 * (7 - id), due_at = now() - make_interval(mins => id)`.execute(db.sql);
    await sql`update mailbox set wave = 2 where id in (2, 3)`.execute(db.sql);
    await sql`update mailbox set lag_ms = null where id = 5`.execute(db.sql);
    await using queue = await openQueue(db, silent);
    const journeys = openJourneys(db, queue);
    // What was released before waits in the queue, and lets those with more urgency by.
    for (const room of [2, 1, 100]) {
      const { now, candidates, waves: known } = await journeys.due(room);
      await journeys.release(choose(candidates, known, now, room));
      if (room === 1) await sql`update mailbox set lag_ms = 1, due_at = now() where id = 1`.execute(db.sql);
    }
    const order: number[] = [];
    for (let [job] = await queue.fetch(1); job; [job] = await queue.fetch(1)) order.push(job.mailbox);
    expect(order).toEqual([3, 2, 1, 6, 4, 5]);
  });

  test('comes with the numbers and the wave that a worker is told of later', async () => {
    await using db = await testDatabase();
    const { due, find } = await travellers(db, 'following');
    const { candidates, waves: known } = await due(10);
    expect(candidates).toMatchObject([{ mailbox: 1, organisation: 1, stage: 'following', wave: 1, lagMs: null }]);
    expect(await find(1)).toMatchObject({ traveller: { address: 'm1@x.example', side: 'source' }, wave: known.get(1) });
    expect(await find(2)).toBeNull();
  });
});

describe('what is released', () => {
  test('has one job each, though two leaders release it at the same time, and is due no more', async () => {
    await using db = await testDatabase();
    await travellers(db, 'planned', 'planned', 'planned');
    await using queue = await openQueue(db, silent);
    const { due, release } = openJourneys(db, queue);
    const choices = [1, 2, 1].map((mailbox) => ({ mailbox, work: 'copy' }) as const);
    const [mine, others] = await Promise.all([release(choices), release(choices)]);
    expect(mine + others).toBe(2);
    expect(await queue.depth()).toEqual({ waiting: 2, active: 0 });
    expect((await due(10)).candidates.map(({ mailbox }) => mailbox)).toEqual([3]);
  });

  test('is in the queue and noted there, or neither', async () => {
    await using db = await testDatabase();
    await travellers(db, 'planned');
    await using queue = await openQueue(db, silent);
    const send: typeof queue.send = async (jobs, within) => {
      await queue.send(jobs, within);
      throw new Error('the leader met its end');
    };
    const { release } = openJourneys(db, { send });
    await expect(release([{ mailbox: 1, work: 'copy' }])).rejects.toThrow('met its end');
    expect(await queue.depth()).toEqual({ waiting: 0, active: 0 });
    expect(await standing(db.sql, 1)).toMatchObject({ isDue: true, queued: false });
  });
});

test('who is noted as waiting in the queue, and is not there, is found after a minute; who is there stays', async () => {
  await using db = await testDatabase();
  await travellers(db, 'copying', 'copying', 'copying');
  await using queue = await openQueue(db, silent);
  const { release, due } = openJourneys(db, queue);
  await release([1, 2, 3].map((mailbox) => ({ mailbox, work: 'copy' })));
  const [job] = await queue.fetch(1);
  const lost = [1, 2, 3].find((mailbox) => mailbox !== job?.mailbox) as number;
  // As it is left behind by a leader that was killed over a job that was given up.
  await queue.cancel([lost]);
  expect(await findLost(db.sql)).toBe(0);
  await sql`update mailbox set queued_at = now() - interval '61 seconds', due_at = now() - interval '2 minutes'`.execute(
    db.sql,
  );
  expect(await findLost(db.sql)).toBe(1);
  expect((await due(10)).candidates.map(({ mailbox }) => mailbox)).toEqual([lost]);
});

describe('a pass', () => {
  test('that was cut off after it had carried something has failed once, however often before, and one that had not once more', async () => {
    await using db = await testDatabase();
    const { carried, failed } = await travellers(db, 'copying');
    const met = { code: 'imap.connection.lost', message: 'm' };
    const cutOff = { ...numbers, found: null };
    const failures = async () => (await standing(db.sql, 1)).failures;
    for (const n of [1, 2, 3]) {
      await carried(1, { ...cutOff, copied: 0 });
      await failed(1, 0, met);
      expect(await failures()).toBe(n);
    }
    for (let times = 0; times < 3; times++) {
      await carried(1, cutOff);
      await failed(1, 0, met);
      expect(await failures()).toBe(1);
    }
    // What it carried counts once, and a pass that came to its end is none that was cut off.
    await failed(1, 0, met);
    await carried(1, numbers);
    await failed(1, 0, met);
    expect(await failures()).toBe(3);
  });

  test.each([
    ['a folder that stays in doubt', 'copying', 'folder.in-doubt'],
    ['a switch that does not come about', 'switching', 'imap.connection.lost'],
    ['a return that does not come about', 'returning', 'imap.connection.lost'],
  ] as const)('is counted for %s, whatever arrives meanwhile, so that somebody sees it', async (_, stage, code) => {
    await using db = await testDatabase();
    const { carried, failed } = await travellers(db, stage);
    for (let times = 0; times < 3; times++) {
      await carried(1, { ...numbers, found: null });
      await failed(1, 0, { code, message: 'm' });
    }
    expect(await standing(db.sql, 1)).toMatchObject({ failures: 3 });
  });

  test('that ended well adds to what was carried, and forgets the failures before it', async () => {
    await using db = await testDatabase();
    const { passed, failed } = await travellers(db, 'copying');
    await sql`update mailbox set queued_at = now()`.execute(db.sql);
    await failed(1, 60_000, { code: 'imap.server.bye', message: 'x ended the session.' });
    expect(await standing(db.sql, 1)).toMatchObject({ failures: 1, isDue: false, queued: false });
    await passed(1, numbers, 0);
    await passed(1, { ...numbers, found: { ...found, lagMs: 1e12 } }, 0);
    expect(await standing(db.sql, 1)).toMatchObject({ failures: 0, isDue: true });
    const { rows } = await sql`select copied, copied_bytes, exceptions, lag_ms from mailbox`.execute(db.sql);
    expect(rows).toEqual([{ copied: 6, copied_bytes: 600, exceptions: 1, lag_ms: 2 ** 31 - 1 }]);
  });

  test('that a fault ended counts for what it carried, and one that leads home changes nothing of the account of the move', async () => {
    await using db = await testDatabase();
    const { passed, carried } = await travellers(db, 'copying');
    await carried(1, { ...numbers, found: null });
    await passed(1, numbers, 0);
    await passed(1, { ...numbers, direction: 'back', found: { ...found, messages: 99, refused: 9, lagMs: 50 } }, 0);
    const { rows } = await sql`
      select copied, copied_bytes, carry_ms, found, already_there, refused, exceptions, carried_back, lag_ms
        from mailbox`.execute(db.sql);
    expect(rows).toEqual([
      {
        copied: 6,
        copied_bytes: 600,
        carry_ms: 1_400,
        found: 10,
        already_there: 4,
        refused: 1,
        exceptions: 1,
        carried_back: 3,
        lag_ms: 50,
      },
    ]);
  });

  test('that was not begun after all leaves the mailbox due as it was', async () => {
    await using db = await testDatabase();
    await using underWay = await jobOn(db, 'copying');
    await underWay.journeys.putBack(underWay.job);
    expect(await standing(db.sql, 1)).toMatchObject({ isDue: true, queued: false });
    expect(await underWay.queue.depth()).toEqual({ waiting: 0, active: 0 });
  });

  test('that met a fault for a person leaves the mailbox alone until they retry it, and the log says why', async () => {
    await using db = await testDatabase();
    const { block, due } = await travellers(db, 'copying');
    await block(1, 'target.full', { quota: 5 }, 'worker 7');
    expect((await due(10)).candidates).toEqual([]);
    expect(await recorded(db.sql, 1)).toEqual(['worker 7 blocked target.full']);
    await orderOne(db, 'm1', 'retry');
    expect((await due(10)).candidates).toHaveLength(1);
  });
});

const endings = {
  'ended well': ['copying', (its: Journeys) => its.passed(1, numbers, 0)],
  'caught up': [
    'copying',
    (its: Journeys) =>
      its.passed(1, numbers, 0, { mailbox: 1, expected: 'copying', step: 'catch-up', who: 'worker 7' }),
  ],
  'has to be tried again': [
    'copying',
    (its: Journeys) => its.failed(1, 0, { code: 'imap.server.bye', message: 'x ended the session.' }),
  ],
  'has to rest': ['copying', (its: Journeys) => its.rest(1, 0)],
  'needs a person': ['switching', (its: Journeys) => its.block(1, 'target.quota', {}, 'worker 7')],
  'turned the route': [
    'switching',
    (its: Journeys) =>
      its.turn({ mailbox: 1, expected: 'switching', step: 'settle', who: 'worker 7' }, 'target', 900, 0, {
        forgets: 'there',
      }),
  ],
} as const satisfies Record<string, readonly [Stage, (its: Journeys) => Promise<unknown>]>;

test('a turn forgets the ledger of the way that is known the other way, with the step and not without', async () => {
  await using db = await testDatabase();
  await using underWay = await jobOn(db, 'switching');
  const step = { mailbox: 1, expected: 'switching', step: 'settle', who: 'worker 7' } as const;
  const pages = async () =>
    (await sql`select mailbox, direction from ledger_page order by mailbox, direction`.execute(db.sql)).rows;
  const [back, there] = await pages();
  expect(
    await underWay.journeys.turn({ ...step, expected: 'returning', step: 'come-home' }, 'source', 1, 0, {
      forgets: 'back',
    }),
  ).toBe(false);
  expect(await pages()).toHaveLength(2);
  expect(await underWay.journeys.turn(step, 'target', 900, 0, { forgets: 'there' })).toBe(true);
  // With how long a hand was at it, by which forecasts are made.
  const { rows } = await sql`select about from audit where what = 'settle'`.execute(db.sql);
  expect(rows).toEqual([{ about: { interruptedMs: 900, handMs: expect.any(Number) } }]);
  expect(await pages()).toEqual([back]);
  expect(there).toEqual({ mailbox: 1, direction: 'there' });
});

describe.each(Object.entries(endings))('work that %s', (_, [stage, end]) => {
  test('ends its job in the same transaction', async () => {
    await using db = await testDatabase();
    await using underWay = await jobOn(db, stage);
    await end(underWay.journeys);
    expect(underWay.journeys.hasEnded).toBe(true);
    expect(await underWay.queue.depth()).toEqual({ waiting: 0, active: 0 });
    expect(await standing(db.sql, 1)).toMatchObject({ queued: false });
  });

  test('changes nothing where the job has been given to another in the meantime', async () => {
    await using db = await testDatabase();
    await using underWay = await jobOn(db, stage);
    await sql`update pgboss.job set retry_count = retry_count + 1`.execute(db.sql);
    const before = await everythingOf(db);
    await expect(end(underWay.journeys)).rejects.toThrow('given to another');
    expect(await everythingOf(db)).toEqual(before);
    expect(underWay.journeys.hasEnded).toBe(false);
    expect(await underWay.queue.depth()).toEqual({ waiting: 0, active: 1 });
  });
});

test('a mailbox whose switch needs a person waits where people can work, or is left alone where its journey is over', async () => {
  await using db = await testDatabase();
  const { block } = await travellers(db, 'switching', 'known');
  for (const mailbox of [1, 2]) await block(mailbox, 'target.quota', {}, 'worker 7');
  expect(await standing(db.sql, 1)).toMatchObject({ stage: 'following', mark: 'blocked' });
  expect(await recorded(db.sql, 1)).toEqual(['worker 7 withdraw switching following', 'worker 7 blocked target.quota']);
  expect(await standing(db.sql, 2)).toMatchObject({ stage: 'known', mark: '' });
});

test.each([
  ['they were held', sql`update mailbox set held = 'on call'`],
  ['they were excluded', sql`update mailbox set excluded = 'stays'`],
  ['their wave was paused', sql`update wave set state = 'paused'`],
  ['their window closed', sql`update wave set closes_at = now()`],
  ['it was given another day, on which they may not move', sql`update mailbox set not_after = current_date - 1`],
  ['somebody else began it', sql`update mailbox set stage = 'switching'`],
])('a switch that waited in the queue while %s is not begun', async (_, change) => {
  await using db = await testDatabase();
  const { beginSwitch } = await travellers(db, 'following');
  await change.execute(db.sql);
  expect(await beginSwitch(1, 'worker 7')).toBe(false);
  expect(await recorded(db.sql, 1)).toEqual([]);
});

test('a switch that waited in the queue is begun where nothing has changed, with its record', async () => {
  await using db = await testDatabase();
  const { beginSwitch, find } = await travellers(db, 'following');
  expect(await beginSwitch(1, 'worker 7')).toBe(true);
  expect((await find(1))?.traveller).toMatchObject({ stage: 'switching' });
  expect(await recorded(db.sql, 1)).toEqual(['worker 7 switch following switching']);
});

test('who came home is not switched again, though the window is still open, until a person releases them', async () => {
  await using db = await testDatabase();
  const { turn, due, find } = await travellers(db, 'returning');
  const toDo = async (): Promise<readonly string[]> => {
    const { candidates, waves: known, now } = await due(10);
    return choose(candidates, known, now, 10).map(({ work }) => work);
  };
  const home = { mailbox: 1, expected: 'returning', step: 'come-home', who: 'worker 7' } as const;
  expect(await turn(home, 'source', 900, 0)).toBe(true);
  expect((await find(1))?.traveller).toMatchObject({ stage: 'following', side: 'source' });
  expect(await toDo()).toEqual(['follow']);
  await orderOne(db, 'm1', 'release');
  expect(await toDo()).toEqual(['switch']);
});

test('who came home is looked at until nothing comes to the target any more, or they are sent on their way again', async () => {
  await using db = await testDatabase();
  const { turn, due, find, take, homeIsQuiet } = await travellers(db, 'returning', 'returning');
  for (const mailbox of [1, 2])
    await turn({ mailbox, expected: 'returning', step: 'come-home', who: 'worker 7' }, 'source', 900, 0);
  expect((await find(1))?.traveller.cameHome).toBe('stays');
  await homeIsQuiet(1);
  expect((await find(1))?.traveller.cameHome).toBeNull();
  expect((await due(10)).candidates).toMatchObject([{ mailbox: 2, staysHome: true }]);
  await orderOne(db, 'm2', 'release');
  expect((await find(2))?.traveller.cameHome).toBe('may-go');
  await take({ mailbox: 2, expected: 'following', step: 'stand-down', who: 'operator' }, 0);
  await take({ mailbox: 2, expected: 'planned', step: 'start', who: 'worker 7' }, 0);
  await take({ mailbox: 2, expected: 'copying', step: 'catch-up', who: 'worker 7' }, 0);
  expect((await find(2))?.traveller.cameHome).toBeNull();
});

test('the tallies are what a count finds, after any moves by several at once', async () => {
  await using db = await testDatabase();
  await waves(db, 5);
  await people(
    db.sql,
    Array.from({ length: 12 }, (_, i) => `m${i}`),
  );
  const { block, take } = openJourneys(db, noQueue);
  const moves = fc.array(
    fc.record({
      box: fc.integer({ min: 1, max: 12 }),
      move: fc.constantFrom('hold', 'release', 'exclude', 'block', 'size', 'start'),
    }),
    { maxLength: 20 },
  );
  await fc.assert(
    fc.asyncProperty(someMailboxes, moves, async (boxes, each) => {
      await set(db, [], boxes);
      await Promise.all(
        each.map(({ box, move }) => {
          if (move === 'block') return block(box, 'target.full', {}, 'worker');
          if (move === 'size')
            return sql`update mailbox set size_bytes = size_bytes + 7 where id = ${box}`.execute(db.sql);
          if (move === 'start') return take({ mailbox: box, expected: 'planned', step: 'start', who: 'worker' }, 0);
          return orderOne(db, `m${box - 1}`, move);
        }),
      );
      const { kept, counted } = await tallies(db.sql);
      expect(kept).toEqual(counted);
    }),
    { numRuns: 30 },
  );
});

interface SomeWave {
  readonly pilot: boolean;
  readonly state: WaveState;
  readonly opensMinutes: number;
}

const someWave: fc.Arbitrary<SomeWave> = fc.record({
  pilot: fc.boolean(),
  // Mostly those in which something happens.
  state: fc.oneof({ weight: 2, arbitrary: fc.constant<WaveState>('running') }, fc.constantFrom(...states)),
  // Two hours long: before, in and after it.
  opensMinutes: fc.constantFrom(-180, -60, -60, 60),
});

const rarely = fc.integer({ min: 0, max: 4 }).map((n) => n === 0);

const someMailboxes = fc.array(
  fc.record({
    stage: fc.oneof(
      fc.constant<Stage>('following'),
      fc.constantFrom<Stage>('switching', 'returning'),
      fc.constantFrom(...stages),
    ),
    wave: fc.integer({ min: 1, max: 5 }),
    held: rarely,
    cameHome: rarely,
    mayMove: rarely.map((not) => !not),
    queued: rarely,
    lagMs: fc.option(fc.integer({ min: 0, max: 3 })),
    dueMinutes: fc.option(fc.integer({ min: -30, max: 10 }).filter((minutes) => minutes !== 0)),
  }),
  { minLength: 12, maxLength: 12 },
);

type SomeMailbox = typeof someMailboxes extends fc.Arbitrary<readonly (infer One)[]> ? One : never;

function wavesOf(made: readonly SomeWave[], now: number): ReadonlyMap<number, WaveNow> {
  return new Map(
    made.map(({ state, opensMinutes, pilot }, i): [number, WaveNow] => {
      const opensAt = now + opensMinutes * 60_000;
      return [i + 1, { id: i + 1, state, opensAt, closesAt: opensAt + 7_200_000, pilot }];
    }),
  );
}

function candidatesOf(boxes: readonly SomeMailbox[], now: number): readonly Candidate[] {
  return boxes.flatMap(({ held, cameHome, queued, dueMinutes, stage, wave, lagMs, mayMove }, i) => {
    const staysHome = held && cameHome && stage === 'following';
    if ((held && !staysHome) || queued || dueMinutes === null) return [];
    const dueAt = now + dueMinutes * 60_000;
    return [{ mailbox: i + 1, organisation: 1, stage, wave, dueAt, lagMs, mayMove, staysHome }];
  });
}

/** Mailbox 1 with a job in the hands of a worker. */
async function jobOn(db: TestDatabase, stage: Stage) {
  await travellers(db, stage);
  await sql`
    insert into ledger_page (mailbox, direction, page, names, records)
    values (1, 'there', 0, '', ''), (1, 'back', 0, '', '')`.execute(db.sql);
  const queue = await openQueue(db, silent);
  await openJourneys(db, queue).release([{ mailbox: 1, work: 'copy' }]);
  const [job] = await queue.fetch(1);
  if (!job) throw new Error('there is no job');
  return {
    queue,
    job,
    journeys: openJourneys(db, queue, job),
    [Symbol.asyncDispose]: () => queue[Symbol.asyncDispose](),
  };
}

async function everythingOf(db: TestDatabase): Promise<unknown> {
  const { rows } = await sql`
    select to_jsonb(m) as mailbox, (select count(*) from audit) as records, (select count(*) from route) as routes,
           (select count(*) from ledger_page) as pages
      from mailbox m`.execute(db.sql);
  return rows;
}

/** The waves and the mailboxes, in the order of their ids, as they are told to be. */
async function set(db: TestDatabase, made: readonly SomeWave[], boxes: readonly SomeMailbox[]): Promise<void> {
  for (const [i, { state, opensMinutes, pilot }] of made.entries()) {
    await sql`
      update wave set state = ${state}, pilot = ${pilot}, opens_at = now() + make_interval(mins => ${opensMinutes}),
                      closes_at = now() + make_interval(mins => ${opensMinutes + 120})
       where id = ${i + 1}`.execute(db.sql);
  }
  await sql`
    update mailbox m
       set stage = b.stage, wave = b.wave, held = case when b.held then 'asked to' end, blocked = null, excluded = null,
           queued_at = case when b.queued then now() end, due_at = now() + make_interval(mins => b."dueMinutes"),
           came_home = case when b."cameHome" then m.stage_since end, lag_ms = b."lagMs", not_after = case when not b."mayMove" then current_date - 9 end
      from rows from (jsonb_to_recordset(${JSON.stringify(boxes)}::jsonb)
             as (stage text, wave int, held bool, "cameHome" bool, queued bool, "lagMs" int, "dueMinutes" int, "mayMove" bool))
           with ordinality as b(stage, wave, held, "cameHome", queued, "lagMs", "dueMinutes", "mayMove", id)
     where m.id = b.id`.execute(db.sql);
}
