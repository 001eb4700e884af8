/** Windows day by day, held against what the platform's own clocks say of every quarter of an hour in them. */

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Calendar, weekdays, type WindowRule } from './calendar.ts';
import { dayNumber, dayOfNumber } from './calendar-days.ts';
import { overlappingRules } from './calendar-rules.ts';
import { closedWindows, windowsOf } from './calendar-windows.ts';
import type { Day } from './estate.ts';

const evening: WindowRule = {
  name: 'evening',
  days: ['Mon', 'Tue', 'Wed', 'Thu'],
  start: '19:00',
  end: '06:00',
  endDay: null,
  mailboxes: 22_000,
  bytes: 31_460_000_000_000,
};
const weekend: WindowRule = {
  ...evening,
  name: 'weekend',
  days: ['Fri'],
  endDay: 'Mon',
  mailboxes: 83_000,
  bytes: null,
};

const august: Calendar = {
  timezone: 'Europe/London',
  from: '2026-08-03' as Day,
  until: '2026-08-31' as Day,
  windows: [evening, weekend],
  blackouts: [],
  kindsLast: [],
  pilot: null,
  weights: { 'full-access': 5, 'send-as': 5, 'send-on-behalf': 3, folder: 1 },
  ramp: null,
};

const blackout = (from: string, until = from, whom: Partial<Calendar['blackouts'][number]> = {}) => ({
  from: from as Day,
  until: until as Day,
  organisations: null,
  under: null,
  ...whom,
});
const starts = (calendar: Calendar) => windowsOf(calendar, 1_000).windows.map(({ start }) => start);

describe('the windows of a calendar', () => {
  test('open on the days of their rules, from the first to the last, and may end after it', () => {
    const { windows, unusable } = windowsOf({ ...august, until: '2026-08-10' as Day }, 1_000);
    expect(windows.map(({ name, day }) => `${name} ${day}`)).toEqual([
      'evening 2026-08-03',
      'evening 2026-08-04',
      'evening 2026-08-05',
      'evening 2026-08-06',
      'weekend 2026-08-07',
      'evening 2026-08-10',
    ]);
    expect(unusable).toEqual([]);
    expect(windows[4]).toEqual({
      name: 'weekend',
      day: '2026-08-07',
      dayNumber: dayNumber('2026-08-07'),
      start: '2026-08-07T19:00',
      opensAt: Date.parse('2026-08-07T18:00Z'),
      closesAt: Date.parse('2026-08-10T05:00Z'),
      mailboxes: 83_000,
      bytes: Number.POSITIVE_INFINITY,
      isPilot: false,
    });
    expect(new Date(windows[5]?.closesAt as number).toISOString()).toBe('2026-08-11T05:00:00.000Z');
  });

  test('are not used where they touch a blackout with any minute, and it is told which', () => {
    const { windows, unusable } = windowsOf(
      { ...august, from: '2026-08-27' as Day, until: '2026-09-01' as Day, blackouts: [blackout('2026-08-31')] },
      1_000,
    );
    expect(windows.map(({ start }) => start)).toEqual(['2026-08-27T19:00', '2026-09-01T19:00']);
    expect(unusable).toEqual([
      { name: 'weekend', start: '2026-08-28T19:00', why: 'touches the blackout 2026-08-31' },
      { name: 'evening', start: '2026-08-31T19:00', why: 'touches the blackout 2026-08-31' },
    ]);
  });

  test('that end as the first day of a blackout begins, or begin as its last one ends, do not touch it', () => {
    const untilMidnight: WindowRule = { ...evening, start: '20:00', end: '00:00' };
    const fromMidnight: WindowRule = { ...evening, name: 'night', start: '00:00', end: '06:00' };
    const windows = [untilMidnight, fromMidnight];
    expect(starts({ ...august, until: '2026-08-06' as Day, windows, blackouts: [blackout('2026-08-04')] })).toEqual([
      '2026-08-03T00:00',
      '2026-08-03T20:00',
      '2026-08-05T00:00',
      '2026-08-05T20:00',
      '2026-08-06T00:00',
      '2026-08-06T20:00',
    ]);
    const aMinute = [{ ...untilMidnight, end: '00:01' }];
    expect(
      starts({ ...august, until: '2026-08-04' as Day, windows: aMinute, blackouts: [blackout('2026-08-04')] }),
    ).toEqual([]);
  });

  test('stay open for everybody where a blackout is for some', () => {
    const blackouts = [blackout('2026-08-03', '2026-08-30', { organisations: ['RXY'] })];
    expect(starts({ ...august, blackouts })).toEqual(starts(august));
  });

  test('that have begun are not used by a plan that is made later, which has its pilot in the next', () => {
    const at = Date.parse('2026-08-04T18:00Z');
    const { windows, unusable } = windowsOf({ ...august, pilot: { share: 0.01 } }, 1_000, at);
    expect(unusable.map(({ start, why }) => `${start} ${why}`)).toEqual([
      '2026-08-03T19:00 has begun already',
      '2026-08-04T19:00 has begun already',
    ]);
    expect(windows[0]).toMatchObject({ start: '2026-08-05T19:00', isPilot: true, mailboxes: 10 });
  });
});

