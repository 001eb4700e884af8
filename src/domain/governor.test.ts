import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseTimetable, type Slot } from '#lib/timetable.ts';
import {
  allowedAt,
  floors,
  growth,
  type Learnt,
  longestRestMs,
  mailboxWaitMs,
  nothingLearnt,
  platformNow,
  react,
  settleMs,
} from './governor.ts';
import type { Budget } from './platform.ts';
import type { Sighting } from './sighting.ts';

/** A Tuesday, one o'clock at night in London. */
const now = Date.parse('2026-12-01T01:00Z');
const unlimited: readonly Slot[] = [{ fromMinute: 0, bytesPerSecond: null }];
const budget: Budget = {
  connections: 64,
  connectionsPerMailbox: 4,
  bytesPerSecond: unlimited,
  commandsPerSecond: null,
};

const throttled: Sighting = { kind: 'throttled', mailbox: null, waitMs: null, text: '[THROTTLED] slow down' };
const tooMany: Sighting = { kind: 'too-many-connections', mailbox: null, text: '[LIMIT] too many' };

/** To half of those at work. */
const unavailable = Array.from({ length: 32 }, (_, mailbox): Sighting => {
  return { kind: 'unavailable', mailbox, text: 'NO [UNAVAILABLE]' };
});

function after(seen: readonly Sighting[], learnt = nothingLearnt, at = now, inUse = 64): Learnt {
  return seen.reduce((before, each) => react(before, budget, each, inUse, at).learnt, learnt);
}

function asked(learnt: Learnt, at = now, of = budget) {
  return platformNow('target', of, 'Europe/London', learnt, 0, at);
}

describe('a platform that complains', () => {
  test('is asked for half at once, and for a little more every ten seconds', () => {
    const learnt = after([tooMany]);
    expect(allowedAt(learnt, budget, now).connections).toBe(32);
    const seconds = [9, 10, 20, 100, 110, 1000];
    expect(seconds.map((s) => allowedAt(learnt, budget, now + s * 1000).connections)).toEqual([32, 35, 38, 62, 64, 64]);
  });

  test('is halved from what it really bore, not from what it might have', () => {
    expect(allowedAt(after([tooMany], nothingLearnt, now, 10), budget, now).connections).toBe(5);
  });

  test('of one event on many connections is heard once', () => {
    const crowd = after(Array.from({ length: 60 }, () => tooMany));
    expect(allowedAt(crowd, budget, now).connections).toBe(32);
    const again = after([tooMany], crowd, now + settleMs, 32);
    expect(allowedAt(again, budget, now + settleMs).connections).toBe(16);
  });

  test('says why, in words', () => {
    expect(asked(after([tooMany]))).toMatchObject({
      connections: 32,
      state: 'open',
      why: '32 of 64 connections, and more from time to time: it complained (“[LIMIT] too many”).',
    });
    expect(asked(nothingLearnt)).toMatchObject({
      connections: 64,
      state: 'open',
      until: null,
      why: 'All that was agreed.',
    });
  });

  test('of one user takes fewer connections for each mailbox, and as many in all', () => {
    const learnt = after([{ ...tooMany, mailbox: 7 }]);
    expect(allowedAt(learnt, budget, now)).toEqual({ connections: 64, perMailbox: 2, rate: 1 });
    expect(asked(learnt).why).toContain('2 of 4 connections to one mailbox');
  });
});

