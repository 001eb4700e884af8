import { expect, test } from 'vitest';
import { differenceOf, type EarlierPlan, notPlanned } from './difference.ts';
import { notFixed } from './placement.ts';
import { orderOf, placed } from './small-plans.test-kit.ts';

const order = orderOf({
  mailboxes: ['ann@x', 'bob@x', 'cem@x', 'dot@y', 'eve@y'].map((address) => ({
    address,
    organisation: address.slice(-1),
  })),
  grants: [['ann@x', 'bob@x', 'full-access']],
});

function earlier(start: readonly number[]): EarlierPlan {
  return {
    start: Int32Array.from(start),
    starts: order.windows.map(({ start, dayNumber }) => ({ start, dayNumber })),
    leavers: { mailboxes: 1, first: ['zoe@x'] },
  };
}

test('who moves at another time is counted, named and summed by organisation; who does not is not', () => {
  const difference = differenceOf(order, placed(0, 1, 0, 1, -1), earlier([0, 0, 1, -1, 1]));
  expect(difference).toMatchObject({
    same: 1,
    earlier: 1,
    later: 1,
    newlyPlaced: 1,
    newlyUnplaced: 1,
    stillUnplaced: 0,
  });
  expect(difference.first).toEqual([
    { mailbox: 1, from: '2026-08-03T19:00', to: '2026-08-04T19:00' },
    { mailbox: 2, from: '2026-08-04T19:00', to: '2026-08-03T19:00' },
    { mailbox: 4, from: '2026-08-04T19:00', to: null },
  ]);
  expect(difference.organisations).toEqual([
    { organisation: 0, mailboxes: 2 },
    { organisation: 1, mailboxes: 1 },
  ]);
});

test('who has joined and left since is told apart from who was planned anew', () => {
  const difference = differenceOf(order, placed(0, 0, -1, 1, 1), earlier([0, 0, notPlanned, notPlanned, 1]));
  expect(difference.joiners).toEqual({ placed: 1, unplaced: 1 });
  expect(difference.leavers).toEqual({ mailboxes: 1, first: ['zoe@x'] });
  expect(difference).toMatchObject({ same: 3, earlier: 0, later: 0, first: [] });
});

test('what it costs is told by both plans, for the grants as they are now', () => {
  const difference = differenceOf(order, placed(0, 0, 1, 1, 1), earlier([0, 1, 1, 1, 1]));
  expect([difference.grantDaysBefore, difference.grantDaysAfter]).toEqual([5, 0]);
});

test('who has moved or is held back since is no change of plan', () => {
  const day = order.windows[0]?.dayNumber ?? 0;
  const fixed = Int32Array.of(day, notFixed, notFixed, notFixed, notFixed);
  const excluded = Uint8Array.of(0, 1, 0, 0, 0);
  const difference = differenceOf({ ...order, fixed, excluded }, placed(-1, -1, 1, 1, 1), earlier([0, 0, 1, 1, 1]));
  expect(difference).toMatchObject({ same: 3, moved: 1, excluded: 1, newlyUnplaced: 0, first: [] });
});

test('a plan by another calendar is compared by when its windows opened', () => {
  const other = {
    ...earlier([0, 0, 0, 0, 0]),
    starts: [{ start: '2026-07-27T19:00', dayNumber: (order.windows[0]?.dayNumber ?? 0) - 7 }],
  };
  expect(differenceOf(order, placed(0, 0, 0, 0, 0), other)).toMatchObject({ later: 5, grantDaysBefore: 0 });
});
