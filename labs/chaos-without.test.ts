import { expect, test } from 'vitest';
import { areApplicable, withouts } from './chaos-without.ts';

test.each(withouts)(
  'what `npm run chaos -- --without %s` takes out still stands where it takes it from',
  async (what) => {
    await expect(areApplicable(what)).resolves.toBeUndefined();
  },
);
