import { describe, expect, it } from 'vitest';
import { apart } from './apart.ts';
import { chartsOf } from './charts.ts';
import { dayMs, firstDay, hourMs, type Made, orderOf } from './rehearsal.test-kit.ts';
import { rehearse } from './rehearse.ts';
import { inTheirOwn, type RehearsalReport, reportPage, verdict } from './report-page.ts';
import { inShort } from './runs.ts';
import { brief, standing, steps } from './svg.ts';
import { eveningWords, missedOf } from './words.ts';

const stormy: Made = {
  mailboxes: 240,
  windows: 16,
  each: 20,
  weather: (calm) => ({
    ...calm,
    outages: [{ side: 'target', from: firstDay + 2 * dayMs + 18 * hourMs, until: firstDay + 3 * dayMs + 7 * hourMs }],
    failures: { ...calm.failures, mailboxes: 0.1 },
    people: { ...calm.people, holds: 0.1, excludes: 0.05 },
  }),
};

function reportOf(made: Made, runs = 3, plan = 'plan.csv'): RehearsalReport {
  const order = orderOf(made);
  const rehearsals = Array.from({ length: runs }, (_, i) => rehearse({ ...order, seed: i + 1 }, { day() {} }));
  const [told] = rehearsals;
  if (!told) throw new Error('nothing was rehearsed');
  return {
    plan,
    timezone: 'Europe/London',
    runs: { told, runs: rehearsals.map(inShort) },
    apart: null,
    remarks: [],
    rates: order.rates,
    platforms: order.platforms,
    hands: order.hands,
    weather: order.weather,
    habits: order.habits,
  };
}