describe('what fits into a window', () => {
  test('is in the pilot at most its share, at least one, and never more than the window holds', () => {
    const pilot = (share: number, mailboxes: number) =>
      windowsOf({ ...august, pilot: { share } }, mailboxes).windows.map((each) => [each.isPilot, each.mailboxes])[0];
    expect(pilot(0.01, 2_100_000)).toEqual([true, 21_000]);
    expect(pilot(0.01, 199)).toEqual([true, 1]);
    expect(pilot(0, 5)).toEqual([true, 1]);
    expect(pilot(1, 2_100_000)).toEqual([true, 22_000]);
    expect(windowsOf({ ...august, pilot: { share: 0.5 } }, 10).windows[1]).toMatchObject({
      isPilot: false,
      mailboxes: 22_000,
    });
  });

  test('grows by the weeks since the first that can be used, rounded down, and at least one', () => {
    const calendar = { ...august, ramp: { weeks: 3, from: 0.25 }, blackouts: [blackout('2026-08-03', '2026-08-04')] };
    const { windows } = windowsOf(calendar, 1_000_000);
    // The first is that of Wednesday: the second week begins on a Wednesday, too.
    expect(windows.map(({ day, mailboxes }) => `${day} ${mailboxes}`).slice(0, 13)).toEqual([
      '2026-08-05 5500',
      '2026-08-06 5500',
      '2026-08-07 20750',
      '2026-08-10 5500',
      '2026-08-11 5500',
      '2026-08-12 11000',
      '2026-08-13 11000',
      '2026-08-14 41500',
      '2026-08-17 11000',
      '2026-08-18 11000',
      '2026-08-19 16500',
      '2026-08-20 16500',
      '2026-08-21 62250',
    ]);
    expect(windows.find(({ day }) => day === '2026-08-26')).toMatchObject({ mailboxes: 22_000, bytes: evening.bytes });
    expect(windows[0]?.bytes).toBe((evening.bytes as number) / 4);
    const tiny = windowsOf({ ...calendar, windows: [{ ...evening, mailboxes: 3, bytes: 3 }] }, 10).windows[0];
    expect(tiny).toMatchObject({ mailboxes: 1, bytes: 1 });
  });
});

describe('blackouts of organisations', () => {
  const organisations = [
    { code: 'TRUST', parent: -1 },
    { code: 'WARD', parent: 3 },
    { code: 'SHOP', parent: -1 },
    { code: 'SITE', parent: 0 },
  ];
  const closedDays = (blackouts: Calendar['blackouts']) => {
    const calendar = { ...august, until: '2026-08-07' as Day, blackouts };
    const { windows } = windowsOf(calendar, 1_000);
    return closedWindows(calendar, windows, organisations).map(
      (closed) => closed && windows.filter((_, i) => closed[i] === 1).map(({ day }) => day),
    );
  };

  test('mean exactly those organisations, or those and all below them', () => {
    const [night, all] = [['2026-08-03', '2026-08-04'], null];
    expect(closedDays([blackout('2026-08-04', '2026-08-04', { organisations: ['TRUST'] })])).toEqual([
      night,
      all,
      all,
      all,
    ]);
    expect(closedDays([blackout('2026-08-04', '2026-08-04', { under: ['TRUST'] })])).toEqual([
      night,
      night,
      all,
      night,
    ]);
    expect(closedDays([blackout('2026-08-04', '2026-08-04', { under: ['WARD'], organisations: ['SHOP'] })])).toEqual([
      all,
      night,
      night,
      all,
    ]);
  });

  test('add up, and those that touch no window close nothing', () => {
    const [first, second] = [
      blackout('2026-08-03', '2026-08-03', { under: ['SITE'] }),
      blackout('2026-08-06', '2026-08-06', { organisations: ['WARD'] }),
    ];
    expect(closedDays([first, second])).toEqual([
      null,
      ['2026-08-03', '2026-08-05', '2026-08-06'],
      null,
      ['2026-08-03'],
    ]);
    expect(closedDays([blackout('2026-09-03', '2026-09-04', { under: ['TRUST'] })])).toEqual([null, null, null, null]);
  });
});

/** What clocks show, asked of Intl and of nothing of ours. */
const shownBy = new Map<string, Intl.DateTimeFormat>();
function shown(at: number, timezone: string): string {
  const clock =
    shownBy.get(timezone) ??
    new Intl.DateTimeFormat('sv-SE', { timeZone: timezone, dateStyle: 'short', timeStyle: 'short' });
  shownBy.set(timezone, clock);
  return clock.format(at).replace(' ', 'T');
}

