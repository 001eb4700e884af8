import { expect, test } from 'vitest';
import { Holdings } from './holdings.ts';

test('a worker whose question is out for long says nothing of what it holds, since the answer may be a lease', async () => {
  let now = 0;
  const held = new Holdings(() => now);
  held.mailboxes.add(1);
  const answer = Promise.withResolvers<void>();
  const asking = held.taking(async () => {
    await answer.promise;
    held.connections.add(7);
  });
  expect(held.told()).toEqual({ mailboxes: [1], connections: [] });
  now = 5_000;
  expect(held.told()).toBeNull();
  answer.resolve();
  await asking;
  expect(held.told()).toEqual({ mailboxes: [1], connections: [7] });
});

test('a question that failed does not silence a worker', async () => {
  let now = 0;
  const held = new Holdings(() => now);
  await expect(held.taking(() => Promise.reject(new Error('the database went away')))).rejects.toThrow('went away');
  now = 60_000;
  expect(held.told()).toEqual({ mailboxes: [], connections: [] });
});
