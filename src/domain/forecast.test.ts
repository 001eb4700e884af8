import { expect, test } from 'vitest';
import { Chance } from '#lib/chance.ts';
import type { EstateAhead, WaveAhead } from './estate-ahead.ts';
import { forecast } from './forecast.ts';
import { drawNormal } from './normal.ts';
import type { Rates } from './rates.ts';
import { statedRates } from './stated-rates.ts';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
const now = Date.parse('2026-09-01T08:00Z');

const rates: Rates = {
  ...statedRates,
  origin: 'measured',
  samples: 1_000_000,
  switchSamples: 1_000_000,
  copy: { fixedMs: 2_000, msPerItem: 10, msPerByte: 1 / 2_000, sigma: 0.6 },
  switch: { fixedMs: 5_000, msPerItem: 0, msPerByte: 0, sigma: 0.5 },
  atOnce: 20,
  retryShare: 0,
  blockedShare: 0,
  throttledShare: 0,
};

function wave(name: string, opensInHours: number, changes: Partial<WaveAhead> = {}): WaveAhead {
  const opensAt = now + opensInHours * hourMs;
  return {
    name,
    state: 'running',
    window: { opensAt, closesAt: opensAt + 11 * hourMs },
    isPilot: false,
    toCopy: [],
    following: 0,
    blocked: 0,
    resting: 0,
    done: 0,
    ...changes,
  };
}

function estateOf(waves: readonly WaveAhead[], changes: Partial<EstateAhead> = {}): EstateAhead {
  return {
    now,
    rates,
    waves,
    followers: 0,
    followEveryMs: 15 * 60_000,
    aheadMs: 21 * dayMs,
    restsUntil: now,
    bytesUntil: () => null,
    unplanned: 0,
    ...changes,
  };
}

/** So many mailboxes of a hundred megabytes and a thousand items each. */
const bulk = (mailboxes: number) => [{ mailboxes, items: mailboxes * 1_000, bytes: mailboxes * 1e8 }];

/** The same mailbox by mailbox: each taken by the lane that is free first. */
function scheduled(mailboxes: number, lanes: number, seed: number): number {
  const chance = new Chance(seed);
  const free = Array.from({ length: lanes }, () => 0);
  const { fixedMs, msPerItem, msPerByte, sigma } = rates.copy;
  for (let i = 0; i < mailboxes; i++) {
    const first = free.indexOf(Math.min(...free));
    const usual = fixedMs + msPerItem * 1_000 + msPerByte * 1e8;
    free[first] = (free[first] as number) + usual * Math.exp(sigma * drawNormal(chance) - sigma ** 2 / 2);
  }
  return Math.max(...free);
}

test.each([200, 3_000])('%i copies in bulk take as long as they do one by one', (mailboxes) => {
  const told = forecast(estateOf([wave('e', 240, { toCopy: bulk(mailboxes) })]), 300);
  const real = Array.from({ length: 100 }, (_, seed) => scheduled(mailboxes, 20, seed)).toSorted((a, b) => a - b);
  const copied = told.waves[0]?.copied;
  expect(((copied?.p50 ?? 0) - now) / (real[50] as number)).toBeGreaterThan(0.9);
  expect(((copied?.p50 ?? 0) - now) / (real[50] as number)).toBeLessThan(1.1);
  expect(copied?.p90).toBeGreaterThan(copied?.p50 ?? 0);
});

test('a wave that is followed switches as its window opens, and its range is told', () => {
  const told = forecast(estateOf([wave('e', 24, { following: 7_200 })]));
  const [first] = told.waves;
  // 7,200 switches of five seconds, ten at a time, are an hour.
  expect(first?.switchMs.p50).toBeGreaterThan(0.9 * hourMs);
  expect(first?.switchMs.p90).toBeLessThan(1.4 * hourMs);
  expect(first?.finish?.p50).toBe((first?.window.opensAt ?? 0) + (first?.switchMs.p50 ?? 0));
  expect(first).toMatchObject({ copied: null, missed: { p50: 0, p90: 0 }, remarks: [] });
  expect(told.finish).toEqual(first?.finish);
});

test('what is not copied when a window opens is told days ahead, with when to begin', () => {
  const late = forecast(estateOf([wave('e', 24, { toCopy: bulk(200_000) })])).waves[0];
  expect(late?.missed.p50).toBeGreaterThan(0.5);
  expect(late?.copied?.p50).toBeGreaterThan(late?.window.closesAt ?? 0);
  expect(late?.remarks[0]).toMatch(
    /^Its copying is not done when its window opens, more likely than not: more connections/,
  );
  const far = wave('e', 24 * 60, { state: 'planned', toCopy: bulk(700_000) });
  const early = forecast(estateOf([far])).waves[0];
  expect(early?.remarks[0]).toMatch(/: start it by 2026-\d\d-\d\dT\d\d:00Z, or sooner/);
  expect(forecast(estateOf([far], { aheadMs: 59 * dayMs })).waves[0]?.remarks.join()).not.toContain('copying');
});

