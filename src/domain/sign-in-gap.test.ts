/** For how long nobody got in, from sign-ins that were tried every so often. */

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { signInGap, type TriedSignIn, usualOf } from './sign-in-gap.ts';

const tried = (fromMs: number, untilMs: number, isIn = true): TriedSignIn => ({ fromMs, untilMs, isIn });

describe('the gap', () => {
  test('is from the first that had to wait to the first that got in of those made since', () => {
    const waits = [250, 500, 750].map((at) => tried(at, 3_000 + at / 100));
    expect(signInGap([tried(0, 60), ...waits, tried(3_250, 3_300)], 50)).toEqual({
      ms: 2_753,
      beganMs: 0,
      endedMs: 3_300,
    });
  });

  test('is from the first that was refused, though one before it got in later', () => {
    expect(
      signInGap([tried(0, 600), tried(250, 260, false), tried(500, 510, false), tried(4_000, 4_050)], 50)?.ms,
    ).toBe(3_800);
  });

  test('is none where all took what is usual, or what nobody notices', () => {
    expect(signInGap([tried(0, 60), tried(250, 1_290), tried(500, 560)], 50)?.ms).toBe(0);
    expect(signInGap([tried(0, 1_100)], 50)?.ms).toBe(1_100);
  });

  test('is not known where nobody got in in the end, or nobody tried', () => {
    expect(signInGap([tried(0, 60), tried(250, 260, false)], 50)).toBeNull();
    expect(signInGap([], 50)).toBeNull();
  });

  test('is at least as long as it was waited where nobody got in until it was given up', () => {
    const found = { ms: 19_750, beganMs: 0, endedMs: 20_000 };
    expect(signInGap([tried(0, 60), tried(250, 260, false), tried(500, 510, false)], 50, 20_000)).toEqual(found);
    expect(signInGap([], 50, 20_000)).toBeNull();
  });
});

test('is never longer than all that was tried, nor than the longest wait where nobody was refused', () => {
  const each = fc.tuple(fc.nat(20_000), fc.nat(10_000)).map(([at, lasts]) => tried(at, at + lasts));
  fc.assert(
    fc.property(fc.array(each, { minLength: 1 }), fc.nat(100), (all, usualMs) => {
      const gap = signInGap(all, usualMs);
      const longest = Math.max(...all.map(({ fromMs, untilMs }) => untilMs - fromMs));
      expect(gap?.ms).toBeLessThanOrEqual(longest);
      expect(gap?.endedMs).toBe(Math.max(...all.map(({ untilMs }) => untilMs)));
    }),
  );
});

test('what is usual is what half of them took', () => {
  expect(usualOf([tried(0, 30), tried(0, 10), tried(0, 20)])).toBe(20);
  expect(usualOf([])).toBe(0);
});
