import { describe, expect, it } from 'vitest';
import { statedRates } from '#domain/stated-rates.ts';
import { ratesIn } from './read-rates.ts';

describe('a file with rates', () => {
  it('is an object of rates, or any document that has one', () => {
    expect(ratesIn('r.json', JSON.stringify(statedRates))).toEqual(statedRates);
    expect(ratesIn('r.json', JSON.stringify({ waves: [], rates: statedRates }))).toEqual(statedRates);
  });

  it('that is none says what is wrong with it', () => {
    expect(() => ratesIn('r.json', 'rates')).toThrow('r.json is no JSON.');
    const { copy: _, ...rest } = statedRates;
    expect(() => ratesIn('r.json', JSON.stringify({ ...rest, atOnce: 0 }))).toThrow(
      /holds no rates: .*atOnce must be >= 1/,
    );
    expect(() => ratesIn('r.json', JSON.stringify(rest))).toThrow(/copy/);
  });
});