const quarter = 900_000;
const quarters = Array.from(
  { length: 96 },
  (_, i) => `${String(Math.floor(i / 4)).padStart(2, '0')}:${String((i % 4) * 15).padStart(2, '0')}`,
);
/** A place and a Sunday on which its clocks are changed. */
const changes = [
  ['Europe/London', '2026-03-29'],
  ['Europe/London', '2026-10-25'],
  ['America/New_York', '2026-03-08'],
  ['America/New_York', '2026-11-01'],
  ['Australia/Lord_Howe', '2026-04-05'],
  ['Australia/Lord_Howe', '2026-10-04'],
  ['Africa/Cairo', '2026-04-24'],
  ['UTC', '2026-06-14'],
] as const;

const nights = fc
  .record({
    change: fc.constantFrom(...changes),
    days: fc.uniqueArray(fc.constantFrom(...weekdays), { minLength: 1 }),
    start: fc.constantFrom(...quarters),
    end: fc.constantFrom(...quarters),
    endDay: fc.option(fc.constantFrom(...weekdays)),
    blackout: fc.integer({ min: -3, max: 4 }),
  })
  .map(({ change: [timezone, day], blackout: offset, ...rule }): Calendar => {
    const at = (days: number) => dayOfNumber(dayNumber(day) + days);
    const windows = [{ ...evening, ...rule }];
    return {
      ...august,
      timezone,
      from: at(-3),
      until: at(3),
      windows,
      blackouts: [blackout(at(offset), at(offset + 1))],
    };
  })
  .filter(({ windows }) => windows[0]?.start !== windows[0]?.end && overlappingRules(windows).length === 0);

describe('where clocks are changed', () => {
  test('every window opens when the clocks of the place show its start, the first time they do', () => {
    fc.assert(
      fc.property(nights, (calendar) => {
        for (const { opensAt, start } of windowsOf(calendar, 10).windows) {
          const clock = shown(opensAt, calendar.timezone);
          if (clock === start) {
            for (let at = opensAt - quarter; at > opensAt - 12 * quarter; at -= quarter)
              expect(shown(at, calendar.timezone)).not.toBe(start);
            continue;
          }
          // It is skipped, and the window opens as much later as the clock was put forward.
          const before = Array.from({ length: 16 }, (_, i) => shown(opensAt - i * quarter, calendar.timezone));
          expect(before).not.toContain(start);
          expect(clock > start && before.some((each) => each < start)).toBe(true);
        }
      }),
    );
  });

  test('no minute of a window that is used shows a day of a blackout, and one of every other does', () => {
    fc.assert(
      fc.property(nights, (calendar) => {
        const [dark] = calendar.blackouts as [Calendar['blackouts'][number]];
        const touches = (opensAt: number, closesAt: number): boolean => {
          for (let at = opensAt; at < closesAt; at += quarter) {
            const day = shown(at, calendar.timezone).slice(0, 10);
            if (day >= dark.from && day <= dark.until) return true;
          }
          return false;
        };
        const all = windowsOf({ ...calendar, blackouts: [] }, 10).windows;
        const used = new Set(starts(calendar));
        for (const { start, opensAt, closesAt } of all) expect(used.has(start)).toBe(!touches(opensAt, closesAt));
      }),
    );
  });

  test('a night is as long as it is', () => {
    const hours = (timezone: string, day: string) => {
      const calendar = {
        ...august,
        timezone,
        from: day as Day,
        until: day as Day,
        windows: [{ ...weekend, endDay: null }],
      };
      const rule = { ...evening, days: [...weekdays] };
      const [window] = windowsOf({ ...calendar, windows: [rule] }, 1).windows;
      return ((window?.closesAt as number) - (window?.opensAt as number)) / 3_600_000;
    };
    expect(hours('Europe/London', '2026-03-28')).toBe(10);
    expect(hours('Europe/London', '2026-10-24')).toBe(12);
    expect(hours('Australia/Lord_Howe', '2026-10-03')).toBe(10.5);
    expect(hours('Australia/Lord_Howe', '2026-04-04')).toBe(11.5);
  });

  test('a window that loses its time, or runs into the next, is not used and says so', () => {
    const sunday = (start: string, end: string): WindowRule => ({ ...evening, days: ['Sun'], name: start, start, end });
    const calendar = { ...august, from: '2026-03-29' as Day, until: '2026-03-29' as Day };
    const told = (windows: readonly WindowRule[]) =>
      windowsOf({ ...calendar, windows }, 1).unusable.map(({ name, why }) => `${name} ${why}`);
    // At 01:00 it is 02:00.
    expect(told([sunday('01:30', '02:15')])).toEqual(['01:30 has no time in it, since the clocks are put forward']);
    expect(told([sunday('00:00', '01:45'), sunday('02:15', '03:00')])).toEqual([
      '02:15 overlaps that of 2026-03-29T00:00 (00:00), since the clocks are changed',
    ]);
  });
});