describe('a wait that a platform asks for', () => {
  test('is kept, however long another is that comes in between', () => {
    const learnt = after([
      { ...throttled, waitMs: 299_000 },
      { ...throttled, waitMs: 1_000 },
    ]);
    expect(asked(learnt)).toMatchObject({ state: 'resting', until: now + 299_000 });
    expect(asked(learnt).why).toContain('Nothing new is begun for a while (“[THROTTLED] slow down”).');
    expect(asked(learnt, now + 299_000).state).toBe('open');
  });

  test('is a day at most, and never negative', () => {
    expect(asked(after([{ ...throttled, waitMs: Number.MAX_SAFE_INTEGER }])).until).toBe(now + longestRestMs);
    expect(asked(after([{ ...throttled, waitMs: -1 }])).state).toBe('open');
  });

  test('grows while it does not say for how long', () => {
    let learnt = nothingLearnt;
    let at = now;
    const waits: number[] = [];
    for (let i = 0; i < 8; i++) {
      learnt = after(unavailable, learnt, at);
      const until = learnt.rest?.until ?? 0;
      waits.push((until - at) / 1000);
      at = until + 1000;
    }
    expect(waits).toEqual([5, 10, 20, 40, 80, 160, 300, 300]);
    const later = after(unavailable, learnt, at + 3_600_000);
    expect(later.rest?.until).toBe(at + 3_600_000 + 5_000);
  });

  test('of one mailbox is that mailbox’s, and the platform is asked for as much as before', () => {
    const ofOne: Sighting = { ...throttled, mailbox: 7, waitMs: 299_000 };
    expect(mailboxWaitMs(ofOne)).toBe(299_000);
    expect(asked(after([ofOne]))).toMatchObject({ connections: 64, state: 'open' });
    const spent: Sighting = { kind: 'quota-used', mailbox: 7, waitMs: null, text: 'bandwidth limits' };
    expect(mailboxWaitMs(spent)).toBe(3_600_000);
    expect(asked(after([spent])).state).toBe('open');
  });

  test('that has no answer for a few mailboxes has lost a store, and goes on; for half of them it is away', () => {
    expect(asked(after(unavailable.slice(1)))).toMatchObject({ connections: 64, state: 'open' });
    expect(asked(after(unavailable))).toMatchObject({ connections: 32, state: 'resting' });
  });

  test('of half the mailboxes at work is the platform’s', () => {
    const ask = (mailbox: number): Sighting => ({ ...throttled, mailbox });
    const before = after(Array.from({ length: 31 }, (_, mailbox) => ask(mailbox)));
    expect(asked(before).connections).toBe(64);
    expect(asked(after([ask(1), ask(2)], before)).connections).toBe(64);
    expect(asked(after([ask(31)], before)).connections).toBe(32);
    expect(asked(after([ask(31)], before, now + 61_000), now + 61_000).connections).toBe(64);
  });

  test('for a day’s quota is an hour where it does not say', () => {
    const spent: Sighting = { kind: 'quota-used', mailbox: null, waitMs: null, text: 'daily limit' };
    expect(asked(after([spent]))).toMatchObject({ state: 'resting', until: now + 3_600_000 });
  });
});

test('a mailbox that somebody has open waits alone', () => {
  const inUse: Sighting = { kind: 'in-use', mailbox: 7, text: '[INUSE]' };
  expect(after([inUse])).toEqual(nothingLearnt);
  expect(mailboxWaitMs(inUse)).toBe(60_000);
});

describe('the pace', () => {
  test('follows the timetable by the clocks of the programme, wherever this process runs', () => {
    const read = parseTimetable('Mon-08:00,1M Mon-19:00,8M Tue-01:30,off');
    if (read.kind === 'refused') throw new Error(read.says);
    const of: Budget = { ...budget, bytesPerSecond: read.slots };
    const at = (zone: string) => platformNow('source', of, zone, nothingLearnt, 0, now).bytesPerSecond;
    expect(at('Europe/London')).toBe(8 * 2 ** 20);
    expect(at('Europe/Berlin')).toBe(null);
    expect(at('America/New_York')).toBe(8 * 2 ** 20);
    expect(at('Pacific/Honolulu')).toBe(2 ** 20);
  });

  test('is slowed down by throttling and comes back', () => {
    const of: Budget = {
      ...budget,
      commandsPerSecond: 100,
      bytesPerSecond: [{ fromMinute: 0, bytesPerSecond: 2_000 }],
    };
    const learnt = after([{ ...throttled, waitMs: 0 }]);
    expect(asked(learnt, now, of)).toMatchObject({ commandsPerSecond: 50, bytesPerSecond: 1_000 });
    expect(asked(learnt, now, of).why).toContain('50 % of the pace');
    expect(asked(learnt, now + 50_000, of)).toMatchObject({ commandsPerSecond: 75, bytesPerSecond: 1_500 });
    expect(asked(learnt, now + 200_000, of)).toMatchObject({ commandsPerSecond: 100, bytesPerSecond: 2_000 });
  });

  test('without limits stays without', () => {
    expect(asked(after([throttled]))).toMatchObject({ commandsPerSecond: null, bytesPerSecond: null });
  });
});

