import { describe, expect, test } from 'vitest';
import { parseTimetable, type Slot, slotAt } from './timetable.ts';

function slots(text: string): readonly Slot[] {
  const parsed = parseTimetable(text);
  if (parsed.kind === 'refused') throw new Error(parsed.says);
  return parsed.slots;
}

/** A moment of the week of Sunday 2 June 2024, local time. */
const at = (day: number, hours: number, minutes = 0, seconds = 0) =>
  new Date(2024, 5, 2 + day, hours, minutes, seconds);
const rateAt = (text: string, moment: Date) => slotAt(slots(text), moment).slot.bytesPerSecond;

describe("rclone's notation of bandwidth", () => {
  test('a single rate holds always; without a suffix it is KiB', () => {
    const rates = {
      '512': 524_288,
      '512k': 524_288,
      '10M': 10_485_760,
      '1.5G': 1_610_612_736,
      '100B': 100,
      off: null,
      '0': null,
      '10Mi': 10_485_760,
    };
    for (const [text, rate] of Object.entries(rates))
      expect([text, slots(text)]).toEqual([text, [{ fromMinute: 0, bytesPerSecond: rate }]]);
  });

  test('of an upload and a download rate the smaller counts', () => {
    expect(rateAt('10M:1M', at(0, 0))).toBe(1_048_576);
    expect(rateAt('off:1M', at(0, 0))).toBe(1_048_576);
    expect(rateAt('off:off', at(0, 0))).toBeNull();
  });

  test('a table of the day holds on every day, and its last entry through the night', () => {
    const table = '08:00,512k 12:00,10M 13:00,512k 18:00,30M 23:00,off';
    for (const day of [0, 3, 6]) {
      expect(rateAt(table, at(day, 7, 59))).toBeNull();
      expect(rateAt(table, at(day, 8))).toBe(524_288);
      expect(rateAt(table, at(day, 12, 30))).toBe(10_485_760);
      expect(rateAt(table, at(day, 23, 59))).toBeNull();
    }
  });

  test('a table of the week goes round at its end', () => {
    const table = 'Mon-00:00,512 Fri-23:59,10M Sun-20:00,off';
    expect(rateAt(table, at(1, 0))).toBe(524_288);
    expect(rateAt(table, at(5, 23, 58))).toBe(524_288);
    expect(rateAt(table, at(6, 12))).toBe(10_485_760);
    expect(rateAt(table, at(0, 19, 59))).toBe(10_485_760);
    expect(rateAt(table, at(0, 20))).toBeNull();
  });

  test('a day of its own wins over the table of every day', () => {
    expect(rateAt('08:00,1M Saturday-08:00,off', at(6, 9))).toBeNull();
    expect(rateAt('08:00,1M Saturday-08:00,off', at(5, 9))).toBe(1_048_576);
  });

  test('the next change is known to the millisecond, also across the end of the week', () => {
    expect(slotAt(slots('08:00,1M 19:00,off'), at(2, 18, 59, 30)).msLeft).toBe(30_000);
    expect(slotAt(slots('Mon-08:00,1M Fri-18:00,off'), at(6, 8)).msLeft).toBe(48 * 3_600_000);
    expect(slotAt(slots('1M'), at(0, 0)).msLeft).toBe(Number.POSITIVE_INFINITY);
  });

  test.each([
    '',
    '   ',
    'fast',
    '08:00',
    '08:00,',
    '08:00,fast',
    '24:00,1M',
    '08:60,1M',
    'Foo-08:00,1M',
    'mo-08:00,1M',
    '08:00,1M fast',
    '-1',
    '1M:2M:3M',
    '1e9',
  ])('%j is refused', (text) => {
    expect(parseTimetable(text).kind).toBe('refused');
  });
});
