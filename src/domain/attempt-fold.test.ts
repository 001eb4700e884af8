/** For how long somebody could not get in, as it is told from what doors saw. */

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Attempt, AttemptFold } from './attempt-fold.ts';

const signIn = (fromMs: number, untilMs: number, isThrough = true, wasHeld = true): Attempt => ({
  mailbox: 7,
  kind: 'sign-in',
  fromMs,
  untilMs,
  isThrough,
  wasHeld,
});
const delivery = (fromMs: number, untilMs: number, wasHeld: boolean, isThrough = true): Attempt => ({
  ...signIn(fromMs, untilMs, isThrough, wasHeld),
  kind: 'delivery',
});

function told(...attempts: readonly Attempt[]) {
  const fold = new AttemptFold();
  for (const attempt of attempts) fold.add(attempt);
  return fold.take(1e6).map(({ kind, ms }) => [kind, ms]);
}

describe('an interruption of sign-ins', () => {
  test('is from the first that had to wait for more than a second to the first that got in', () => {
    expect(told(signIn(0, 3_000), signIn(2_500, 3_000), signIn(9_000, 9_000, true, false))).toEqual([
      ['sign-in', 3_000],
    ]);
  });

  test('is from the first that was refused, over all that were refused after it', () => {
    const refused = [signIn(0, 20_000, false), signIn(21_000, 41_000, false)];
    expect(told(...refused, signIn(41_500, 41_500, true, false))).toEqual([['sign-in', 41_500]]);
    expect(told(...refused, signIn(40_000, 42_000))).toEqual([['sign-in', 42_000]]);
  });

  test('is none where nobody had to wait for longer than they would notice, and that is known, too', () => {
    expect(told(signIn(0, 900))).toEqual([['sign-in', 0]]);
    expect(told(signIn(0, 5, true, false))).toEqual([]);
  });

  test('has no end as long as nobody gets in, and of who never comes back nothing is told', () => {
    const fold = new AttemptFold();
    fold.add(signIn(0, 20_000, false));
    expect(fold.take(30_000)).toEqual([]);
    fold.take(3_600_000);
    fold.add(signIn(3_600_000, 3_600_000, true, false));
    expect(fold.take(3_600_001)).toEqual([]);
  });
});

test('an interruption of deliveries is the longest of those that waited, less what they take otherwise', () => {
  const usual = [10, 50, 30].map((ms) => delivery(0, ms, false));
  expect(told(...usual, delivery(0, 2_030, true), delivery(0, 1_000, true), delivery(0, 9_000, true, false))).toEqual([
    ['delivery', 2_000],
  ]);
  expect(told(delivery(0, 10, true), delivery(0, 20, false))).toEqual([['delivery', 10]]);
});

test('is never negative, nor longer than from the first attempt to the last success, and room is bounded', () => {
  const attempt = fc
    .record({
      mailbox: fc.nat(5),
      kind: fc.constantFrom('sign-in' as const, 'delivery' as const),
      fromMs: fc.nat(100_000),
      lastsMs: fc.nat(30_000),
      isThrough: fc.boolean(),
      wasHeld: fc.boolean(),
    })
    .map(({ lastsMs, ...rest }) => ({ ...rest, untilMs: rest.fromMs + lastsMs }));
  fc.assert(
    fc.property(fc.array(attempt), (attempts) => {
      const fold = new AttemptFold();
      for (const each of attempts) fold.add(each, 3);
      expect(fold.size).toBeLessThanOrEqual(3);
      for (const { ms, beganMs, endedMs, mailbox } of fold.take(0)) {
        const its = attempts.filter((each) => each.mailbox === mailbox);
        expect(ms).toBeGreaterThanOrEqual(0);
        expect(ms).toBeLessThanOrEqual(endedMs - beganMs);
        expect(beganMs).toBeGreaterThanOrEqual(Math.min(...its.map(({ fromMs }) => fromMs)));
        expect(its.some(({ untilMs, isThrough }) => isThrough && untilMs === endedMs)).toBe(true);
      }
    }),
  );
});
