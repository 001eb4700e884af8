/**
 * A target slower than its source, and lines to it that break: octets wait here for their turn, in memory that is lent and
 * used again, and none of them may be written over before it has left. Every octet that arrived is compared.
 */

import { describe, expect, test } from 'vitest';
import { plainMessages } from './awkward-mail.ts';
import { compareAccounts, differencesOf } from './compare.ts';
import { startDovecot } from './dovecot.ts';
import { freshState, godwitCopy } from './godwit.ts';
import { labAvailable } from './namespace.ts';
import { seedAccount } from './seed.ts';
import { skipAloud } from './skip-aloud.ts';
import { accountSeen } from './snapshot.ts';
import { type ProxyOptions, startProxy } from './tcp-proxy.ts';

const dovecot = await labAvailable('dovecot');
skipAloud('slow targets', dovecot);

const ada = { name: 'ada', password: 'a' };
const targets = Array.from({ length: 2 }, (_, i) => ({ name: `target ${i}`, password: 'b' }));

const lines: readonly (readonly [string, (round: number) => ProxyOptions])[] = [
  ['is far away', () => ({ delayMs: 3 })],
  [
    'is cut off while it is being written to',
    (round) => ({
      harm: (connection) =>
        connection < 4
          ? { direction: 'to-server', how: 'reset', afterBytes: 300_000 + 700_000 * connection + 7000 * round }
          : null,
    }),
  ],
  [
    'is cut off while it answers',
    (round) => ({
      harm: (connection) =>
        connection < 3
          ? { direction: 'to-client', how: 'cut', afterBytes: 2000 + 1500 * connection + 310 * round }
          : null,
    }),
  ],
];

describe.runIf(dovecot.ok)('a target that', () => {
  test.each(lines)('%s has every message with its own octets', async (_what, line) => {
    await using source = await startDovecot({ users: [ada] });
    await using target = await startDovecot({ users: targets });
    await seedAccount(
      source,
      ada,
      Array.from({ length: 5 }, (_, i) => ({ path: [`Folder ${i}`], messages: plainMessages(i, 300) })),
    );
    const seen = await accountSeen(source, ada);
    for (const [round, user] of targets.entries()) {
      await using between = await startProxy(target, line(round));
      await using state = await freshState();
      const ran = await godwitCopy({ port: source.port, user: ada }, { port: between.port, user }, state.path);
      expect.soft(ran.mailbox).toMatchObject({ fault: null, refused: [], differences: [], copied: 1500 });
      expect(differencesOf(compareAccounts(seen, await accountSeen(target, user)))).toEqual([]);
    }
  });
});
