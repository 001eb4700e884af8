import { expect, test } from 'vitest';
import { isDue } from './nightly-forecast.ts';

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
