/** What becomes of the ledger when power, disk, neighbours and time are against it. */

import { spawn } from 'node:child_process';
import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, describe, expect, test } from 'vitest';
import { silent } from '#lib/log.ts';
import type { LedgerStore, MailboxPair } from '#ports/ledger.ts';
import { ledgerFault } from './file-faults.ts';
import { openLedgerFile } from './index.ts';
import { anna, bela, inbox, intent, record, run, sent } from './ledger-samples.ts';

const scratch = fs.mkdtempSync(join(tmpdir(), 'godwit-ledger-'));
afterAll(() => fs.rmSync(scratch, { recursive: true }));

describe('power failure and kill -9', () => {
  test('every write that was called durable is there after kill -9', async () => {
    const stateDir = newStateDir();
    const child = start('write', stateDir, 'anna');
    await child.said('durable 40');
    const durable = last(await child.kill());
    await using store = await open(stateDir);
    await using ledger = await store.claim(anna);
    const ids = (await ledger.intents()).map((each) => each.id);
    expect(ids.length).toBeGreaterThanOrEqual(durable);
    expect(ids).toEqual(Array.from({ length: ids.length }, (_, i) => i + 1));
  });

  test('every note that resolved is there after kill -9', async () => {
    const stateDir = newStateDir();
    const child = start('note', stateDir, 'anna');
    await child.said('noted 40');
    const noted = last(await child.kill(), 'noted ');
    await using store = await open(stateDir);
    await using ledger = await store.claim(anna);
    const ids = (await ledger.intents()).map((each) => each.id);
    expect(ids.length).toBeGreaterThanOrEqual(noted);
    expect(ids).toEqual(Array.from({ length: ids.length }, (_, i) => i + 1));
  });

  test('a mailbox whose process was killed is free at once, one whose process lives is not', async () => {
    const stateDir = newStateDir();
    const child = start('hold', stateDir, 'anna');
    await child.said('holding');
    await using store = await open(stateDir);
    await expect(store.claim(anna)).rejects.toThrow(`process ${child.pid} on`);
    await using _bela = await store.claim(bela);
    await child.kill();
    await using _anna = await store.claim(anna);
  });

  test('waiting for the disk lets the rest of the process go on', async () => {
    await using store = await open(newStateDir());
    await using ledger = await store.claim(anna);
    const order: string[] = [];
    await new Promise<void>((resolve) => {
      // Inside an I/O callback Node promises immediates before further I/O: a write that stalled the loop would win.
      fs.stat('.', () => {
        void ledger.write([{ kind: 'intent', intent: intent(1) }]).then(() => {
          order.push('durable');
          resolve();
        });
        setImmediate(() => order.push('a socket had its turn'));
      });
    });
    expect(order).toEqual(['a socket had its turn', 'durable']);
  });
});

describe('a disk that is full', () => {
  test('stops every mailbox with ledger.disk-full, and what was durable before is there', async () => {
    const stateDir = newStateDir();
    const child = start('write', stateDir, 'anna', '600');
    const lines = await child.ended();
    expect(lines.slice(-2)).toEqual(['fault ledger.disk-full', 'fault ledger.disk-full']);
    await using store = await open(stateDir);
    await using ledger = await store.claim(anna);
    expect((await ledger.intents()).map((each) => each.id)).toEqual(
      Array.from({ length: last(lines) }, (_, i) => i + 1),
    );
  });

  test('what SQLite and the file system say of it is told apart', () => {
    const code = (errcode: number, why?: string) => {
      const error = Object.assign(new Error('x'), { code: 'ERR_SQLITE_ERROR', errcode });
      return ledgerFault(error, 'ledger.sqlite', () => why ?? null)?.code;
    };
    expect(code(13)).toBe('ledger.disk-full');
    expect(code(778, 'EDQUOT')).toBe('ledger.disk-full');
    expect(code(778)).toBe('ledger.unwritable');
    expect(code(11)).toBe('ledger.damaged');
    expect(code(8)).toBe('ledger.unwritable');
    expect(code(1555)).toBeUndefined();
    expect(ledgerFault(Object.assign(new Error(), { code: 'ENOSPC', errno: -28 }), 'x')?.code).toBe('ledger.disk-full');
    expect(ledgerFault(new TypeError('a mistake of ours'), 'x')).toBeNull();
  });
});

