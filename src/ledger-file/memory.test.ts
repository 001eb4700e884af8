import { expect, test } from 'vitest';
import { fault } from '#domain/fault.ts';
import { ledgerContract } from './ledger-contract.ts';
import { anna, inbox, intent, record } from './ledger-samples.ts';
import { memoryLedger } from './memory.ts';

ledgerContract('memory', async () => {
  const store = memoryLedger();
  return { open: async () => store };
});

test('a crash forgets what was not durable, keeps what was, and frees the mailbox', async () => {
  let durable = () => {};
  const store = memoryLedger({ becomeDurable: () => new Promise((resolve) => (durable = resolve)) });
  const ledger = await store.claim(anna);
  const first = ledger.write([{ kind: 'intent', intent: intent(1) }]);
  durable();
  await first;
  const lost = ledger.write([{ kind: 'settled', intent: 1 }]);
  expect(await ledger.intents()).toEqual([]);
  store.crash();
  await expect(lost).rejects.toThrow('crashed');
  await expect(ledger.write([])).rejects.toThrow('crashed');
  const again = await store.claim(anna);
  expect(await again.intents()).toEqual([intent(1)]);
});

test('a crash may leave the first of the writes under way on the disk, and only the first', async () => {
  const store = memoryLedger({ becomeDurable: () => new Promise(() => {}) });
  const ledger = await store.claim(anna);
  const writes = [1, 2, 3].map((n) => ledger.write([{ kind: 'folder', record: record(inbox, n) }]));
  expect(store.underWay).toBe(3);
  store.crash(2);
  await Promise.allSettled(writes);
  expect((await (await store.claim(anna)).folders())[0]?.messages).toBe(2);
});

test('a crash may forget what was noted since the last durable write, and nothing from before it', async () => {
  const store = memoryLedger();
  const ledger = await store.claim(anna);
  await ledger.note([{ kind: 'intent', intent: intent(1) }]);
  await ledger.write([{ kind: 'folder', record: record(inbox, 1) }]);
  expect(store.underWay).toBe(0);
  await ledger.note([{ kind: 'intent', intent: intent(2) }]);
  await ledger.note([{ kind: 'folder', record: record(inbox, 2) }]);
  expect(store.underWay).toBe(2);
  store.crash(1);
  const again = await store.claim(anna);
  expect(await again.intents()).toEqual([intent(1), intent(2)]);
  expect((await again.folders())[0]?.messages).toBe(1);
});

test('a process that is killed loses nothing that was noted', async () => {
  const store = memoryLedger();
  const ledger = await store.claim(anna);
  await ledger.note([{ kind: 'intent', intent: intent(1) }]);
  store.crash(store.underWay);
  expect(await (await store.claim(anna)).intents()).toEqual([intent(1)]);
});

test('after a disk that failed every later write fails alike', async () => {
  const full = fault('ledger.disk-full', { file: 'x' });
  const store = memoryLedger({ becomeDurable: () => Promise.reject(full) });
  const ledger = await store.claim(anna);
  await expect(ledger.write([])).rejects.toBe(full);
  await expect(ledger.write([])).rejects.toBe(full);
  await expect(ledger.note([])).rejects.toBe(full);
});
