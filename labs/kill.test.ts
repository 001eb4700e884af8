/** A few of the random kills for every run of the tests; `node labs/kill-test.ts --kills 200` has many. */

import { expect, test } from 'vitest';
import { killTest } from './kill-test.ts';
import { labAvailable } from './namespace.ts';
import { skipAloud } from './skip-aloud.ts';

const ready = skipAloud('killing copies at random', await labAvailable('dovecot'));

test.runIf(ready)(
  'killed six times at random while the source is being filled, nothing is lost and nothing is there twice',
  async () => {
    const seed = 1;
    const figures = await killTest(6, seed);
    expect(figures.differences, `seed ${seed}`).toEqual([]);
    expect(figures.kills).toBe(6);
  },
);
