/** Windows are told in the time of the place, also in the nights in which its clocks are changed. */

import { describe, expect, test } from 'vitest';
import { isTimezone, overlap, readWindow, type Window } from './window.ts';

function read(text: string, timezone = 'Europe/London'): Window {
  const window = readWindow(text, timezone);
  if ('problem' in window) throw new Error(window.problem);
  return window;
}

const shown = ({ opensAt, closesAt }: Window): string =>
  `${new Date(opensAt).toISOString().slice(0, 16)} ${new Date(closesAt).toISOString().slice(0, 16)}`;

describe('a window', () => {
  test.each([
    ['2026-12-01T19:00/06:00', 'Europe/London', '2026-12-01T19:00 2026-12-02T06:00'],
    ['2026-08-03T19:00/06:00', 'Europe/London', '2026-08-03T18:00 2026-08-04T05:00'],
    ['2026-12-01T08:00/17:30', 'Europe/Berlin', '2026-12-01T07:00 2026-12-01T16:30'],
    ['2026-12-04T19:00/2026-12-07T06:00', 'UTC', '2026-12-04T19:00 2026-12-07T06:00'],
    ['2026-12-04T19:00:30/06:00:30', 'UTC', '2026-12-04T19:00 2026-12-05T06:00'],
    ['2026-12-31T19:00/06:00', 'Pacific/Auckland', '2026-12-31T06:00 2026-12-31T17:00'],
  ])('%s in %s', (text, timezone, instants) => {
    expect(shown(read(text, timezone))).toBe(instants);
  });

  test('in the night in which clocks are put forward is an hour shorter, and one that opens in the skipped hour opens after it', () => {
    const night = read('2026-03-28T19:00/06:00');
    expect(night.closesAt - night.opensAt).toBe(10 * 3_600_000);
    expect(shown(read('2026-03-29T01:30/06:00'))).toBe('2026-03-29T01:30 2026-03-29T05:00');
  });

  test('in the night in which they are put back is an hour longer, and the first of two equal times counts', () => {
    const night = read('2026-10-24T19:00/06:00');
    expect(night.closesAt - night.opensAt).toBe(12 * 3_600_000);
    expect(shown(read('2026-10-25T01:30/06:00'))).toBe('2026-10-25T00:30 2026-10-25T06:00');
  });

  test.each([
    '',
    'tonight',
    '2026-12-01T19:00',
    '2026-02-30T19:00/06:00',
    '2026-12-01T25:00/06:00',
    '2026-12-01T19:00:61/06:00',
    '2026-12-04T19:00/2026-12-01T06:00',
  ])('that is none is told so: %j', (text) => {
    expect(readWindow(text, 'UTC')).toHaveProperty('problem');
  });
});

test('windows overlap when they share a moment, and not when one begins as the other ends', () => {
  const [evening, night, later] = [
    read('2026-12-01T19:00/23:00'),
    read('2026-12-01T22:00/06:00'),
    read('2026-12-02T06:00/07:00'),
  ];
  expect(overlap(evening, night)).toBe(true);
  expect(overlap(night, later)).toBe(false);
});

test('a time zone is known by its name', () => {
  expect([isTimezone('Europe/London'), isTimezone('Europe/Lundon')]).toEqual([true, false]);
});
