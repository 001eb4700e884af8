import { describe, expect, test } from 'vitest';
import { bytesUntil, type Outlook, remarksOn } from './wave-outlook.ts';

const hourMs = 3_600_000;
const now = Date.parse('2026-12-01T12:00Z');
const window = { opensAt: now + 7 * hourMs, closesAt: now + 8 * hourMs };
const wave = { name: 'pilot', state: 'running', window } as const;
const budget = {
  connections: 20,
  connectionsPerMailbox: 2,
  bytesPerSecond: [{ fromMinute: 0, bytesPerSecond: null }],
  commandsPerSecond: null,
};
const source = { side: 'source', budget, timezone: 'Europe/London' } as const;

function outlook(more: Partial<Outlook> = {}): Outlook {
  return {
    now,
    toSwitch: 100,
    toCopyBytes: 5e9,
    notThatDay: 0,
    notAccepted: 0,
    organisationsWaiting: 0,
    others: [],
    platforms: [source],
    interruptedMs: null,
    ...more,
  };
}

describe('of a wave', () => {
  test('that can be done in its window nothing is remarked', () => {
    expect(remarksOn(wave, outlook())).toEqual([]);
    expect(remarksOn(wave, outlook({ platforms: [] }))).toEqual([]);
  });

  test('whose window overlaps others it is told with which, of those that are still to come', () => {
    const others = [
      { name: 'pilot', state: 'running', window },
      { name: 'north', state: 'planned', window: { opensAt: window.closesAt - 1, closesAt: window.closesAt + hourMs } },
      { name: 'south', state: 'planned', window: { opensAt: window.closesAt, closesAt: window.closesAt + hourMs } },
      { name: 'given up', state: 'cancelled', window },
    ] as const;
    expect(remarksOn(wave, outlook({ others }))).toEqual([
      'Its window overlaps that of north: they share what the platforms give.',
    ]);
  });

  test('that has more to switch than its window has time for it is told with the numbers', () => {
    expect(remarksOn(wave, outlook({ toSwitch: 7_200 }))).toEqual([]);
    expect(remarksOn(wave, outlook({ toSwitch: 22_000 }))).toEqual([
      'To switch 22,000 mailboxes takes about 3.1 h, 10 at a time and 5 s each (assumed); its window has 1 h.',
    ]);
    expect(remarksOn(wave, outlook({ toSwitch: 22_000, interruptedMs: 1_200 }))).toEqual([]);
    const halfOver = outlook({ toSwitch: 22_000, interruptedMs: 1_200, now: window.opensAt + hourMs / 2 });
    expect(remarksOn(wave, halfOver)).toEqual([
      'To switch 22,000 mailboxes takes about 44 min, 10 at a time and 1.2 s each (as measured); its window has 30 min.',
    ]);
  });

  test('that has more to copy than a platform may be asked for it is told with the numbers', () => {
    const slow = { ...source, budget: { ...budget, bytesPerSecond: [{ fromMinute: 0, bytesPerSecond: 1e6 }] } };
    expect(remarksOn(wave, outlook({ platforms: [slow], toCopyBytes: 28e9 }))).toEqual([]);
    expect(remarksOn(wave, outlook({ platforms: [slow], toCopyBytes: 2e12 }))).toEqual([
      'About 2 TB are still to be copied, and the source may be asked for 28.8 GB until its window closes.',
    ]);
  });

  test('whose window has closed on some it is told what to do, and of one that is over nothing', () => {
    const late = outlook({ now: window.closesAt, toSwitch: 1 });
    expect(remarksOn(wave, late)).toEqual([
      'Its window has closed, and 1 mailbox did not make it. Give them another: godwit wave reschedule pilot --window …',
    ]);
    expect(remarksOn(wave, { ...late, toSwitch: 0 })).toEqual([]);
    expect(remarksOn({ ...wave, state: 'finished' }, late)).toEqual([]);
  });
});

test('what a platform may be asked for follows its timetable by the clocks of its people, and once free is without limit', () => {
  // Thursday noon in London: 1 MB a second until seven in the evening, then a tenth of it.
  const bytesPerSecond = [
    { fromMinute: 2 * 1440 + 8 * 60, bytesPerSecond: 1e6 },
    { fromMinute: 2 * 1440 + 19 * 60, bytesPerSecond: 1e5 },
  ];
  const slow = { ...budget, bytesPerSecond };
  expect(bytesUntil(slow, 'Europe/London', now, now + 8 * hourMs)).toBe(7 * 3_600 * 1e6 + 3_600 * 1e5);
  expect(bytesUntil(slow, 'America/New_York', now, now + 8 * hourMs)).toBe(3_600 * 1e5 + 7 * 3_600 * 1e6);
  expect(bytesUntil(budget, 'Europe/London', now, now + hourMs)).toBeNull();
});
