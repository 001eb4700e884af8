/** That a write waits for the disk, shares the wait with others, and believes it when it fails: on a disk played by the test. */

import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeEach, expect, test, vi } from 'vitest';
import { silent } from '#lib/log.ts';
import { openLedgerFile } from './index.ts';
import { anna, bela, inbox, intent, record } from './ledger-samples.ts';

type Synced = (error: Error | null) => void;

/** Syncs that were asked for and not answered; none are kept while `holds` is false. */
const disk = vi.hoisted(() => ({ holds: false, asked: [] as Synced[], count: 0 }));

vi.mock('node:fs', async (original) => {
  const real = await original<typeof fs>();
  const fdatasync = (_descriptor: number, done: Synced): void => {
    disk.count++;
    if (disk.holds) disk.asked.push(done);
    else setImmediate(done, null);
  };
  return { ...real, default: real, fdatasync };
});

const scratch = fs.mkdtempSync(join(tmpdir(), 'godwit-ledger-'));
afterAll(() => fs.rmSync(scratch, { recursive: true }));
beforeEach(() => {
  disk.holds = false;
  disk.asked = [];
});

test('a write resolves only when the disk has it, and those that come meanwhile share the next wait', async () => {
  await using store = await openLedgerFile(join(scratch, 'shared'), { log: silent });
  await using ledger = await store.claim(anna);
  await using other = await store.claim(bela);
  disk.holds = true;
  const resolved: string[] = [];
  const first = ledger.write([{ kind: 'intent', intent: intent(1) }]).then(() => resolved.push('first'));
  await settled();
  const later = [ledger, other, ledger].map((each, i) =>
    each.write([{ kind: 'folder', record: record(inbox, i + 1) }]).then(() => resolved.push(`later ${i}`)),
  );
  await settled();
  expect([resolved, disk.asked.length]).toEqual([[], 1]);
  disk.asked.shift()?.(null);
  await first;
  await settled();
  // All three wait for one sync that began after they were committed.
  expect([resolved, disk.asked.length]).toEqual([['first'], 1]);
  disk.holds = false;
  disk.asked.shift()?.(null);
  await Promise.all(later);
  expect(resolved).toEqual(['first', 'later 0', 'later 1', 'later 2']);
});

test('what was read of a write that is not durable yet does not make it durable', async () => {
  await using store = await openLedgerFile(join(scratch, 'read'), { log: silent });
  await using ledger = await store.claim(anna);
  disk.holds = true;
  const write = ledger.write([{ kind: 'intent', intent: intent(1) }]);
  expect(await ledger.intents()).toEqual([intent(1)]);
  const outcome = await Promise.race([write.then(() => 'durable'), settled().then(() => 'waiting')]);
  expect(outcome).toBe('waiting');
  disk.holds = false;
  disk.asked.shift()?.(null);
  await write;
});

test('a sync that fails ends the ledger: nobody can say what the disk holds', async () => {
  const store = await openLedgerFile(join(scratch, 'failing'), { log: silent });
  const ledger = await store.claim(anna);
  const other = await store.claim(bela);
  disk.holds = true;
  const writes = [ledger, other].map((each) => each.write([{ kind: 'intent', intent: intent(1) }]));
  await settled();
  disk.asked.shift()?.(Object.assign(new Error('EIO: i/o error, fdatasync'), { code: 'EIO', errno: -5 }));
  for (const write of writes) await expect(write).rejects.toMatchObject({ code: 'ledger.unwritable' });
  disk.holds = false;
  const before = disk.count;
  await expect(ledger.write([{ kind: 'settled', intent: 1 }])).rejects.toMatchObject({ code: 'ledger.unwritable' });
  await expect(ledger.write([])).rejects.toMatchObject({ code: 'ledger.unwritable' });
  await expect(ledger.note([{ kind: 'settled', intent: 1 }])).rejects.toMatchObject({ code: 'ledger.unwritable' });
  expect(disk.count).toBe(before);
  await store[Symbol.asyncDispose]();
});

test('a mailbox in which nothing was written waits for no disk', async () => {
  await using store = await openLedgerFile(join(scratch, 'quiet'), { log: silent });
  const before = disk.count;
  for (const pair of [anna, bela]) {
    await using ledger = await store.claim(pair);
    await ledger.folders();
  }
  expect(disk.count).toBe(before);
});

