import { expect, test } from 'vitest';
import { nothingLearnt } from './governor.ts';
import { octetsAhead } from './octets-ahead.ts';
import type { Budget } from './platform.ts';

const hourMs = 3_600_000;
/** A Tuesday, midnight in London. */
const now = Date.parse('2026-12-01T00:00Z');
const budgetOf = (...slots: Budget['bytesPerSecond']): Budget => ({ bytesPerSecond: slots }) as unknown as Budget;

test('the slower of both platforms is what may be asked for, hour by hour', () => {
  const slow = {
    budget: budgetOf({ fromMinute: 0, bytesPerSecond: 10 }),
    timezone: 'Europe/London',
    learnt: nothingLearnt,
  };
  const fast = {
    budget: budgetOf({ fromMinute: 0, bytesPerSecond: 50 }),
    timezone: 'Europe/London',
    learnt: nothingLearnt,
  };
  const octets = octetsAhead([slow, fast], now);
  expect(octets(now)).toBe(0);
  expect(octets(now + 1.5 * hourMs)).toBeCloseTo(54_000, 6);
  expect(octets(now + 3 * 365 * 24 * hourMs)).toBeCloseTo(10 * 3 * 365 * 24 * 3_600, -3);
});

test('hours without a limit count for as much as is wanted, and platforms without one limit nothing', () => {
  const tuesday = 2 * 24 * 60;
  const office = budgetOf(
    { fromMinute: 0, bytesPerSecond: null },
    { fromMinute: tuesday + 8 * 60, bytesPerSecond: 1 },
    { fromMinute: tuesday + 18 * 60, bytesPerSecond: null },
  );
  const octets = octetsAhead([{ budget: office, timezone: 'UTC', learnt: nothingLearnt }], now);
  expect(octets(now + hourMs)).toBeGreaterThan(1e15);
  expect((octets(now + 18 * hourMs) ?? 0) - (octets(now + 8 * hourMs) ?? 0)).toBeCloseTo(36_000, -3);
  expect(
    octetsAhead(
      [{ budget: budgetOf({ fromMinute: 0, bytesPerSecond: null }), timezone: 'UTC', learnt: nothingLearnt }],
      now,
    )(now + hourMs),
  ).toBeNull();
});

test('a platform that complained a moment ago gives less until it has given all of it back', () => {
  const budget = budgetOf({ fromMinute: 0, bytesPerSecond: 10 });
  const learnt = { ...nothingLearnt, rate: { value: 0.25, since: now - 1_000, said: 'slow down' } };
  const octets = octetsAhead([{ budget, timezone: 'UTC', learnt }], now);
  expect(octets(now + hourMs)).toBeLessThan(10 * 3_600);
  expect((octets(now + 3 * hourMs) ?? 0) - (octets(now + 2 * hourMs) ?? 0)).toBeCloseTo(36_000, 3);
});
