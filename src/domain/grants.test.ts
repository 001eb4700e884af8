import fc from 'fast-check';
import { expect, test } from 'vitest';
import { afterSignIn, closed, firstWaitMs, runMax } from './breaker.ts';
import { type Learnt, nothingLearnt } from './governor.ts';
import { grant, longestWaitMs, type Standing } from './grants.ts';

const now = 1_800_000_000_000;

function standing(more: Partial<Standing> = {}): Standing {
  const budget = { connections: 8, connectionsPerMailbox: 4, bytesPerSecond: [], commandsPerSecond: null };
  return {
    side: 'source',
    budget,
    timezone: 'UTC',
    learnt: nothingLearnt,
    now,
    inUse: 0,
    ofMailbox: new Map(),
    ...more,
  };
}

const shut: Learnt = Array.from({ length: runMax }, (_, mailbox) => mailbox).reduce(
  (learnt: Learnt, mailbox) => ({
    ...learnt,
    breaker: afterSignIn(learnt.breaker, { mailbox, failed: { how: 'refused', text: 'NO' } }, now).breaker,
  }),
  nothingLearnt,
);

test('who asks first gets what it can use, the next what is left, and the last is told why it waits', () => {
  const wants = [1, 2, 3, 4].map((mailbox) => ({ mailbox, connections: 3, atLeast: 1 }));
  const { answers } = grant(standing({ inUse: 1 }), wants);
  expect(answers.map((answer) => (answer.kind === 'given' ? answer.connections : answer.why))).toEqual([
    3,
    3,
    1,
    'The source gives 8 connections at the moment, and 8 are in use.',
  ]);
});

test('one mailbox gets no more than one mailbox may have', () => {
  const want = { mailbox: 7, connections: 3, atLeast: 2 };
  const { answers } = grant(standing({ inUse: 3, ofMailbox: new Map([[7, 3]]) }), [want]);
  expect(answers).toMatchObject([
    { kind: 'wait', why: 'The source gives one mailbox 4 connections, and this one has 3.' },
  ]);
});

test('nobody begins anything while a platform has us wait, and asks again before long', () => {
  const rest = { until: now + 3_600_000, unasked: 0, said: 'slow down' };
  const { answers } = grant(standing({ learnt: { ...nothingLearnt, rest } }), [
    { mailbox: 7, connections: 1, atLeast: 1 },
  ]);
  expect(answers).toEqual([
    { kind: 'wait', waitMs: longestWaitMs, why: 'Nothing new is begun for a while (“slow down”).' },
  ]);
});

test('when the breaker has been open for a while one mailbox tries, with one connection', () => {
  const later = standing({ learnt: shut, now: now + firstWaitMs });
  const wants = [1, 2].map((mailbox) => ({ mailbox, connections: 3, atLeast: 2 }));
  expect(grant({ ...later, now }, wants).answers.map(({ kind }) => kind)).toEqual(['wait', 'wait']);
  const { answers, learnt } = grant(later, wants);
  expect(answers[0]).toEqual({ kind: 'given', mailbox: 1, connections: 1, isProbe: true });
  expect(answers[1]).toMatchObject({ kind: 'wait' });
  expect(learnt.breaker).toMatchObject({ kind: 'probing', mailbox: 1 });
  expect(afterSignIn(learnt.breaker, { mailbox: 1, failed: null }, later.now).breaker).toEqual(closed);
});

test('a mailbox is not made to try while there is no connection for it', () => {
  const later = standing({ learnt: shut, now: now + firstWaitMs, inUse: 8 });
  const { answers, learnt } = grant(later, [{ mailbox: 1, connections: 1, atLeast: 1 }]);
  expect(answers).toMatchObject([{ kind: 'wait' }]);
  expect(learnt).toBe(shut);
});

test('whatever is asked for, no more is given than there is, and whoever could be served is', () => {
  const want = fc.record({
    mailbox: fc.integer({ min: 1, max: 5 }),
    connections: fc.integer({ min: 1, max: 6 }),
    atLeast: fc.constant(1),
  });
  fc.assert(
    fc.property(fc.array(want, { maxLength: 12 }), fc.nat(12), (wants, inUse) => {
      const { answers } = grant(standing({ inUse }), wants);
      const has = new Map<number, number>();
      let all = inUse;
      for (const [i, answer] of answers.entries()) {
        const { mailbox, connections } = wants[i] as (typeof wants)[number];
        const free = Math.min(8 - all, 4 - (has.get(mailbox) ?? 0));
        expect(answer.kind === 'given' ? answer.connections : 0).toBe(Math.max(0, Math.min(connections, free)));
        if (answer.kind !== 'given') continue;
        all += answer.connections;
        has.set(mailbox, (has.get(mailbox) ?? 0) + answer.connections);
      }
    }),
  );
});
