/** Lines that break, fall silent or never end, between Godwit and real servers. */

import { describe, expect, test } from 'vitest';
import { plainMessages } from './awkward-mail.ts';
import { Chance } from '../src/lib/chance.ts';
import { compareAccounts, differencesOf } from './compare.ts';
import { startDovecot } from './dovecot.ts';
import { type End, freshState, godwitCopy } from './godwit.ts';
import { labAvailable } from './namespace.ts';
import { scriptedServer } from './scripted-server.ts';
import { seedAccount } from './seed.ts';
import { skipAloud } from './skip-aloud.ts';
import { accountSeen } from './snapshot.ts';
import { type Harm, startProxy } from './tcp-proxy.ts';

const dovecot = await labAvailable('dovecot');
skipAloud('bad lines', dovecot);

const ada = { name: 'ada', password: 'a' };
const ben = { name: 'ben', password: 'b' };

describe.runIf(dovecot.ok)('a line that breaks', () => {
  test.each([
    { where: 'source', how: 'cut' },
    { where: 'source', how: 'reset' },
    { where: 'target', how: 'cut' },
    { where: 'target', how: 'reset' },
  ] as const)('to the $where by $how, again and again: one run brings everything, once', async ({ where, how }) => {
    await using server = await startDovecot({ users: [ada, ben] });
    await seedAccount(server, ada, [
      { path: ['INBOX'], messages: plainMessages(3, 300) },
      { path: ['Work'], messages: plainMessages(4, 100) },
    ]);
    const chance = new Chance(where.length * 10 + how.length);
    const direction: Harm['direction'] = where === 'source' ? 'to-client' : 'to-server';
    await using harmful = await startProxy(server, {
      // After sign-in and the folder list, so that it is the mail that breaks; each time a little later.
      harm: (connection) => (connection < 3 ? { direction, how, afterBytes: 6000 + chance.between(0, 300_000) } : null),
    });
    await using state = await freshState();
    const ends: readonly [End, End] =
      where === 'source'
        ? [
            { port: harmful.port, user: ada },
            { port: server.port, user: ben },
          ]
        : [
            { port: server.port, user: ada },
            { port: harmful.port, user: ben },
          ];
    const ran = await godwitCopy(...ends, state.path);
    expect.soft(harmful.harmed()).toBeGreaterThan(0);
    expect.soft(ran.code, ran.stdout).toBe(0);
    expect.soft(ran.mailbox.copied).toBe(400);
    expect(differencesOf(compareAccounts(await accountSeen(server, ada), await accountSeen(server, ben)))).toEqual([]);
  });
});

describe.runIf(dovecot.ok)('a server that never ends', () => {
  test.each([
    ['a line', (say: (text: string) => boolean) => say('* OK '.padEnd(70_000, 'x'))],
    ['responses that answer nothing', (say: (text: string) => boolean) => say('* 1 EXISTS\r\n'.repeat(6000))],
    ['a list in a list', (say: (text: string) => boolean) => say('* X '.padEnd(70_000, '('))],
  ] as const)('with %s: it is hung up on, by name', async (_what, speak) => {
    await using server = await startDovecot({ users: [ben] });
    await using endless = await scriptedServer(async (say, _lines, socket) => {
      say('* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN SASL-IR LITERAL+] hello\r\n');
      await new Promise((resolve) => socket.once('data', resolve));
      while (!socket.destroyed)
        if (!speak(say)) await new Promise((resolve) => socket.once('drain', resolve).once('close', resolve));
    });
    await using state = await freshState();
    const ran = await godwitCopy({ port: endless.port, user: ada }, { port: server.port, user: ben }, state.path);
    expect(ran.mailbox.fault?.code).toBe('imap.server.endless');
    expect(ran.code).toBe(5);
  });
});
