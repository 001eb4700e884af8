import { expect, test } from 'vitest';
import { FirstOffered } from './first-offered.ts';

const minuteMs = 60_000;

test('a message that comes again within minutes has waited since it was first offered, however often it was put off', () => {
  const offered = new FirstOffered();
  for (const minutes of [0, 2, 7]) offered.putOff('one', offered.at('one', minutes * minuteMs));
  expect(offered.at('one', 14 * minuteMs)).toBe(0);
});

test('one that comes hours later is another, and has waited from then on', () => {
  const offered = new FirstOffered();
  offered.putOff('one', 0);
  expect(offered.at('one', 60 * minuteMs)).toBe(60 * minuteMs);
  offered.putOff('one', 60 * minuteMs);
  expect(offered.at('one', 63 * minuteMs)).toBe(60 * minuteMs);
});