/** Everything that may be seen, in any order, with time passing in between. */
const mailbox = fc.integer({ min: 1, max: 40 });
const waitMs = fc.option(fc.integer({ min: -1_000, max: 10 ** 9 }));
const text = fc.constantFrom('', 'NO [LIMIT]', 'busy');
const sighting: fc.Arbitrary<Sighting> = fc.oneof(
  fc.record({ kind: fc.constant('signed-in' as const), mailbox }),
  fc.record({
    kind: fc.constant('sign-in-failed' as const),
    mailbox,
    how: fc.constantFrom('refused' as const, 'lost' as const),
    text,
  }),
  fc.record({
    kind: fc.constantFrom('throttled' as const, 'quota-used' as const),
    mailbox: fc.option(mailbox),
    waitMs,
    text,
  }),
  fc.record({ kind: fc.constant('unavailable' as const), mailbox, text }),
  fc.record({ kind: fc.constant('too-many-connections' as const), mailbox: fc.option(mailbox), text }),
  fc.record({ kind: fc.constant('in-use' as const), mailbox, text }),
);
const history = fc.array(
  fc.record({
    seen: sighting,
    passedMs: fc.integer({ min: -60_000, max: 600_000 }),
    inUse: fc.integer({ min: 0, max: 64 }),
  }),
  { maxLength: 60 },
);

describe('whatever is seen, in whatever order, and however the clock jumps', () => {
  test('a platform is asked for no more than its budget and for enough to go on', () => {
    fc.assert(
      fc.property(history, (steps) => {
        let learnt = nothingLearnt;
        let at = now;
        for (const { seen, passedMs, inUse } of steps) {
          at += passedMs;
          learnt = react(learnt, budget, seen, inUse, at).learnt;
          const { connections, perMailbox, rate } = allowedAt(learnt, budget, at);
          expect(Number.isInteger(connections) && Number.isInteger(perMailbox)).toBe(true);
          expect(connections).toBeGreaterThanOrEqual(floors.connections);
          expect(connections).toBeLessThanOrEqual(budget.connections);
          expect(perMailbox).toBeGreaterThanOrEqual(floors.perMailbox);
          expect(perMailbox).toBeLessThanOrEqual(budget.connectionsPerMailbox);
          expect(rate).toBeGreaterThanOrEqual(floors.rate);
          expect(rate).toBeLessThanOrEqual(1);
        }
      }),
    );
  });

  test('a complaint never gives more, and time without one never takes away', () => {
    fc.assert(
      fc.property(history, sighting, fc.nat(10 ** 7), (steps, seen, passedMs) => {
        const learnt = steps.reduce(
          (before, step) => react(before, budget, step.seen, step.inUse, now).learnt,
          nothingLearnt,
        );
        const before = allowedAt(learnt, budget, now);
        const complained = allowedAt(react(learnt, budget, seen, 64, now).learnt, budget, now);
        expect(complained.connections).toBeLessThanOrEqual(before.connections);
        expect(complained.perMailbox).toBeLessThanOrEqual(before.perMailbox);
        expect(complained.rate).toBeLessThanOrEqual(before.rate);
        const later = allowedAt(learnt, budget, now + passedMs);
        expect(later.connections).toBeGreaterThanOrEqual(before.connections);
        expect(later.rate).toBeGreaterThanOrEqual(before.rate);
      }),
    );
  });

  test('the whole budget is back after a while without complaints', () => {
    fc.assert(
      fc.property(history, (steps) => {
        const learnt = steps.reduce(
          (before, step) => react(before, budget, step.seen, step.inUse, now).learnt,
          nothingLearnt,
        );
        const later = now + growth.perMailbox.everyMs * (growth.perMailbox.parts + 1);
        expect(allowedAt(learnt, budget, later)).toEqual({ connections: 64, perMailbox: 4, rate: 1 });
      }),
    );
  });

  test('what is remembered stays small, and can be written down and read again', () => {
    fc.assert(
      fc.property(history, (steps) => {
        const learnt = steps.reduce((before, step) => react(before, budget, step.seen, 64, now).learnt, nothingLearnt);
        expect(JSON.parse(JSON.stringify(learnt))).toEqual(learnt);
        expect(JSON.stringify(learnt).length).toBeLessThan(2_000);
      }),
    );
  });
});