/** The tags that are opened and not closed, or closed and not open. */
function unbalanced(text: string): readonly string[] {
  const open: string[] = [];
  const wrong: string[] = [];
  const tags = text.matchAll(/<(\/?)([a-zA-Z][\w-]*)((?:\s+[\w:-]+="[^"<]*")*)\s*(\/?)>/g);
  for (const [, closes, name = '', , isEmpty] of tags) {
    if (['meta', 'br'].includes(name) || isEmpty === '/') continue;
    if (closes === '') open.push(name);
    else if (open.at(-1) === name) open.pop();
    else wrong.push(name);
  }
  // Whatever looks like a tag and has another form.
  const left = text.replaceAll(/<!doctype html>|<\/?[a-zA-Z][\w-]*(?:\s+[\w:-]+="[^"<]*")*\s*\/?>/g, '');
  return [...wrong, ...open, ...(left.match(/<[^\s=]/g) ?? [])];
}

describe('the report of a rehearsal', () => {
  const report = reportOf(stormy);
  const page = reportPage(report);

  it('is one file that fetches nothing and runs nothing', () => {
    expect(page).not.toMatch(/<script|javascript:|@import|url\(|<link|<img|<iframe/i);
    const addresses = page.match(/https?:\/\/[^"' <]+/g) ?? [];
    expect(new Set(addresses)).toEqual(new Set(['http://www.w3.org/2000/svg']));
    expect(unbalanced(page)).toEqual([]);
  });

  it('has each chart a second time as a table, and says in words what it shows', () => {
    const charts = chartsOf(report.runs, report.timezone);
    expect(charts.map(({ name }) => name)).toEqual([
      'burn-down',
      'windows',
      'standings',
      'reasons',
      'copies',
      'finish',
    ]);
    for (const { name, svg, says, table } of charts) {
      expect(svg).toContain(`role="img" aria-labelledby="${name}-t ${name}-d"`);
      expect(says).toMatch(/\.$/);
      expect(page).toContain(`<section id="table-${name}">`);
      expect(table.rows.length).toBeGreaterThan(0);
      for (const row of table.rows) expect(row).toHaveLength(table.head.length);
    }
  });

  it('can be read by day, by night and on paper', () => {
    expect(page).toContain('@media screen and (prefers-color-scheme:dark)');
    expect(page).toContain('@media print');
    expect(page).toContain('<html lang="en">');
  });

  it('tells the figures of the rehearsal and no others', () => {
    const { told } = report.runs;
    const windows = chartsOf(report.runs, report.timezone).find(({ name }) => name === 'windows');
    const done = (windows?.table.rows ?? []).reduce((sum, [, , , count]) => sum + Number(count), 0);
    expect(done).toBe(told.evenings.reduce((sum, evening) => sum + evening.done, 0));
    const late = told.evenings.reduce((sum, evening) => sum + evening.late, 0);
    expect(inTheirOwn(told)).toBeCloseTo(1 - (told.everMissed + late) / 240, 10);
    expect(page).toContain(`<strong>${told.everMissed}</strong>`);
    const [, , third] = told.evenings;
    if (!third) throw new Error('there is a third window');
    expect(page).toContain(`${third.window.day} (evening)`);
    const words = eveningWords(third, told.evenings);
    expect(words).toContain(
      `${missedOf(third)} did not: ${third.missed.outage} because a platform could not be reached`,
    );
    expect(words).toMatch(/They went \d+ to 2026-08-\d\d/);
  });

  it('is the same for the same rehearsal', () => {
    expect(reportPage(reportOf(stormy))).toBe(page);
  });

  it('shows names that somebody chose as they are, and lets them do nothing', () => {
    const page = reportPage(reportOf({ mailboxes: 5, windows: 2, each: 5 }, 1, '<b onload="x">&.csv'));
    expect(page).toContain('Rehearsal of &#60;b onload=&#34;x&#34;&#62;&#38;.csv');
    expect(unbalanced(page)).toEqual([]);
  });

  it('is drawn also of a programme that is over in a day, of one that nobody finishes, and of none', () => {
    const short = reportOf({ mailboxes: 1, windows: 1, each: 1 }, 1);
    const never = reportOf({ ...stormy, weather: (calm) => ({ ...calm, people: { ...calm.people, excludes: 1 } }) }, 2);
    const none = reportOf({ mailboxes: 3, windows: 1, each: 1, more: { window: Int32Array.of(-1, -1, -1) } }, 1);
    const full = reportOf({ ...stormy, windows: 12 }, 1);
    expect(verdict(full)).toMatch(
      /^Not within the calendar: \d+ mailboxes never switch; the last of the others does on /,
    );
    expect(reportPage(full)).toContain('<strong>not within the calendar</strong>');
    expect(verdict(never)).toBe('Nobody switched.');
    expect(verdict(none)).toBe('The plan places nobody, so nothing was rehearsed.');
    for (const each of [short, never, none]) {
      const page = reportPage(each);
      expect(unbalanced(page)).toEqual([]);
      expect(page).not.toMatch(/NaN|Infinity|undefined|null/);
    }
  });

  it('has charts that stand by themselves', () => {
    for (const chart of chartsOf(report.runs, report.timezone)) {
      const svg = standing(chart);
      expect(unbalanced(svg)).toEqual([]);
      expect(svg).toMatch(/^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg"[^>]*><style>/);
      expect(svg).not.toMatch(/NaN|Infinity|undefined/);
    }
  });
});

describe('a scale', () => {
  it.each([
    [0, [0, 1]],
    [83_000, [0, 20_000, 40_000, 60_000, 80_000, 100_000]],
    [0.07, [0, 0.02, 0.04, 0.06, 0.08]],
    [2_100_000, [0, 500_000, 1_000_000, 1_500_000, 2_000_000, 2_500_000]],
  ])('goes up to %s in round steps', (most, wanted) => {
    expect(steps(most)).toEqual(wanted);
  });

  it('is labelled briefly', () => {
    expect([0, 950, 22_000, 1_500_000, 0.02].map(brief)).toEqual(['0', '950', '22 k', '1.5 M', '0.02']);
  });
});

describe('people who work together', () => {
  it('are apart by the days between their windows, weighed by the kind of the grant', () => {
    const grants = {
      mailbox: Int32Array.of(0, 0, 2, 3, 4),
      grantee: Int32Array.of(1, 2, 3, 0, 0),
      kind: Uint8Array.of(0, 3, 0, 0, 0),
      unknown: { grants: 0, addresses: [] },
    };
    const weights = { 'full-access': 5, 'send-as': 5, 'send-on-behalf': 3, folder: 1 };
    const planned = Int32Array.of(0, 0, 1, 1, -1);
    // Mailbox 1 missed its window and went in the third; mailbox 3 never went.
    const switched = Int32Array.of(0, 2, 1, -1, -1);
    expect(apart(grants, weights, [10, 11, 17], planned, switched)).toEqual({
      grants: 4,
      plannedDays: 1,
      rehearsedDays: 5 * 7 + 1,
      newlySplit: 1,
      neverJoined: 2,
    });
  });
});
