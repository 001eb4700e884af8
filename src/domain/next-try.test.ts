import { expect, test } from 'vitest';
import { afterFailure, nextTryInMs, switchTriesMax } from './next-try.ts';

test('each failure in a row is waited out for longer, up to half an hour', () => {
  expect([0, 1, 2, 3, 20].map((failures) => afterFailure('copying', failures, false).waitMs)).toEqual([
    15_000, 30_000, 60_000, 120_000, 1_800_000,
  ]);
  expect(afterFailure('copying', 3, false)).toEqual({ waitMs: nextTryInMs(3), isWithdrawn: false, failures: 4 });
});

test('who gets further with each pass is tried again soon, but not a switch that does not come about', () => {
  expect(afterFailure('copying', 6, true).failures).toBe(1);
  expect(afterFailure('switching', 2, true).failures).toBe(3);
  expect(afterFailure('returning', 2, true).failures).toBe(3);
});

test('a switch is withdrawn the fifth time, and is counted anew from there', () => {
  expect(afterFailure('switching', switchTriesMax - 2, false)).toMatchObject({ isWithdrawn: false });
  expect(afterFailure('switching', switchTriesMax - 1, false)).toMatchObject({ isWithdrawn: true, failures: 1 });
  expect(afterFailure('copying', switchTriesMax + 3, false)).toMatchObject({ isWithdrawn: false });
});
