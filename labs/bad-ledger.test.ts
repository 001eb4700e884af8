/** A ledger on a full disk, damaged, of a newer Godwit, or in use: said plainly, nothing sent unrecorded, exit 5. */

import { readdir, writeFile } from 'node:fs/promises';
import { statfsSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, test } from 'vitest';
import { plainMessages } from './awkward-mail.ts';
import { compareAccounts, differencesOf } from './compare.ts';
import { type DovecotServer, startDovecot } from './dovecot.ts';
import { type End, freshState, godwitCopy, readReport, startVerb } from './godwit.ts';
import { labAvailable } from './namespace.ts';
import { seedAccount } from './seed.ts';
import { smallDisk } from './small-disk.ts';
import { skipAloud } from './skip-aloud.ts';
import { accountSeen } from './snapshot.ts';
import { startProxy } from './tcp-proxy.ts';
import { Wire } from './wire.ts';

const dovecot = await labAvailable('dovecot');
skipAloud('bad ledgers', dovecot);
const mayMount = skipAloud(
  'a ledger on a full disk',
  process.getuid?.() === 0 ? { ok: true } : { ok: false, why: 'mounting a small file system wants root' },
);

const ada = { name: 'ada', password: 'a' };
const ben = { name: 'ben', password: 'b' };

async function filled(messages: number): Promise<DovecotServer> {
  const server = await startDovecot({ users: [ada, ben] });
  await seedAccount(server, ada, [
    { path: ['INBOX'], messages: plainMessages(1, messages) },
    { path: ['Work'], messages: plainMessages(2, 20) },
  ]);
  return server;
}

function endsOf(server: { readonly port: number }): readonly [End, End] {
  return [
    { port: server.port, user: ada },
    { port: server.port, user: ben },
  ];
}

async function differences(server: DovecotServer): Promise<readonly string[]> {
  return differencesOf(compareAccounts(await accountSeen(server, ada), await accountSeen(server, ben)));
}

async function ledgerIn(state: string): Promise<string> {
  const name = (await readdir(state, { recursive: true })).find((each) => each.endsWith('.sqlite'));
  return join(state, name as string);
}

describe.runIf(dovecot.ok)('a ledger that cannot be used', () => {
  test.runIf(mayMount)(
    'on a full disk: it says so, and with room again nothing is lost and nothing is there twice',
    async () => {
      await using server = await filled(1500);
      await using state = await freshState();
      await using small = await smallDisk(state.path, 1_000_000);
      const copyNow = async () =>
        readReport(await startVerb('copy', ...endsOf(server), state.path, [], small.within).ended);
      const outside = small.fromOutside(state.path);
      const filler = join(outside, 'filler');
      // First with just enough room to begin, so that it fills up on the way, wherever that is; what came so far stays.
      let timesFull = 0;
      for (const room of [8, 48, 96, 160]) {
        await writeFile(filler, '');
        const { bavail, bsize } = statfsSync(outside);
        await writeFile(filler, Buffer.alloc(Math.max(0, bavail * bsize - room * 1024)));
        const ran = await copyNow();
        if (ran.code === 0) break;
        timesFull++;
        expect.soft(ran.code, `${room} KiB: ${ran.stdout}`).toBe(5);
        expect.soft(ran.mailbox.fault?.code).toBe('ledger.disk-full');
      }
      expect(timesFull).toBeGreaterThan(0);
      await writeFile(filler, '');
      const then = await copyNow();
      expect.soft(then.code).toBe(0);
      expect.soft(await differences(server)).toEqual([]);
    },
  );

  test('damaged: it says so and sends nothing; moved away, what is there is recognised by its content', async () => {
    await using server = await filled(30);
    await using state = await freshState();
    expect((await godwitCopy(...endsOf(server), state.path)).code).toBe(0);
    await using between = await startProxy(server, { log: true });
    await writeFile(await ledgerIn(state.path), Buffer.from('this is no database '.repeat(500)), { flag: 'r+' });
    const ran = await startVerb('copy', { port: server.port, user: ada }, { port: between.port, user: ben }, state.path)
      .ended;
    expect(ran.code).toBe(5);
    expect(ran.stdout).toContain('ledger.damaged');
    expect(between.sent()).not.toMatch(/APPEND|STORE|CREATE/);

    await using fresh = await freshState();
    const anew = await godwitCopy(...endsOf(server), fresh.path);
    expect(anew.mailbox).toMatchObject({ copied: 0, alreadyThere: 50 });
    expect(await differences(server)).toEqual([]);
  });

  test('of a newer Godwit: it is left alone', async () => {
    await using server = await filled(5);
    await using state = await freshState();
    await godwitCopy(...endsOf(server), state.path);
    const file = await ledgerIn(state.path);
    const database = new DatabaseSync(file);
    database.exec('pragma user_version = 4711');
    database.close();
    const ran = await startVerb('copy', ...endsOf(server), state.path).ended;
    expect(ran.code).toBe(5);
    expect(ran.stdout).toContain('ledger.newer');
  });
});

describe.runIf(dovecot.ok)('a copy that is under way', () => {
  test('refuses a second one of the same mailbox, which exits 5; the first sees it through', async () => {
    await using server = await filled(300);
    await using state = await freshState();
    await using slow = await startProxy(server, { delayMs: 15 });
    const ends: readonly [End, End] = [
      { port: server.port, user: ada },
      { port: slow.port, user: ben },
    ];
    const first = startVerb('copy', ...ends, state.path, ['--bandwidth', '400k']);
    await someArrived(server);
    const second = await godwitCopy(...ends, state.path);
    expect(second.code).toBe(5);
    expect(second.mailbox.fault?.code).toBe('ledger.in-use');
    expect((await first.ended).code).toBe(0);
    expect(await differences(server)).toEqual([]);
  });

  test.each(['SIGINT', 'SIGTERM'] as const)(
    'stops cleanly at %s, exits 5 with a report, and the next run goes on',
    async (signal) => {
      await using server = await filled(300);
      await using state = await freshState();
      const running = startVerb('copy', ...endsOf(server), state.path, ['--bandwidth', '200k']);
      await someArrived(server);
      running.child.kill(signal);
      const stopped = readReport(await running.ended);
      expect(stopped.code).toBe(5);
      expect(stopped.mailbox.fault?.code).toBe('interrupted');
      const arrived = await messagesOf(server);
      expect.soft(stopped.mailbox.copied).toBe(arrived);
      const then = await godwitCopy(...endsOf(server), state.path);
      expect(then.code).toBe(0);
      expect.soft(then.mailbox).toMatchObject({ copied: 320 - arrived, alreadyThere: arrived });
      expect(await differences(server)).toEqual([]);
    },
  );
});

async function someArrived(server: DovecotServer): Promise<void> {
  while ((await messagesOf(server)) === 0) await new Promise((resolve) => setTimeout(resolve, 50));
}

async function messagesOf(server: DovecotServer): Promise<number> {
  await using wire = await Wire.signedIn(server.port, ben);
  let count = 0;
  for (const folder of ['INBOX', 'Work']) {
    const reply = await wire.command(`STATUS ${folder} (MESSAGES)`);
    for (const each of reply.untagged) if (each[0] === 'STATUS' && Array.isArray(each[2])) count += Number(each[2][1]);
  }
  return count;
}
