import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Uid } from './item.ts';
import { runsOf, UidMap, type UidRun } from './uid-map.ts';
import { uidSet } from './uid-set.ts';

function run(source: number, target: number, count: number, adopted = false): UidRun {
  return { source: source as Uid, target: target as Uid, count, adopted };
}

const anyRun = fc
  .tuple(
    fc.integer({ min: 1, max: 40 }),
    fc.integer({ min: 1, max: 400 }),
    fc.integer({ min: 1, max: 8 }),
    fc.boolean(),
  )
  .map(([source, target, count, adopted]) => run(source, target, count, adopted));
/** A life of a map: runs that are added and ranges that are taken away. */
const anyStep = fc.oneof(
  fc.array(anyRun, { maxLength: 6 }).map((added) => ({ added })),
  fc.array(fc.integer({ min: 1, max: 50 }), { maxLength: 12 }).map((gone) => ({ gone })),
);

/** The same life in the plainest form there is. */
function remembered(
  steps: readonly ({ added: readonly UidRun[] } | { gone: readonly number[] })[],
): Map<number, UidRun> {
  const pairs = new Map<number, UidRun>();
  for (const step of steps) {
    if ('gone' in step) for (const uid of step.gone) pairs.delete(uid);
    else
      for (const { source, target, count, adopted } of step.added) {
        for (let i = 0; i < count; i++) pairs.set(source + i, run(source + i, target + i, 1, adopted));
      }
  }
  return pairs;
}

test('a million messages appended in order are one run, in however many batches they came', () => {
  let map = UidMap.empty;
  for (let batch = 0; batch < 5000; batch++) map = map.with([run(1 + batch * 200, 77 + batch * 200, 200)]);
  expect(map.runs).toEqual([run(1, 77, 1_000_000)]);
  expect(map.size).toBe(1_000_000);
  expect(map.targetOf(1_000_000)).toBe(1_000_076);
  expect(map.targetOf(1_000_001)).toBeNull();
});

test('what was found on the target and what we put there stay apart, though their numbers run on', () => {
  const map = UidMap.empty.with([run(1, 1, 3), run(4, 4, 2, true)]);
  expect(map.runs).toHaveLength(2);
  expect([1, 2, 3, 4, 5, 6].map((uid) => map.isAdopted(uid))).toEqual([false, false, false, true, true, false]);
});

test('a message taken out of the middle leaves the two sides as they were', () => {
  const map = new UidMap([run(10, 110, 10)]).without(13, 14);
  expect(map.runs).toEqual([run(10, 110, 3), run(15, 115, 5)]);
});

test('two messages that the target keeps as one are found from either side', () => {
  const map = UidMap.empty.with([run(1, 101, 10), run(20, 105, 1), run(30, 103, 4)]);
  expect(map.sourceOf(108)).toBe(8);
  for (let target = 101; target <= 110; target++) {
    expect(map.targetOf(map.sourceOf(target) as number)).toBe(target);
  }
});

test('whatever is added and taken away in whatever order, each source UID leads where it was last told to', () => {
  fc.assert(
    fc.property(fc.array(anyStep, { maxLength: 12 }), (steps) => {
      let map = UidMap.empty;
      for (const step of steps) map = 'gone' in step ? map.withoutAll(uidSet(step.gone)) : map.with(step.added);
      const truth = remembered(steps);
      expect(map.size).toBe(truth.size);
      for (let uid = 0; uid <= 60; uid++) {
        expect(map.targetOf(uid)).toBe(truth.get(uid)?.target ?? null);
        expect(map.isAdopted(uid)).toBe(truth.get(uid)?.adopted ?? false);
      }
      const targets = new Set([...truth.values()].map(({ target }) => target as number));
      for (let target = 0; target <= 420; target++) {
        const source = map.sourceOf(target);
        expect(source !== null).toBe(targets.has(target));
        if (source !== null) expect(truth.get(source)?.target).toBe(target);
      }
      expect([...map.pairs()]).toEqual(
        [...truth.values()]
          .map(({ source, target }) => [source, target])
          .sort(([a], [b]) => (a as number) - (b as number)),
      );
    }),
    { numRuns: 300 },
  );
});

test('runs are ascending, apart, and as few as the pairs allow', () => {
  fc.assert(
    fc.property(fc.array(fc.array(anyRun, { maxLength: 6 }), { maxLength: 8 }), (batches) => {
      const map = batches.reduce((sum, batch) => sum.with(batch), UidMap.empty);
      map.runs.forEach((next, i) => {
        const last = map.runs[i - 1];
        if (!last) return;
        expect(next.source).toBeGreaterThanOrEqual(last.source + last.count);
        const runsOn = next.source === last.source + last.count && next.target === last.target + last.count;
        expect(runsOn && next.adopted === last.adopted).toBe(false);
      });
    }),
  );
});

test('a map does not change under the feet of who holds it', () => {
  const before = new UidMap([run(1, 1, 5)]);
  before.with([run(3, 90, 1)]);
  before.without(1, 2);
  expect(before.runs).toEqual([run(1, 1, 5)]);
});

test('pairs in any order become the runs they make', () => {
  expect(
    runsOf([
      [3, 13],
      [1, 11],
      [2, 12],
      [9, 14],
    ]),
  ).toEqual([run(1, 11, 3), run(9, 14, 1)]);
  expect(runsOf([[1, 1]], true)).toEqual([run(1, 1, 1, true)]);
});
