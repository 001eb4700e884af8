import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  inNumberSet,
  joined,
  largestNumber,
  NumberGatherer,
  readNumberSet,
  splitNumberSet,
  writeNumberSet,
} from './number-set.ts';

const numbers = fc.uniqueArray(fc.integer({ min: 1, max: 2_000 }), { maxLength: 300 });

describe('sets of UIDs', () => {
  test.each([
    [
      [
        [1, 4],
        [7, 7],
        [9, largestNumber],
      ],
      '1:4,7,9:*',
    ],
    [[[largestNumber, largestNumber]], '*'],
    [[], ''],
  ] as const)('%j is written %s', (set, text) => {
    expect(writeNumberSet(set)).toBe(text);
  });

  test('are split so that no command is longer than a server takes, and nothing is left out', () => {
    fc.assert(
      fc.property(numbers, fc.integer({ min: 10, max: 100 }), (all, octetsMax) => {
        const set = joined(all.map((each) => [each, each] as const));
        const parts = splitNumberSet(set, octetsMax);
        for (const part of parts) expect(part.length).toBeLessThanOrEqual(octetsMax);
        expect(parts.length === 0 ? [] : readNumberSet(parts.join(','))).toEqual(set);
      }),
    );
  });

  test.each([[[0, 1]], [[3, 2]], [[1.5, 2]], [[1, 2 ** 32]]] as const)('%j is no range', (range) => {
    expect(() => writeNumberSet([range as unknown as readonly [number, number]])).toThrow(RangeError);
  });

  test.each(['', 'a', '1:', '1,,2', '*', '1:*', '12345678901'])('%j is no set that a server may send', (text) => {
    expect(readNumberSet(text)).toBeNull();
  });

  test('gathered in any order they hold each number once', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 200 })), (values) => {
        const gatherer = new NumberGatherer();
        const seen = new Set<number>();
        for (const value of values) {
          expect(gatherer.add(value)).toBe(!seen.has(value));
          seen.add(value);
        }
        for (let value = 1; value <= 200; value++) {
          expect(gatherer.has(value)).toBe(seen.has(value));
          expect(inNumberSet(gatherer.set, value)).toBe(seen.has(value));
        }
        expect(gatherer.set).toEqual(joined([...seen].map((value) => [value, value] as const)));
      }),
    );
  });
});
