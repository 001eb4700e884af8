/** Whoever waits for company is not compared anew each time; and nobody is taken at their word of long ago. */

import { expect, test } from 'vitest';
import { ComparedMemory } from './compared-memory.ts';

test('what was compared is known to who comes again, and only to them, for as long as anybody waits and no longer', () => {
  const memory = new ComparedMemory();
  const first = memory.take(1, 1_000);
  memory.keep(1, first);
  expect(memory.take(2, 2_000).ways).not.toBe(first.ways);
  const again = memory.take(1, 61_000);
  expect(again).toBe(first);
  // Kept again it is no younger.
  memory.keep(1, again);
  expect(memory.take(1, 121_001).ways).not.toBe(first.ways);
});

test('who does not wait any more is compared anew', () => {
  const memory = new ComparedMemory();
  const first = memory.take(1, 0);
  memory.keep(1, first);
  memory.take(1, 1);
  expect(memory.take(1, 2).ways).not.toBe(first.ways);
});

test('of more than it has room for the one that came longest ago is forgotten', () => {
  const memory = new ComparedMemory(2);
  const all = [1, 2, 3].map((mailbox) => [mailbox, memory.take(mailbox, 0)] as const);
  for (const [mailbox, compared] of all) memory.keep(mailbox, compared);
  expect(all.map(([mailbox, compared]) => memory.take(mailbox, 1) === compared)).toEqual([false, true, true]);
});
