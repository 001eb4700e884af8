import { expect, test } from 'vitest';
import { fault } from '#domain/fault.ts';
import { letGo } from './let-go.ts';

const away = fault('database.away', { name: 'estate', text: 'gone' });

test('what a worker holds is given back when the database is there again', async () => {
  let tries = 0;
  await letGo({ lapsed: new AbortController().signal }, async () => {
    if (++tries < 3) throw away;
  });
  expect(tries).toBe(3);
});

test('a worker that was counted as gone gives nothing back any more, since all of it is gone', async () => {
  const lapse = new AbortController();
  let tries = 0;
  await letGo({ lapsed: lapse.signal }, async () => {
    tries++;
    lapse.abort();
    throw away;
  });
  expect(tries).toBe(1);
});

test('what no waiting mends is told', async () => {
  const refused = fault('database.refused', { name: 'estate', text: 'no' });
  const lapsed = new AbortController().signal;
  await expect(letGo({ lapsed }, () => Promise.reject(refused))).rejects.toBe(refused);
  await expect(letGo({ lapsed }, () => Promise.reject(new Error('ours')))).rejects.toThrow('ours');
});
