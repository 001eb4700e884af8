/** What an operation tells of itself while it works. */

import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { fault } from '#domain/fault.ts';
import { toldLines } from './told-lines.ts';

const never = new AbortController().signal;

async function all<Line>(lines: AsyncIterable<readonly Line[]>): Promise<readonly Line[]> {
  const told: Line[] = [];
  for await (const part of lines) told.push(...part);
  return told;
}

test('all that it found is told in its order, and what came of it last', async () => {
  const lines = toldLines<string>(async (teller) => {
    await teller.tell(['a', 'b']);
    await teller.tell(['c']);
    return ['done'];
  }, never);
  expect(await all(lines)).toEqual(['a', 'b', 'c', 'done']);
});

test('it finds no faster than is read', async () => {
  let found = 0;
  const lines = toldLines<number>(async (teller) => {
    for (; found < 5; found++) await teller.tell([found]);
    return [];
  }, never);
  await lines.next();
  await sleep(20);
  expect(found).toBe(0);
  await lines.next();
  await sleep(20);
  expect(found).toBe(1);
  expect(await all(lines)).toEqual([2, 3, 4]);
});

test('of how far it is the newest is told, no more often than that can be looked at', async () => {
  const { promise: goOn, resolve: go } = Promise.withResolvers<void>();
  const lines = toldLines<string>(
    async (teller) => {
      for (const at of ['1 %', '2 %', '3 %']) teller.isAt(at);
      await goOn;
      for (const at of ['4 %', '5 %', '6 %']) teller.isAt(at);
      await sleep(100);
      return ['done'];
    },
    never,
    20,
  );
  expect((await lines.next()).value).toEqual(['3 %']);
  go();
  expect(await all(lines)).toEqual(['6 %', 'done']);
});

test('what goes wrong before the first line is thrown as if nothing had begun, and later it is thrown behind what was told', async () => {
  const wrong = fault('interrupted', { by: 'a test' });
  await expect(toldLines(() => Promise.reject(wrong), never).next()).rejects.toBe(wrong);
  const lines = toldLines<string>(async (teller) => {
    await teller.tell(['a']);
    throw wrong;
  }, never);
  expect((await lines.next()).value).toEqual(['a']);
  await expect(lines.next()).rejects.toBe(wrong);
});

test('who reads no more has it stopped, and is not kept from going by what it wanted to tell', async () => {
  let isStopped = false;
  const lines = toldLines<string>(async (teller, signal) => {
    await teller.tell(['a']);
    await teller.tell(['b']);
    await sleep(10);
    isStopped = signal.aborted;
    throw new Error('stopped');
  }, never);
  await lines.next();
  await lines.return(undefined);
  expect(isStopped).toBe(true);
});
