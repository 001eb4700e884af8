import { expect, test } from 'vitest';
import { nothingLearnt } from '#domain/governor.ts';
import type { Budget } from '#domain/platform.ts';
import { statedRates } from '#domain/stated-rates.ts';
import type { EstateFacts } from '#ports/forecasting.ts';
import { rehearsalTerms, type SettingsToRehearse } from './rehearsal-terms.ts';

const budget = (connections: number, bytesPerSecond: number | null): Budget => ({
  connections,
  connectionsPerMailbox: 3,
  bytesPerSecond: [{ fromMinute: 0, bytesPerSecond }],
  commandsPerSecond: null,
});

const facts: EstateFacts = {
  now: 0,
  waves: [],
  followers: 0,
  unplanned: 0,
  measured: {
    copies: Array.from({ length: 100 }, (_, i) => ({ items: 10 + i, bytes: 1e6, ms: 1_000 + 10 * i })),
    switchesMs: Array.from({ length: 50 }, () => 900),
    lagsMs: [],
    copied: 100,
    failed: 7,
    begun: 100,
    blocked: 3,
    mendedHours: [],
    atOnce: 6,
  },
  hands: 6,
  followEverySeconds: 120,
  platforms: (['source', 'target'] as const).map((side) => ({
    side,
    budget: budget(side === 'source' ? 12 : 20, 5e6),
    timezone: 'Europe/London',
    learnt: nothingLearnt,
  })),
};
const settings = {
  source: { budget: budget(40, null) },
  target: { budget: budget(50, 9e6) },
  timezone: 'Europe/Paris',
  followEverySeconds: 900,
  errorBudget: 0.05,
} as SettingsToRehearse;
const nothing = { given: null, facts: null, settings: null, timezone: 'UTC' };

test('an imported estate is rehearsed with what it has measured, its budgets and its workers', () => {
  const { rates, platforms, hands, habits } = rehearsalTerms({ ...nothing, facts, settings });
  expect(rates).toMatchObject({ origin: 'measured', samples: 100, switchSamples: 50, retryShare: 0.07, atOnce: 6 });
  expect(platforms.source).toMatchObject({ timezone: 'Europe/London', budget: { connections: 12 } });
  expect(platforms.target.budget.bytesPerSecond[0]?.bytesPerSecond).toBe(5e6);
  expect([hands, habits]).toEqual([6, { followEveryMs: 120_000, errorBudget: 0.05 }]);
});

test('files are rehearsed with the budgets of the settings, and where there are none with what others have published', () => {
  const { rates, platforms } = rehearsalTerms({ ...nothing, settings });
  expect(rates).toMatchObject({ origin: 'stated', atOnce: 40 });
  expect(platforms.target).toMatchObject({ timezone: 'Europe/Paris', budget: { connections: 50 } });
  expect(rehearsalTerms(nothing)).toMatchObject({
    rates: statedRates,
    platforms: { source: { timezone: 'UTC', budget: { connections: statedRates.atOnce } } },
    hands: null,
    habits: {},
  });
});

test('rates that somebody gives say how many are worked on at one time, and octets are kept all the same', () => {
  const given = { ...statedRates, atOnce: 77 };
  const { rates, platforms, hands } = rehearsalTerms({ ...nothing, given, facts });
  expect([rates, hands]).toEqual([given, null]);
  expect(platforms.source.budget).toMatchObject({ connections: 77, bytesPerSecond: [{ bytesPerSecond: 5e6 }] });
});
