/** A few hundred histories for every run of the tests, half a minute of them; `npm run sim -- --seeds 5000` has many. */

import { expect, test } from 'vitest';
import { playHistory } from './history.ts';

/** Histories that did not end well, or stopped before their end, told so that `npm run sim -- --from SEED` shows them again. */
async function ended(over: 'memory' | 'imap', first: number, last: number): Promise<readonly string[]> {
  const bad: string[] = [];
  for (let seed = first; seed <= last; seed++) {
    const { findings } = await playHistory({ seed, over, isVerbose: false });
    if (findings.length > 0) bad.push(`seed ${seed} over ${over}: ${findings.join('; ')}`);
  }
  return bad;
}

test('whatever the weather and whenever the process is killed: nothing lost, nothing twice, and the report is true', async () => {
  expect(await ended('memory', 1, 300)).toEqual([]);
}, 600_000);

test('the same over sockets, with a server that goes wrong as servers do', async () => {
  expect(await ended('imap', 1, 120)).toEqual([]);
}, 600_000);

test('the same seed plays the same history', async () => {
  const [first, second] = [
    await playHistory({ seed: 17, over: 'memory', isVerbose: true }),
    await playHistory({ seed: 17, over: 'memory', isVerbose: true }),
  ];
  expect(second.trace).toEqual(first.trace);
});
