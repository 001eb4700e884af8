/** A few of the random kills for every run of the tests; `node labs/kill-test.ts --kills 200` has many. */

import { expect, test } from 'vitest';
import { killTest } from './kill-test.ts';
import { labAvailable } from './namespace.ts';
import { skipAloud } from './skip-aloud.ts';

const ready = skipAloud('killing copies at random', await labAvailable('dovecot'));

test.runIf(ready).each([
  { removals: false, seed: 1 },
  { removals: true, seed: 3 },
])(
  'killed at random while the source is in use (removals: $removals), nothing is lost and nothing is there twice',
  async ({ removals, seed }) => {
    const figures = await killTest(5, seed, 'dovecot', removals);
    expect(figures.differences, `seed ${seed}`).toEqual([]);
    expect(figures.kills).toBe(5);
  },
);
