import fc from 'fast-check';
import { expect, test } from 'vitest';
import { notFixed } from './placement.ts';
import { crowded } from './crowded-plans.test-kit.ts';
import { firstFit, orderOf, placed } from './small-plans.test-kit.ts';
import { summarise } from './summary.ts';

const order = orderOf({
  mailboxes: [
    { address: 'ward@x', kind: 'shared', sizeBytes: 100 },
    { address: 'ann@x', sizeBytes: 10 },
    { address: 'bob@y', organisation: 'RYZ', sizeBytes: 1 },
    { address: 'cem@y', organisation: 'RYZ' },
  ],
  grants: [
    ['ward@x', 'ann@x', 'full-access'],
    ['ward@x', 'bob@y', 'folder'],
    ['ward@x', 'gone@x', 'folder'],
    ['ann@x', 'cem@y', 'send-as'],
  ],
});

test('a window tells what it takes, which grants it tears and heals, and how many stand torn behind it', () => {
  const { windows } = summarise(order, placed(0, 1, 1, -1));
  expect(windows.map(({ window, ...use }) => ({ day: window.day, ...use }))).toEqual([
    { day: '2026-08-03', mailboxes: 1, bytes: 100, organisations: 1, begins: 2, ends: 0, standing: 2 },
    { day: '2026-08-04', mailboxes: 2, bytes: 11, organisations: 2, begins: 0, ends: 2, standing: 0 },
  ]);
});

test('in all it tells who has a window, when it ends, and what became of every grant', () => {
  const summary = summarise(order, placed(0, 1, 1, -1));
  expect(summary.mailboxes).toEqual({ all: 4, placed: 3, unplaced: 1, moved: 0, excluded: 0 });
  expect(summary.finish?.day).toBe('2026-08-04');
  expect(summary.grants).toEqual({ all: 3, split: 2, together: 0, oneMoves: 1, neitherMoves: 0, unknown: 1 });
  expect(summary.grantDays).toBe(6);
  expect(summary.kinds).toEqual([
    { kind: 'full-access', first: 'mailbox', grants: 1, days: 1, longestDays: 1, grantDays: 5 },
    { kind: 'folder', first: 'mailbox', grants: 1, days: 1, longestDays: 1, grantDays: 1 },
  ]);
});

test('organisations are told by what their splits weigh, a split between two counting for both', () => {
  const { organisations, spread } = summarise(order, placed(0, 1, 1, -1));
  expect(organisations).toEqual([
    { organisation: 0, mailboxes: 2, windows: 2, splits: 2, grantDays: 6 },
    { organisation: 1, mailboxes: 1, windows: 1, splits: 1, grantDays: 1 },
  ]);
  expect(spread).toEqual({
    organisations: 2,
    inOne: 1,
    inTwoOrThree: 1,
    inFourToTen: 0,
    inMore: 0,
    most: 2,
    mean: 1.5,
  });
});

test('of two who have moved on other days the grant stands torn before the first window and is not healed by any', () => {
  const day = order.windows[0]?.dayNumber ?? 0;
  const fixed = Int32Array.of(day - 7, day - 5, notFixed, notFixed);
  const { windows, mailboxes, grantDays } = summarise({ ...order, fixed }, placed(-1, -1, 0, -1));
  expect(mailboxes).toEqual({ all: 4, placed: 1, unplaced: 1, moved: 2, excluded: 0 });
  expect(windows.map(({ standing }) => standing)).toEqual([0, 0]);
  expect(grantDays).toBe(2 * 5 + 7 * 1);
});

test('every figure adds up, however the estate looks', () => {
  fc.assert(
    fc.property(crowded, (order) => {
      const placement = firstFit(order);
      const splits: number[] = [];
      const summary = summarise(order, placement, ({ grantDays }) => splits.push(grantDays));
      const sum = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0);
      const { mailboxes, grants, kinds, windows, spread } = summary;
      expect(sum(windows.map((use) => use.mailboxes))).toBe(mailboxes.placed);
      expect(mailboxes.placed + mailboxes.unplaced).toBe(mailboxes.all);
      expect(grants.split + grants.together + grants.oneMoves + grants.neitherMoves).toBe(grants.all);
      expect(sum(kinds.map((each) => each.grants))).toBe(grants.split);
      expect(splits).toHaveLength(grants.split);
      expect(sum(kinds.map((each) => each.grantDays))).toBe(summary.grantDays);
      expect(sum(windows.map((use) => use.organisations))).toBe(Math.round(spread.mean * spread.organisations));
      // Everything that is torn is healed by the last window that anybody uses.
      expect(windows.at(-1)?.standing ?? 0).toBe(0);
      expect(sum(windows.map((use) => use.begins))).toBe(grants.split);
    }),
  );
});
