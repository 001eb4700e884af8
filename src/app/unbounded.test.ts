import { expect, test } from 'vitest';
import type { Bounded } from '#api/shapes/plan.ts';
import type { PlanWindow } from '#domain/calendar.ts';
import { unbounded } from './unbounded.ts';

const window: Bounded<PlanWindow> = {
  opensAt: 0,
  closesAt: 1,
  day: '2026-08-03',
  name: 'evening',
  start: '2026-08-03T19:00',
  dayNumber: 20_668,
  mailboxes: 3,
  bytes: null,
  isPilot: false,
};

test('a window that takes as much as comes does so again, wherever it stands, and a bound stays one', () => {
  const told = {
    windows: [
      { window, bytes: null },
      { window: { ...window, bytes: 7 }, bytes: 1 },
    ],
    finish: null,
  };
  expect(unbounded(told)).toEqual({
    windows: [
      { window: { ...window, bytes: Number.POSITIVE_INFINITY }, bytes: null },
      { window: { ...window, bytes: 7 }, bytes: 1 },
    ],
    finish: null,
  });
});
