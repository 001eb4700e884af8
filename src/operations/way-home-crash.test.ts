/** Going home, killed anywhere and begun again: nothing is lost, nothing is there twice, and what was removed is in our folder once. */

import { describe, expect, test } from 'vitest';
import type { MemoryOperation, Mishap } from '#connectors/memory/faults.ts';
import { switchPoints } from '#cutover/switch.ts';
import { crashPoints } from '#sync/engine.ts';
import { contents, fill } from './copy-mailbox.test-kit.ts';
import { aJourney, type Journey, type Platforms, type Point } from './way-home.test-kit.ts';
import { live, ofOurs, ofPeople, remove } from './way-home-people.test-kit.ts';

/** Settled, carried home once, and lived on since: also a folder is gone, and one has been renumbered. */
async function livedOn(platforms: Partial<Platforms> = {}): Promise<Journey> {
  const journey = await aJourney(platforms);
  fill(journey.source.create(['INBOX']), 1, 20);
  fill(journey.source.create(['Work']), 21, 26);
  fill(journey.source.create(['Lists']), 31, 36);
  fill(journey.source.create(['Old']), 41, 44);
  await journey.until('following');
  await journey.until('settled', 'switch');
  live(journey.target, 100);
  await journey.work();
  live(journey.target, 200);
  remove(journey.target, 'Work', 2, 3);
  journey.target.delete('Lists');
  journey.target.delete('Old');
  fill(journey.target.create(['Old']), 43, 46);
  return journey;
}

/** One removed and one moved each day; two of Work; all of Lists; two of Old. */
const removedInAll = 2 + 2 + 2 + 6 + 2;

async function expectHome(journey: Journey): Promise<void> {
  await journey.until('following');
  expect(ofPeople(journey.source)).toEqual(contents(journey.target));
  expect(ofOurs(journey.source)).toHaveLength(removedInAll);
  expect(new Set(ofOurs(journey.source)).size).toBe(removedInAll);
  await journey.work();
  await journey.until('settled', 'switch');
  expect(contents(journey.target)).toEqual(ofPeople(journey.source));
}

const reached = new Set<Point>();

describe.each(['at-once', 'by-copies'] as const)('where messages are moved %s', (moves) => {
  // Where copies are made, what is of interest is what is done with them.
  const points: readonly Point[] =
    moves === 'at-once' ? [...crashPoints, ...switchPoints] : ['removal.recorded', 'removal.done', 'carried', 'turned'];

  test.each(points)('killed at %s on the way home', async (point) => {
    for (const nth of [1, 3]) {
      await using journey = await livedOn({ source: { traits: { moves } } });
      journey.order('go-back');
      if (await journey.work(point, nth)) reached.add(point);
      await expectHome(journey);
    }
  });

  test('killed again and again, somewhere further each time', async () => {
    await using journey = await livedOn({ source: { traits: { moves } } });
    journey.order('go-back');
    for (const point of points) await journey.work(point, 1);
    await expectHome(journey);
  });

  test.each(['before', 'after'] as const)(
    'with the connection lost %s each thing that is done at home',
    async (when) => {
      const kinds: readonly MemoryOperation['kind'][] = [
        'move',
        'copied',
        'expunge',
        'store',
        'append',
        'prepare',
        'list',
      ];
      for (const kind of kinds) {
        let left = 0;
        const lose = (operation: MemoryOperation): Mishap | null =>
          operation.kind === kind && left-- > 0 ? { kind: 'cut' } : null;
        await using journey = await livedOn({ source: { traits: { moves }, faults: { [when]: lose } } });
        left = 1;
        journey.order('go-back');
        await expectHome(journey);
      }
    },
  );
});

test('a copy that was made before two mishaps in a row is found by the third attempt', async () => {
  let left = 0;
  const after = ({ kind }: MemoryOperation): Mishap | null =>
    kind === 'copied' && left-- > 0 ? { kind: 'cut' } : null;
  await using journey = await aJourney({ source: { traits: { moves: 'by-copies' }, faults: { after } } });
  fill(journey.source.create(['INBOX']), 1, 5);
  await journey.until('following');
  await journey.until('settled', 'switch');
  remove(journey.target, 'INBOX', 2, 3);
  left = 1;
  // The connection is lost once the copies are made, and the process killed as it begins again.
  expect(await journey.work('removal.recorded', 2)).toBe(true);
  await journey.work();
  expect(ofPeople(journey.source)).toEqual(contents(journey.target));
  expect(ofOurs(journey.source)).toHaveLength(2);
});

describe('a way home that is killed', () => {
  test('was killed at every place that it comes to', () => {
    const elsewhere: readonly Point[] = [...crashPoints, ...switchPoints].filter((point) => !reached.has(point));
    expect(elsewhere).toEqual([]);
  });
});
