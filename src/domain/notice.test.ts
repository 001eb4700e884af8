import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isQuiet, quietSince, quietUntil, readQuietHours } from './notice-hours.ts';
import { noticeKinds, noticeMoments } from './notice-kinds.ts';
import { type NoticeHabits, noticeMessageId, noticesDue, noticeSpans } from './notice.ts';
import { instantOf, readWindow, type Window } from './window.ts';

const london: NoticeHabits = {
  timezone: 'Europe/London',
  quiet: readQuietHours('20:00-08:00'),
  at: '09:00',
  moments: noticeMoments,
  shared: false,
};
const zones = ['UTC', 'Europe/London', 'America/New_York', 'Asia/Kolkata', 'Australia/Lord_Howe', 'Pacific/Auckland'];
const instants = fc.integer({ min: Date.UTC(2024, 0, 1), max: Date.UTC(2028, 0, 1) });
const hours = fc
  .tuple(fc.integer({ min: 0, max: 1_439 }), fc.integer({ min: 0, max: 1_439 }))
  .filter(([from, until]) => from !== until)
  .map(([from, until]) => ({ from, until }));

function at(text: string, timezone = 'Europe/London'): number {
  const [day = '', time = ''] = text.split(' ');
  return instantOf(day, time, timezone) as number;
}

function window(text: string): Window {
  return readWindow(text, 'Europe/London') as Window;
}

function spans(text: string, habits = london): readonly (readonly [string, number, number])[] {
  return noticeSpans(window(text), habits).map(({ kind, from, until }) => [kind, from, until] as const);
}

describe('quiet hours', () => {
  test('go on past midnight, and are told by the clocks where somebody lives', () => {
    const quiet = readQuietHours('20:00-08:00');
    expect(isQuiet(quiet, at('2026-12-01 19:59'), 'Europe/London')).toBe(false);
    expect(isQuiet(quiet, at('2026-12-01 20:00'), 'Europe/London')).toBe(true);
    expect(isQuiet(quiet, at('2026-12-02 07:59'), 'Europe/London')).toBe(true);
    expect(isQuiet(quiet, at('2026-12-02 08:00'), 'Europe/London')).toBe(false);
    // At two in the afternoon in London it is night in Auckland.
    expect(isQuiet(quiet, at('2026-12-01 14:00'), 'Pacific/Auckland')).toBe(true);
    expect(isQuiet(readQuietHours('12:00-13:30'), at('2026-12-01 13:00'), 'Europe/London')).toBe(true);
    expect(isQuiet(null, at('2026-12-01 03:00'), 'Europe/London')).toBe(false);
  });

  test('begin and end around every moment that lies in them', () => {
    fc.assert(
      fc.property(hours, instants, fc.constantFrom(...zones), (quiet, moment, timezone) => {
        const [since, until] = [quietSince(quiet, moment, timezone), quietUntil(quiet, moment, timezone)];
        if (!isQuiet(quiet, moment, timezone)) return since === moment && until === moment;
        // A clock that is put forward or back moves either end by an hour at most.
        return since <= moment && moment < until + 3_600_000 && until - since <= 25 * 3_600_000;
      }),
    );
  });

  test('are refused where they are no hours, or all of them', () => {
    for (const text of ['20-8', '24:00-08:00', '08:00-08:00', '20:00', 'never', ''])
      expect(readQuietHours(text)).toBeNull();
  });
});

describe('messages before a move', () => {
  test('fall due fourteen days and two days before, and on the day early enough for the evening', () => {
    expect(spans('2026-12-01T19:00/06:00')).toEqual([
      ['T-14', at('2026-11-17 09:00'), at('2026-11-29 09:00')],
      ['T-2', at('2026-11-29 09:00'), at('2026-12-01 16:00')],
      ['T-0', at('2026-12-01 16:00'), at('2026-12-02 06:00')],
    ]);
  });

  test('that of the evening goes out before quiet hours begin, though the window opens in them', () => {
    expect(spans('2026-12-01T23:30/04:00').at(-1)?.slice(0, 2)).toEqual(['T-0', at('2026-12-01 17:00')]);
    expect(spans('2026-12-02T00:30/04:00').at(-1)?.slice(0, 2)).toEqual(['T-0', at('2026-12-01 17:00')]);
    expect(spans('2026-12-02T00:30/04:00', { ...london, quiet: null }).at(-1)?.[1]).toBe(at('2026-12-01 21:30'));
  });

  test('keep their hour of the day though clocks change in between', () => {
    // Clocks were put back on 25 October 2026.
    expect(spans('2026-11-01T19:00/06:00')[0]?.[1]).toBe(at('2026-10-18 09:00'));
    expect(at('2026-10-18 09:00')).toBe(Date.UTC(2026, 9, 18, 8));
  });

  test('follow one another without a gap, whatever the window and the habits: at no moment are two of them due', () => {
    fc.assert(
      fc.property(instants, hours, fc.constantFrom(...zones), (opensAt, quiet, timezone) => {
        const its = { opensAt, closesAt: opensAt + 10 * 3_600_000 };
        const [fortnight, two, evening] = noticeSpans(its, { ...london, quiet, timezone });
        expect(fortnight?.until).toBe(two?.from);
        expect(two?.until).toBe(evening?.from);
        expect(evening?.from).toBeLessThan(opensAt);
        for (const span of [fortnight, two, evening]) expect(span?.from).toBeLessThanOrEqual(span?.until as number);
      }),
    );
  });

  test('are due only of waves that are to move, and on the evening only of those that run', () => {
    const its = window('2026-12-01T19:00/06:00');
    const due = (state: 'planned' | 'running' | 'paused' | 'cancelled', now: number, moments = noticeMoments) =>
      noticesDue([{ name: 'w', state, window: its }], now, { ...london, moments }, noticeKinds).map(({ kind }) => kind);
    expect(due('planned', at('2026-11-20 10:00'))).toEqual(['stay', 'T-14']);
    expect(due('running', at('2026-11-30 10:00'))).toEqual(['stay', 'T-2']);
    expect(due('running', at('2026-12-01 17:00'))).toEqual(['stay', 'T-0']);
    expect(due('planned', at('2026-12-01 17:00'))).toEqual(['stay']);
    expect(due('paused', at('2026-11-30 10:00'))).toEqual(['stay']);
    expect(due('running', at('2026-11-16 10:00'))).toEqual(['stay']);
    expect(due('running', at('2026-11-20 10:00'), ['T-2'] as never)).toEqual([]);
  });
});

test('the day after a switch begins with the next morning, not with the next hour', () => {
  const wave = { name: 'w', state: 'running', window: window('2026-12-01T19:00/06:00') } as const;
  const before = (now: string) =>
    noticesDue([wave], at(now), london, ['T+1']).map((lot) => (lot.kind === 'T+1' ? lot.before : null));
  expect(before('2026-12-02 08:59')).toEqual([]);
  expect(before('2026-12-02 09:00')).toEqual([at('2026-12-02 00:00')]);
  expect(before('2026-12-03 10:00')).toEqual([at('2026-12-03 00:00')]);
  expect(before('2026-12-08 10:00')).toEqual([]);
});

test('a message has one Message-ID however often it is tried, and another date has another', () => {
  const id = (address: string, occasion: number) => noticeMessageId({ address, kind: 'T-2', occasion }, 'corp.example');
  expect(id('ann@x.example', 1)).toMatch(/^<godwit\.[0-9a-f]{32}@corp\.example>$/);
  expect(id('ann@x.example', 1)).toBe(id('ann@x.example', 1));
  expect(id('ann@x.example', 2)).not.toBe(id('ann@x.example', 1));
});
