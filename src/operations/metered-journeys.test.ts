/** What a process counts of its work, and of the estate, for those who watch it. */

import { expect, test } from 'vitest';
import type { EstateGauged } from '#ports/estate-view.ts';
import type { Journeys } from '#ports/journeys.ts';
import { type Meters, metered } from './metered-journeys.ts';
import { estateWatch } from './watch-estate.ts';

function counting(): { readonly meters: Meters; readonly counted: unknown[][] } {
  const counted: unknown[][] = [];
  const note =
    (what: string) =>
    (...values: unknown[]): void => {
      counted.push([what, ...values]);
    };
  const meters: Meters = {
    pass: note('pass'),
    carried: note('carried'),
    lag: note('lag'),
    interruption: note('interruption'),
    blocked: note('blocked'),
  };
  return { meters, counted };
}

const noting = async (): Promise<void> => undefined;
const step = { mailbox: 1, expected: 'switching', step: 'settle', who: 'a test' } as const;

test('every way in which a pass ends is counted, with what it carried', async () => {
  const { meters, counted } = counting();
  const journeys = { carried: noting, failed: noting, rest: noting, block: noting } as unknown as Journeys;
  const under = metered({ ...journeys, turn: async () => true }, 'switch', meters);
  await under.carried(1, { copied: 3, bytes: 900 } as Parameters<Journeys['carried']>[1]);
  await under.rest(1, 5);
  await under.block(1, 'switch.incomplete', {}, 'a test');
  await under.turn(step, 'target', 2_500, null);
  expect(counted).toEqual([
    ['carried', 'switch', 3, 900],
    ['pass', 'switch', 'rested'],
    ['pass', 'switch', 'blocked'],
    ['blocked', 'switch.incomplete'],
    ['pass', 'switch', 'done'],
    ['interruption', 'target', 2_500],
  ]);
});

test('what could not be written down, and a switch that somebody else has taken further, is not counted as done', async () => {
  const { meters, counted } = counting();
  const away = () => Promise.reject(new Error('away'));
  const under = metered({ rest: away, turn: async () => false } as unknown as Journeys, 'switch', meters);
  await expect(under.rest(1, 5)).rejects.toThrow('away');
  expect(await under.turn(step, 'target', 2_500, null)).toBe(false);
  expect(counted).toEqual([]);
});

test('however many ask how the estate stands at a time, it is looked at once', async () => {
  let looks = 0;
  const gauged = async (): Promise<EstateGauged> => {
    looks++;
    return { standings: [], workers: [], platforms: [], waysHomeLate: [] };
  };
  const look = estateWatch({ gauged }, { depth: async () => ({ waiting: 1, active: 2 }) });
  const [first, second] = await Promise.all([look(), look(), look()]);
  expect(first).toBe(second);
  expect(looks).toBe(1);
  expect(await look()).toMatchObject({ jobs: { waiting: 1, active: 2 } });
  expect(looks).toBe(2);
});
