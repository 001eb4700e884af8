import fc from 'fast-check';
import { expect, test } from 'vitest';
import { grantKinds } from '#domain/estate.ts';
import { movesOf } from './moves.ts';
import { notFixed, type PlanningOrder } from './placement.ts';
import { crowded } from './crowded-plans.test-kit.ts';
import { firstFit, orderOf, placed } from './small-plans.test-kit.ts';
import { eachSplit, type Split, splitSides } from './split.ts';
import { meanwhile } from './split-words.ts';

const couple = orderOf({
  mailboxes: [{ address: 'ward@x', kind: 'shared' }, { address: 'ann@x' }, { address: 'bob@x' }],
  grants: [
    ['ward@x', 'ann@x', 'full-access'],
    ['ward@x', 'bob@x', 'folder'],
    ['ann@x', 'bob@x', 'send-as'],
  ],
});

function splitsOf(order: PlanningOrder, window: readonly number[]) {
  const found: Split[] = [];
  const open = eachSplit(order, movesOf(order, placed(...window)), (split) => found.push({ ...split }));
  return { found, open };
}

test('of a split grant it is told who moves first, between which days, and for how many', () => {
  const { found, open } = splitsOf(couple, [0, 1, 0]);
  expect(
    found.map(({ mailbox, grantee, kind, first, days, grantDays }) => [mailbox, grantee, kind, first, days, grantDays]),
  ).toEqual([
    [0, 1, 'full-access', 'mailbox', 1, 5],
    [1, 2, 'send-as', 'grantee', 1, 5],
  ]);
  expect(open).toEqual({ together: 1, oneMoves: 0, neitherMoves: 0 });
});

test('a grant with an end that has no window counts for nothing, and is told as open', () => {
  const { found, open } = splitsOf(couple, [0, -1, -1]);
  expect(found).toEqual([]);
  expect(open).toEqual({ together: 0, oneMoves: 2, neitherMoves: 1 });
});

test('who has moved before is split from who moves now, since the day they did', () => {
  const fixed = Int32Array.of((couple.windows[0]?.dayNumber ?? 0) - 3, notFixed, notFixed);
  const { found } = splitsOf({ ...couple, fixed }, [-1, 0, 0]);
  expect(found.map(({ first, days }) => [first, days])).toEqual([
    ['mailbox', 3],
    ['mailbox', 3],
  ]);
});

test('the days of all splits by their weights are what the planner minimises, however the estate looks', () => {
  fc.assert(
    fc.property(crowded, (order) => {
      const { window } = firstFit(order);
      const { found } = splitsOf(order, [...window]);
      const { mailbox, grantee, kind } = order.roster.grants;
      let expected = 0;
      for (const [g, owner] of mailbox.entries()) {
        const [a, b] = [window[owner] as number, window[grantee[g] as number] as number];
        if (a < 0 || b < 0) continue;
        const [from, to] = [order.windows[a]?.day ?? '', order.windows[b]?.day ?? ''];
        const weight = order.calendar.weights[grantKinds[kind[g] as number] ?? 'folder'];
        expected += (weight * Math.abs(Date.parse(from) - Date.parse(to))) / 86_400_000;
      }
      expect(found.reduce((sum, { grantDays }) => sum + grantDays, 0)).toBe(expected);
    }),
  );
});

test('for every kind of grant and either side it is said what does not work, and Exchange is told apart', () => {
  const all = grantKinds.flatMap((kind) => splitSides.map((side) => meanwhile(kind, side)));
  expect(new Set(all.map(({ inShort }) => inShort)).size).toBe(all.length);
  for (const { inShort, anywhere, hybrid } of all) {
    expect(inShort.length).toBeLessThan(90);
    expect(anywhere).not.toMatch(/Exchange|Outlook|Microsoft/);
    expect(hybrid).toMatch(/Outlook|Microsoft/);
  }
});
