import { expect, test } from 'vitest';
import { silent } from '#lib/log.ts';
import type { Forecasting } from '#ports/forecasting.ts';
import { forecastNightly, isDue } from './nightly-forecast.ts';

const at = (text: string): number => Date.parse(text);

test('a forecast is made once every night, at five in the morning by the clocks of the programme', () => {
  const madeAt = at('2026-07-02T04:05Z');
  const due = (now: string): boolean => isDue(madeAt, at(now), 'Europe/London');
  // London is an hour ahead in summer: 04:05 is five past five.
  expect(['2026-07-02T04:30Z', '2026-07-02T23:30Z', '2026-07-03T03:59Z'].map(due)).toEqual([false, false, false]);
  expect(['2026-07-03T04:01Z', '2026-07-09T12:00Z'].map(due)).toEqual([true, true]);
});

test('where none was ever made one is made at once, and one that was missed when it can be', () => {
  expect(isDue(null, at('2026-07-02T12:00Z'), 'UTC')).toBe(true);
  expect(isDue(at('2026-07-01T04:59Z'), at('2026-07-01T18:00Z'), 'UTC')).toBe(true);
});

test('whoever leads makes it and keeps it, once a night; where the database is away, at the next look', async () => {
  const ended = new AbortController();
  let [now, keptAt, tries]: [number, number | null, number] = [at('2026-07-02T06:00Z'), null, 0];
  const kept: string[] = [];
  const forecasting: Forecasting = {
    async facts() {
      if (tries++ === 0) throw new Error('the database is away');
      const measured = {
        copies: [],
        switchesMs: [],
        lagsMs: [],
        copied: 0,
        begun: 0,
        failed: 0,
        blocked: 0,
        mendedHours: [],
        atOnce: null,
      };
      return {
        now,
        waves: [],
        followers: 0,
        unplanned: 0,
        measured,
        hands: null,
        followEverySeconds: null,
        platforms: [],
      };
    },
    keptAt: async () => keptAt,
    async keep(forecast) {
      keptAt = forecast.madeAt;
      kept.push(new Date(forecast.madeAt).toISOString().slice(0, 16));
    },
    past: async () => [],
  };
  const warnings: string[] = [];
  const log = { ...silent, warn: (phrase: string) => void warnings.push(phrase) };
  await forecastNightly({ forecasting, timezone: 'UTC', now: () => now, log }, ended.signal, async (ms) => {
    now += ms;
    if (now > at('2026-07-04T00:00Z')) ended.abort();
  });
  expect(kept).toEqual(['2026-07-02T06:15', '2026-07-03T05:00']);
  expect(warnings).toEqual(['no forecast could be made']);
});