describe('ourselves', () => {
  test('a mistake of ours in one mailbox stops that mailbox alone, and is undone whole', async () => {
    const stateDir = newStateDir();
    await using store = await open(stateDir);
    const ledger = await store.claim(anna);
    const other = await store.claim(bela);
    await ledger.write([{ kind: 'intent', intent: intent(1) }]);
    const neighbour = new DatabaseSync(join(stateDir, 'ledger.sqlite'));
    neighbour.exec(`create trigger mistake before insert on intent begin select raise(abort, 'x'); end`);
    neighbour.close();
    await expect(
      ledger.write([
        { kind: 'settled', intent: 1 },
        { kind: 'intent', intent: intent(2) },
      ]),
    ).rejects.toThrow('x');
    await expect(ledger.write([{ kind: 'settled', intent: 1 }])).rejects.toThrow('x');
    await other.write([{ kind: 'folder', record: record(inbox, 1) }]);
    expect((await ledger.intents()).map((each) => each.id)).toEqual([1]);
  });

  test('a note that failed unheard is told by the next write, and what shared its transaction is kept', async () => {
    const stateDir = newStateDir();
    await using store = await open(stateDir);
    const ledger = await store.claim(anna);
    const other = await store.claim(bela);
    const neighbour = new DatabaseSync(join(stateDir, 'ledger.sqlite'));
    neighbour.exec(`create trigger mistake before insert on intent begin select raise(abort, 'x'); end`);
    neighbour.close();
    void other.note([{ kind: 'mapped', folder: inbox, runs: [run(1, 1, 5)] }]);
    void ledger.note([{ kind: 'folder', record: record(inbox, 1) }]);
    void ledger.note([
      { kind: 'folder', record: record(sent, 2) },
      { kind: 'intent', intent: intent(2) },
    ]);
    await other.write([{ kind: 'mapped', folder: sent, runs: [run(2, 2, 6)] }]);
    await expect(ledger.write([])).rejects.toThrow('x');
    await expect(ledger.note([])).rejects.toThrow('x');
    expect(await ledger.folders()).toEqual([record(inbox, 1)]);
    expect((await other.map(inbox)).runs).toEqual([run(1, 1, 5)]);
    expect((await other.map(sent)).runs).toEqual([run(2, 2, 6)]);
  });
});

describe('files that are not as we left them', () => {
  test('garbage, another program and torn pages are ledger.damaged', async () => {
    const garbage = newStateDir();
    fs.writeFileSync(join(await used(garbage), 'ledger.sqlite'), 'this is not a database '.repeat(400));
    await expect(open(garbage)).rejects.toMatchObject({ code: 'ledger.damaged' });

    const foreign = await used(newStateDir());
    fs.rmSync(join(foreign, 'ledger.sqlite'));
    new DatabaseSync(join(foreign, 'ledger.sqlite')).exec('create table recipe (title text)');
    await expect(open(foreign)).rejects.toThrow('another program');

    const torn = await used(newStateDir());
    const bytes = fs.readFileSync(join(torn, 'ledger.sqlite'));
    fs.writeFileSync(join(torn, 'ledger.sqlite'), bytes.fill(0xa5, 4096 + 8, bytes.length));
    await expect(open(torn)).rejects.toMatchObject({ code: 'ledger.damaged' });
  });

  test('a ledger without its key, or with a broken one, is ledger.damaged: its digests would mean nothing', async () => {
    const stateDir = await used(newStateDir());
    fs.truncateSync(join(stateDir, 'ledger.key'), 7);
    await expect(open(stateDir)).rejects.toThrow('7 octets instead of 32');
    fs.rmSync(join(stateDir, 'ledger.key'));
    await expect(open(stateDir)).rejects.toThrow('ledger.key is gone');
    expect(fs.existsSync(join(stateDir, 'ledger.key'))).toBe(false);
  });

  test.each([
    [7, 'ledger.newer'],
    [2, 'ledger.older'],
    [1, 'ledger.older'],
  ])('a ledger of format %i is left alone: %s', async (version, code) => {
    const stateDir = await used(newStateDir());
    const database = new DatabaseSync(join(stateDir, 'ledger.sqlite'));
    database.exec(`pragma user_version = ${version}`);
    database.close();
    const before = fs.readFileSync(join(stateDir, 'ledger.sqlite'));
    await expect(open(stateDir)).rejects.toMatchObject({ code, about: { version } });
    await expect(openLedgerFile(stateDir, { log: silent, readOnly: true })).rejects.toMatchObject({ code });
    expect(fs.readFileSync(join(stateDir, 'ledger.sqlite'))).toEqual(before);
  });

  test('a state folder that cannot be made is ledger.unwritable', async () => {
    const file = join(scratch, 'a-file');
    fs.writeFileSync(file, '');
    await expect(open(join(file, 'state'))).rejects.toMatchObject({ code: 'ledger.unwritable' });
  });

  test('only their owner can read the files', async () => {
    const stateDir = newStateDir();
    await using store = await open(stateDir);
    await using _ledger = await store.claim(anna);
    expect(fs.statSync(stateDir).mode & 0o777).toBe(0o700);
    for (const name of fs.readdirSync(stateDir)) {
      expect([name, fs.statSync(join(stateDir, name)).mode & 0o777]).toEqual([name, 0o600]);
    }
    expect(fs.readdirSync(stateDir).sort()).toEqual([
      'ledger.key',
      'ledger.sqlite',
      'ledger.sqlite-shm',
      'ledger.sqlite-wal',
    ]);
  });
});

