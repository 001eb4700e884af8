import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Chance } from '#lib/chance.ts';
import { fitWork } from './fit-rates.ts';
import { drawLargest, drawNormal, normalQuantile } from './normal.ts';

/** Work of mailboxes from a few messages to very many, with luck. */
function doneBy(fixedMs: number, msPerItem: number, msPerByte: number, sigma: number, seed: number) {
  const chance = new Chance(seed);
  return Array.from({ length: 600 }, () => {
    const items = Math.round(Math.exp(3 + 5 * (chance.bits() / 2 ** 32)));
    const bytes = items * Math.exp(9 + 3 * (chance.bits() / 2 ** 32));
    const usual = fixedMs + msPerItem * items + msPerByte * bytes;
    return { items, bytes, ms: usual * Math.exp(sigma * drawNormal(chance) - sigma ** 2 / 2) };
  });
}

test('what work takes is found again from work that was done, however lucky single mailboxes were', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 100, max: 20_000 }),
      fc.integer({ min: 2, max: 200 }),
      fc.double({ min: 1e-5, max: 1e-2, noNaN: true }),
      fc.constantFrom(0.05, 0.3, 0.6),
      fc.nat(),
      (fixed, item, octet, sigma, seed) => {
        const done = doneBy(fixed, item, octet, sigma, seed);
        const rate = fitWork(done);
        const expected = done.map(
          ({ items, bytes }) => (rate?.fixedMs ?? 0) + (rate?.msPerItem ?? 0) * items + (rate?.msPerByte ?? 0) * bytes,
        );
        const [all, told] = [done.reduce((sum, { ms }) => sum + ms, 0), expected.reduce((sum, ms) => sum + ms, 0)];
        expect(told / all).toBeCloseTo(1, 6);
        expect(Math.abs((rate?.sigma ?? 0) - sigma)).toBeLessThan(0.1);
        for (const part of [rate?.fixedMs, rate?.msPerItem, rate?.msPerByte]) expect(part).toBeGreaterThanOrEqual(0);
      },
    ),
    { numRuns: 30 },
  );
});

test('without luck each part is what it was', () => {
  const rate = fitWork(doneBy(2_000, 20, 0.001, 0, 7));
  expect(rate?.fixedMs).toBeCloseTo(2_000, 0);
  expect(rate?.msPerItem).toBeCloseTo(20, 3);
  expect(rate?.msPerByte).toBeCloseTo(0.001, 6);
});

test('where all are alike, or nothing but the time is known, the time is all that is told; of too few nothing is', () => {
  const alike = Array.from({ length: 40 }, () => ({ items: 10, bytes: 1_000, ms: 500 }));
  const rate = fitWork(alike);
  expect((rate?.fixedMs ?? 0) + 10 * (rate?.msPerItem ?? 0) + 1_000 * (rate?.msPerByte ?? 0)).toBeCloseTo(500, 6);
  expect(fitWork(alike.map((each) => ({ ...each, items: 0, bytes: 0 })))).toMatchObject({
    fixedMs: expect.closeTo(500, 6),
    msPerItem: 0,
    msPerByte: 0,
  });
  expect(fitWork(alike.slice(0, 29))).toBeNull();
  expect(fitWork(alike.map((each) => ({ ...each, ms: 0 })))).toBeNull();
});

test('draws lie as a normal distribution has them, and the largest of many where it belongs', () => {
  expect(normalQuantile(0.5)).toBeCloseTo(0, 9);
  expect(normalQuantile(0.975)).toBeCloseTo(1.959964, 5);
  expect(normalQuantile(0.001)).toBeCloseTo(-3.090232, 5);
  const chance = new Chance(3);
  const draws = Array.from({ length: 20_000 }, () => drawNormal(chance));
  const mean = draws.reduce((sum, x) => sum + x, 0) / draws.length;
  expect(Math.abs(mean)).toBeLessThan(0.03);
  expect(draws.reduce((sum, x) => sum + x * x, 0) / draws.length).toBeCloseTo(1, 1);
  const largest = Array.from({ length: 4_000 }, () => drawLargest(chance, 1_000));
  // The mean of the largest of a thousand is 3.2414.
  expect(largest.reduce((sum, x) => sum + x, 0) / largest.length).toBeCloseTo(3.24, 1);
});
