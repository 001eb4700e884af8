/** A little of the chaos for every run of the tests; `npm run chaos -- --kills 30 --mailboxes 500` has much. */

import { expect, test } from 'vitest';
import { chaos, orderOf } from './chaos.ts';
import { labAvailable } from './namespace.ts';
import { skipAloud } from './skip-aloud.ts';

const ready = skipAloud('chaos', await labAvailable('dovecot'));

test.runIf(ready)(
  'an estate moves though workers, control planes and PostgreSQL are killed: nothing is lost, and nothing is there twice',
  async () => {
    const seed = 2;
    const figures = await chaos(orderOf(seed, 6, 20));
    expect(figures.differences, `seed ${seed}`).toEqual([]);
    expect(figures.audit).toContain('intact');
  },
  300_000,
);