test('a switch that does not fit into its window is told, with how many do', () => {
  const [wide] = forecast(estateOf([wave('e', 24, { following: 160_000 })])).waves;
  expect(wide?.missed.p50).toBeGreaterThan(0.4);
  expect(wide?.missed.p50).toBeLessThan(0.6);
  expect(wide?.remarks).toEqual([
    expect.stringMatching(/^Its switch does not fit into its window: about \d\d,\d{3} mailboxes do, 10 at a time\.$/),
  ]);
  // Nobody switches after it has closed.
  expect(wide?.finish?.p90).toBe(wide?.window.closesAt);
});

test('waves are copied one after the other in the order of their windows, and who switches meanwhile comes first', () => {
  const both = [wave('later', 400, { toCopy: bulk(20_000) }), wave('sooner', 200, { toCopy: bulk(20_000) })];
  const told = forecast(estateOf(both)).waves;
  expect(told.map((each) => each.wave)).toEqual(['sooner', 'later']);
  const [sooner, later] = told;
  expect((later?.copied?.p50 ?? 0) - now).toBeGreaterThan(1.8 * ((sooner?.copied?.p50 ?? 0) - now));
  const between = wave('between', 5, { following: 40_000 });
  const waiting = forecast(estateOf([...both, between])).waves.find((each) => each.wave === 'sooner');
  expect((waiting?.copied?.p50 ?? 0) - (sooner?.copied?.p50 ?? 0)).toBeGreaterThan(4 * hourMs);
});

test('throttling, failures, followers and what may be asked for make it later, each by itself', () => {
  const one = [wave('e', 300, { toCopy: bulk(20_000) })];
  const at = (changes: Partial<EstateAhead>) => forecast(estateOf(one, changes)).waves[0]?.copied?.p50 ?? 0;
  const usual = at({});
  expect(at({ rates: { ...rates, throttledShare: 0.3, throttledTo: 0.2 } })).toBeGreaterThan(usual + hourMs);
  expect(at({ rates: { ...rates, retryShare: 0.2 } })).toBeGreaterThan(usual + hourMs);
  expect(at({ followers: 10_000 })).toBeGreaterThan(usual + hourMs);
  // A hundred megabytes a second: 2 TB are five and a half hours, at ten they are more than two days.
  const perMs = (megabytes: number) => (until: number) => ((until - now) * megabytes * 1e6) / 1_000;
  expect(at({ bytesUntil: perMs(10) }) - now).toBeGreaterThan(2 * dayMs);
  expect(at({ bytesUntil: perMs(1_000) })).toBe(usual);
});

test('what nobody has measured here is told with a wide range', () => {
  const one = [wave('e', 2_000, { toCopy: bulk(20_000) })];
  const width = (those: Rates): number => {
    const copied = forecast(estateOf(one, { rates: those })).waves[0]?.copied;
    return ((copied?.p90 ?? 0) - now) / ((copied?.p50 ?? 1) - now);
  };
  expect(width({ ...rates, origin: 'stated', samples: 0 })).toBeGreaterThan(1.7);
  expect(width(rates)).toBeLessThan(1.3);
});

test('who is blocked misses a window that is near, and mostly not one that is far; who is held is not counted', () => {
  const missed = (hours: number) =>
    forecast(estateOf([wave('e', hours, { following: 90, blocked: 10, resting: 50 })])).waves[0]?.missed.p50 ?? 0;
  expect(missed(1)).toBeGreaterThan(0.05);
  expect(missed(24 * 14)).toBeLessThan(0.001);
});

test('waves that are over are told with whom they left behind, and an estate without any has no finish', () => {
  const over = wave('over', -20, { following: 3, blocked: 1 });
  const told = forecast(estateOf([over, wave('done', 5, { done: 9 })], { unplanned: 12 }));
  expect(told).toMatchObject({ finish: null, waves: [], overdue: [{ wave: 'over', mailboxes: 4 }], unplanned: 12 });
});