test('a note waits for no disk, not even for one that is at work for another', async () => {
  await using store = await openLedgerFile(join(scratch, 'noted'), { log: silent });
  await using ledger = await store.claim(anna);
  await using other = await store.claim(bela);
  disk.holds = true;
  const before = disk.count;
  await ledger.note([{ kind: 'intent', intent: intent(1) }]);
  expect(disk.count).toBe(before);
  const write = other.write([{ kind: 'intent', intent: intent(1) }]);
  await settled();
  await ledger.note([{ kind: 'intent', intent: intent(2) }]);
  disk.holds = false;
  disk.asked.shift()?.(null);
  await write;
  expect(disk.count).toBe(before + 1);
});

test('a write of nothing waits for what was noted before it, and when that is durable for no disk', async () => {
  await using store = await openLedgerFile(join(scratch, 'nothing'), { log: silent });
  await using ledger = await store.claim(anna);
  const before = disk.count;
  await ledger.write([]);
  expect(disk.count).toBe(before);
  void ledger.note([{ kind: 'intent', intent: intent(1) }]);
  await ledger.write([]);
  expect(disk.count).toBe(before + 1);
  await ledger.write([{ kind: 'settled', intent: 1 }]);
  await ledger.write([]);
  expect(disk.count).toBe(before + 2);
  await ledger.note([{ kind: 'intent', intent: intent(2) }]);
  await ledger.write([]);
  await ledger.write([]);
  expect(disk.count).toBe(before + 3);
});

test('who takes over from a process that left without a word is not done before its last notes are durable', async () => {
  const stateDir = join(scratch, 'inherited');
  await using store = await openLedgerFile(stateDir, { log: silent });
  await (await store.claim(anna)).note([{ kind: 'intent', intent: intent(1) }]);
  const neighbour = new DatabaseSync(join(stateDir, 'ledger.sqlite'));
  neighbour.exec(`update claim set started = 'before', place = 'far', renewed_ms = 0`);
  neighbour.close();
  const before = disk.count;
  await using ledger = await store.claim(anna);
  await ledger.write([]);
  expect(disk.count).toBe(before + 1);
  await ledger.write([]);
  expect(disk.count).toBe(before + 1);
});

test('notes of one moment are one transaction, with a write after them or without', async () => {
  const stateDir = join(scratch, 'grouped');
  await using store = await openLedgerFile(stateDir, { log: silent });
  await using ledger = await store.claim(anna);
  await ledger.write([{ kind: 'intent', intent: intent(1) }]);
  const neighbour = new DatabaseSync(join(stateDir, 'ledger.sqlite'));
  const exec = vi.spyOn(DatabaseSync.prototype, 'exec');
  const committed = () => exec.mock.calls.filter(([sql]) => sql === 'commit').length;
  // From here on nothing waits for a clock of its own: on a busy machine it would have gone on before we look.
  using clock = stoppedClock();
  for (const n of [1, 2, 3]) void ledger.note([{ kind: 'folder', record: record(inbox, n) }]);
  await ledger.write([{ kind: 'settled', intent: 1 }]);
  await settled();
  expect(committed()).toBe(1);
  const notes = [4, 5].map((n) => ledger.note([{ kind: 'folder', record: record(inbox, n) }]));
  await settled();
  notes.push(ledger.note([{ kind: 'folder', record: record(inbox, 6) }]));
  expect(committed()).toBe(1);
  let areThere = false;
  void Promise.all(notes).then(() => (areThere = true));
  // Time passes as often as it takes: on a busy disk the timer may be set later than we look.
  while (!areThere) {
    clock.advance(20);
    await settled();
  }
  expect(committed()).toBe(2);
  expect(neighbour.prepare('select messages from folder').all()).toMatchObject([{ messages: 6 }]);
  exec.mockRestore();
  neighbour.close();
});

/** Timers fire when they are told to; at the end all do, so that nobody waits for them for ever. */
function stoppedClock(): Disposable & { advance(ms: number): void } {
  vi.useFakeTimers({ toFake: ['setTimeout'] });
  return {
    advance: (ms) => void vi.advanceTimersByTime(ms),
    [Symbol.dispose]: () => {
      vi.runAllTimers();
      vi.useRealTimers();
    },
  };
}

/** Everything that can happen without the disk has happened. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
}
