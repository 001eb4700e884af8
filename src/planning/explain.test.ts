import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Day } from '#domain/estate.ts';
import { explain } from './explain.ts';
import { crowded } from './crowded-plans.test-kit.ts';
import { brokenRules, firstFit, orderOf, placed } from './small-plans.test-kit.ts';
import { summarise } from './summary.ts';

const until = '2026-08-06' as Day;
const team = {
  mailboxes: [
    { address: 'ward@x', kind: 'shared' as const },
    { address: 'ann@x' },
    { address: 'bob@x' },
    { address: 'app@x', kind: 'application' as const },
  ],
  grants: [
    ['ward@x', 'ann@x', 'full-access'],
    ['ann@x', 'bob@x', 'folder'],
  ] as const,
};

test('whom somebody shares grants with is told, when they move, and what that costs', () => {
  const order = orderOf(team, { until });
  const { partners, cost, standing } = explain(order, placed(0, 2, 1, 3), 1);
  expect(standing).toEqual({ kind: 'placed', at: 2 });
  expect(partners.map(({ mailbox, kind, as, days, grantDays }) => [mailbox, kind, as, days, grantDays])).toEqual([
    [0, 'full-access', 'mailbox', 2, 10],
    [2, 'folder', 'grantee', 1, 1],
  ]);
  expect(cost).toBe(11);
});

test('each window is told with what it would cost and every rule that forbids it', () => {
  const order = orderOf(
    {
      ...team,
      mailboxes: team.mailboxes.map((each) => (each.address === 'ann@x' ? { ...each, notBefore: '2026-08-05' } : each)),
    },
    {
      until,
      blackouts: [{ from: '2026-08-06' as Day, until: '2026-08-06' as Day, organisations: ['RXY'], under: null }],
    },
  );
  const { windows, kept } = explain(order, placed(0, 2, 0, -1), 1);
  expect(windows.map(({ cost, forbidden }) => [cost, forbidden])).toEqual([
    [0, ['not-before', 'full']],
    [6, ['not-before']],
    [12, []],
    [18, ['closed']],
  ]);
  expect(kept).toMatchObject({ kind: 'forbidden', best: { at: 0, cost: 0 } });
});

test('an application is kept behind the people of its organisation, and people before their application', () => {
  const order = orderOf(team, { until });
  const placement = placed(0, 1, 0, 3);
  expect(explain(order, placement, 3).windows.map(({ forbidden }) => forbidden)).toEqual([
    ['full', 'after-people'].toReversed(),
    ['after-people'],
    [],
    [],
  ]);
  expect(explain(order, placement, 1).windows.map(({ forbidden }) => forbidden)).toEqual([
    ['full'],
    [],
    [],
    ['before-others'],
  ]);
});

test('where a cheaper window is open it is admitted that the planner did not find it', () => {
  expect(explain(orderOf(team, { until }), placed(0, 2, 2, 3), 1).kept).toMatchObject({
    kind: 'effort',
    best: { at: 0, cost: 2 },
  });
});

test('who is unplaced, has moved or left is told as such', () => {
  const order = orderOf(team, { until });
  const day = order.windows[0]?.dayNumber ?? 0;
  expect(explain(order, placed(0, -1, 0, -1), 1).standing).toEqual({ kind: 'unplaced' });
  const fixed = Int32Array.of(day, -0x8000_0000, -0x8000_0000, -0x8000_0000);
  expect(explain({ ...order, fixed }, placed(-1, 0, 0, -1), 0).standing).toEqual({ kind: 'moved', day });
  expect(explain({ ...order, excluded: Uint8Array.of(1, 0, 0, 0) }, placed(-1, 0, 0, -1), 0).standing).toEqual({
    kind: 'excluded',
  });
});

test('a window that nothing forbids keeps every rule and costs what was told, and one that is forbidden breaks one', () => {
  fc.assert(
    fc.property(crowded, fc.nat(13), (order, number) => {
      const placement = firstFit(order);
      const mailbox = number % order.roster.size;
      const { windows, cost } = explain(order, placement, mailbox);
      const before = summarise(order, placement).grantDays;
      for (const { at, cost: then, forbidden } of windows) {
        const window = placement.window.slice();
        window[mailbox] = at;
        expect(brokenRules(order, { ...placement, window }).length === 0).toBe(forbidden.length === 0);
        if ((placement.window[mailbox] as number) >= 0)
          expect(summarise(order, { ...placement, window }).grantDays - before).toBe(then - cost);
      }
    }),
    { numRuns: 200 },
  );
});