test('who misses a window switches in a later one that has time left, and the last of all is told with them', () => {
  const tight = wave('tight', 24, { following: 160_000 });
  const [first, second] = [forecast(estateOf([tight])), forecast(estateOf([tight, wave('b', 72, { following: 100 })]))];
  const closes = (hours: number) => now + (hours + 11) * hourMs;
  // Half of them: eleven hours more, which no window has.
  expect(first.waves[0]?.finish?.p90).toBe(closes(24));
  expect(first.finish?.p50).toBeGreaterThan(closes(24) + 9 * hourMs);
  expect(first.inNoWindow.p50).toBeGreaterThan(70_000);
  // With a second evening nearly all of them have one, and the last of all is over in it or soon after.
  expect(second.inNoWindow.p50).toBeLessThan(10_000);
  expect(second.finish?.p50).toBeGreaterThan(now + 72 * hourMs + 9 * hourMs);
  expect(second.missed.p50).toBeCloseTo(first.missed.p50, -4);
});

test('a wave that cannot be copied in time never ends the programme by its window', () => {
  const late = forecast(estateOf([wave('e', 24, { toCopy: bulk(200_000) })]));
  expect(late.finish?.p50).toBeGreaterThan(late.waves[0]?.copied?.p50 ?? 0);
  expect(late.inNoWindow.p50).toBeGreaterThan(100_000);
});

test('who is left of a window that is over goes into the next, or after the last', () => {
  const over = wave('over', -20, { following: 30 });
  const told = forecast(estateOf([over, wave('e', 24, { following: 10 })]));
  expect(told).toMatchObject({ waves: [{ wave: 'e' }], overdue: [{ mailboxes: 30 }], inNoWindow: { p50: 0, p90: 0 } });
  const full = forecast(estateOf([over, wave('e', 24, { following: 160_000 })]));
  expect(full.inNoWindow.p50).toBeGreaterThan(60_000);
});

test('what is limited by octets is told to the minute, and what was not asked for before a wave begins is not had later', () => {
  const perMs = (megabytes: number) => (until: number) => ((until - now) * megabytes * 1e6) / 1_000;
  const at = (megabytes: number, hours = 24 * 90): number =>
    forecast(estateOf([wave('e', hours, { toCopy: bulk(20_000) })], { bytesUntil: perMs(megabytes) })).waves[0]?.copied
      ?.p50 ?? 0;
  // Two terabytes at a megabyte a second are 23.15 days.
  expect((at(1) - now) / dayMs).toBeCloseTo(23.15, 1);
  const planned = forecast(
    estateOf([wave('e', 24 * 90, { state: 'planned', toCopy: bulk(20_000) })], { bytesUntil: perMs(1) }),
  ).waves[0];
  expect(((planned?.copied?.p50 ?? 0) - (now + 69 * dayMs)) / dayMs).toBeCloseTo(23.15, 1);
});

test('throttling slows what is limited by octets as well', () => {
  const perMs = (until: number) => ((until - now) * 1e6) / 1_000;
  const at = (throttledShare: number) =>
    forecast(
      estateOf([wave('e', 2_000, { toCopy: bulk(20_000) })], {
        bytesUntil: perMs,
        rates: { ...rates, throttledShare, throttledTo: 0.5 },
      }),
    ).waves[0]?.copied?.p50 ?? 0;
  expect(at(0.4) - now).toBeGreaterThan(1.1 * (at(0) - now));
});

test('nothing is begun while a platform rests', () => {
  const one = [wave('e', 300, { toCopy: bulk(2_000) })];
  const [usual, resting] = [forecast(estateOf(one)), forecast(estateOf(one, { restsUntil: now + 5 * hourMs }))];
  const later = (resting.waves[0]?.copied?.p50 ?? 0) - (usual.waves[0]?.copied?.p50 ?? 0);
  expect(later).toBeCloseTo(5 * hourMs, -3);
});

test('switches that were measured are told closely though copies were not, and the other way round', () => {
  const width = (changes: Partial<Rates>, work: Partial<WaveAhead>): number => {
    const [told] = forecast(estateOf([wave('e', 24, work)], { rates: { ...rates, ...changes } })).waves;
    const range = work.following ? told?.switchMs : told?.copied;
    const from = work.following ? 0 : now;
    return ((range?.p90 ?? 0) - from) / ((range?.p50 ?? 1) - from);
  };
  expect(width({ origin: 'stated', samples: 0 }, { following: 2_000 })).toBeLessThan(1.3);
  expect(width({ switchSamples: 0 }, { following: 2_000 })).toBeGreaterThan(1.7);
  expect(width({ switchSamples: 0 }, { toCopy: bulk(2_000) })).toBeLessThan(1.3);
});

test('the same estate has the same forecast', () => {
  const estate = estateOf([wave('e', 24, { toCopy: bulk(500), following: 20 })]);
  expect(forecast(estate)).toEqual(forecast(estate));
});