describe('neighbours', () => {
  test('four processes that start on an empty folder at once agree on one key and one file', async () => {
    const stateDir = newStateDir();
    const children = [1, 2, 3, 4].map(() => start('key', stateDir, 'anna'));
    const said = new Set((await Promise.all(children.map((child) => child.ended()))).flat());
    // Who came while another had the mailbox was told so; all others were given the same key.
    said.delete('fault ledger.in-use');
    expect([...said]).toEqual([expect.stringMatching(/^key [0-9a-f]{64}$/)]);
  });

  test('a holder elsewhere lasts while it renews, and for a minute after', async () => {
    const stateDir = await used(newStateDir());
    const elsewhere = (renewedMs: number) => {
      const database = new DatabaseSync(join(stateDir, 'ledger.sqlite'));
      database
        .prepare(
          `insert or replace into claim values ((select id from mailbox), 1, 42, '17', 'another machine', 'process 42 on far', ?)`,
        )
        .run(renewedMs);
      database.close();
    };
    await using store = await open(stateDir);
    elsewhere(Date.now() - 50_000);
    await expect(store.claim(anna)).rejects.toThrow('process 42 on far');
    elsewhere(Date.now() - 70_000);
    await using _ledger = await store.claim(anna);
  });

  test('a process that slept so long that another took its mailbox writes no more', async () => {
    const stateDir = newStateDir();
    await using store = await open(stateDir);
    await using ledger = await store.claim(anna);
    await ledger.write([{ kind: 'settled', intent: 7 }]);
    const database = new DatabaseSync(join(stateDir, 'ledger.sqlite'));
    database.exec('update claim set token = 1');
    database.close();
    await expect(ledger.write([{ kind: 'intent', intent: intent(1) }])).rejects.toMatchObject({
      code: 'ledger.in-use',
    });
    expect(await ledger.intents()).toEqual([]);
  });

  test('looking makes nothing: no folder, no file, no row', async () => {
    const nowhere = join(scratch, 'nowhere');
    await using store = await openLedgerFile(nowhere, { log: silent, readOnly: true });
    expect(await store.peek(anna)).toBeNull();
    await expect(store.claim(anna)).rejects.toMatchObject({ code: 'ledger.unwritable' });
    expect(fs.existsSync(nowhere)).toBe(false);

    const stateDir = await used(newStateDir());
    const before = fs.readdirSync(stateDir);
    await using looking = await openLedgerFile(stateDir, { log: silent, readOnly: true });
    expect((await (await looking.peek(anna))?.folders())?.length).toBe(1);
    expect(await looking.peek(bela)).toBeNull();
    expect(fs.readdirSync(stateDir)).toEqual(before);
  });

  test('looking sees what a running copy has written', async () => {
    const stateDir = newStateDir();
    await using store = await open(stateDir);
    await using ledger = await store.claim(anna);
    await ledger.write([{ kind: 'folder', record: record(inbox, 4) }]);
    await using looking = await openLedgerFile(stateDir, { log: silent, readOnly: true });
    const reader = await looking.peek(anna);
    expect(await reader?.folders()).toEqual([record(inbox, 4)]);
    expect(reader?.digestKey).toEqual(ledger.digestKey);
    await ledger.write([{ kind: 'intent', intent: intent(4) }]);
    expect(await reader?.intents()).toEqual([intent(4)]);
  });
});

let folders = 0;
function newStateDir(): string {
  return join(scratch, `state-${++folders}`);
}

function open(stateDir: string): Promise<LedgerStore> {
  return openLedgerFile(stateDir, { log: silent });
}

/** A state folder in which one mailbox has been moved and which was left in good order. */
async function used(stateDir: string, pair: MailboxPair = anna): Promise<string> {
  await using store = await open(stateDir);
  await using ledger = await store.claim(pair);
  await ledger.write([{ kind: 'folder', record: record(inbox, 3) }]);
  return stateDir;
}

/** The number of the last write that was called durable, or of the last note. */
function last(lines: readonly string[], prefix = 'durable '): number {
  const said = lines.filter((line) => line.startsWith(prefix));
  return Math.max(0, ...said.map((line) => Number(line.slice(prefix.length))));
}

/** A child at work on a ledger; `fileBlocks` limits the files it may write, in the shell's blocks of 512 octets. */
function start(mode: 'write' | 'note' | 'hold' | 'key', stateDir: string, user: string, fileBlocks = 'unlimited') {
  const node = process.execPath;
  const child = spawn(
    'sh',
    [
      '-c',
      'ulimit -f "$0"; exec "$@"',
      fileBlocks,
      node,
      join(import.meta.dirname, 'ledger-child.ts'),
      mode,
      stateDir,
      user,
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  let text = '';
  const wake = new Set<() => void>();
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
    for (const each of wake) each();
  });
  const closed = new Promise<void>((resolve) => child.on('close', () => resolve()));
  const lines = () => text.split('\n').slice(0, -1);
  return {
    pid: child.pid,
    said: (line: string) =>
      new Promise<void>((resolve, reject) => {
        const look = () => lines().includes(line) && resolve();
        wake.add(look);
        look();
        void closed.then(() => reject(new Error(`the child ended without saying "${line}": ${text}`)));
      }),
    ended: async () => {
      await closed;
      return lines();
    },
    kill: async () => {
      child.kill('SIGKILL');
      await closed;
      return lines();
    },
  };
}
