/** What else people do with a copy between real servers: administrators, many accounts, following, restored folders. */

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { CopyReport } from '../src/domain/report.ts';
import { plainMessages } from './awkward-mail.ts';
import { compareAccounts, differencesOf } from './compare.ts';
import { startCyrus } from './cyrus.ts';
import { startDovecot } from './dovecot.ts';
import { type End, freshState, godwitCopy, readReport, startGodwit, startVerb, urlOf } from './godwit.ts';
import { labAvailable } from './namespace.ts';
import { seedAccount } from './seed.ts';
import { skipAloud } from './skip-aloud.ts';
import { accountSeen } from './snapshot.ts';
import { SourceWriter } from './source-writer.ts';
import { Wire } from './wire.ts';

const dovecot = await labAvailable('dovecot');
const cyrus = await labAvailable('cyrus');
skipAloud('journeys', dovecot, cyrus);

const ada = { name: 'ada', password: 'a' };
const ben = { name: 'ben', password: 'b' };
const admin = { name: 'boss', password: 'the master of all' };

describe.runIf(dovecot.ok && cyrus.ok)('an administrator', () => {
  test.each(['authzid', 'user*master'] as const)('moves a mailbox whose password nobody knows (%s)', async (style) => {
    await using source = await startDovecot({ users: [ada], master: admin });
    await using target =
      style === 'authzid'
        ? await startCyrus({ users: [ben], master: admin })
        : await startDovecot({ users: [ben], master: admin });
    await using state = await freshState();
    await seedAccount(source, ada, [{ path: ['INBOX'], messages: plainMessages(1, 20), subscribed: true }]);
    const ends: readonly [End, End] = [
      { port: source.port, user: { ...ada, password: admin.password } },
      { port: target.port, user: { ...ben, password: admin.password } },
    ];
    const more = ['--source-admin', admin.name, '--target-admin', admin.name, '--admin-style', style];
    const ran = await godwitCopy(...ends, state.path, more);
    expect(ran.mailbox).toMatchObject({ fault: null, copied: 20 });
    expect(compareAccounts(await accountSeen(source, ada), await accountSeen(target, ben)).same).toBe(20);
  });
});

describe.runIf(dovecot.ok)('many accounts', () => {
  test('are moved from a list; one that cannot sign in does not keep the others, and the gravest code wins', async () => {
    const users = Array.from({ length: 6 }, (_, i) => ({ name: `user ${i}@corp.example`, password: `p${i}` }));
    await using source = await startDovecot({ users });
    await using target = await startDovecot({ users });
    await using state = await freshState();
    for (const [i, user] of users.entries())
      await seedAccount(source, user, [{ path: ['INBOX'], messages: plainMessages(i, 10 + i) }]);
    const lines = users.map((user, i) =>
      [
        urlOf({ port: source.port, user }),
        urlOf({ port: target.port, user }),
        `env:P${i}`,
        i === 3 ? 'env:WRONG' : `env:P${i}`,
      ].join(','),
    );
    const list = join(state.path, 'accounts.csv');
    await writeFile(list, ['source,target,source_secret,target_secret', ...lines, ''].join('\n'));
    const environment = { ...Object.fromEntries(users.map((user, i) => [`P${i}`, user.password])), WRONG: 'wrong' };
    const run = async () =>
      startGodwit(
        ['copy', '--accounts', list, '--at-once', '3', '--state', join(state.path, 'state'), '-o', 'json'],
        environment,
      ).ended;
    const ran = await run();
    expect(ran.code).toBe(4);
    const report = JSON.parse(ran.stdout) as CopyReport;
    expect(report.mailboxes.map((each) => each.fault?.code ?? each.copied)).toEqual([
      10,
      11,
      12,
      'imap.sign-in.refused',
      14,
      15,
    ]);
    for (const [i, user] of users.entries()) {
      if (i !== 3)
        expect(
          differencesOf(compareAccounts(await accountSeen(source, user), await accountSeen(target, user))),
        ).toEqual([]);
    }
  });
});

describe.runIf(dovecot.ok)('following', () => {
  test('carries what somebody goes on writing, and stops at Ctrl-C with everything that had come', async () => {
    await using server = await startDovecot({ users: [ada, ben] });
    await using state = await freshState();
    await using writer = await SourceWriter.open(server.port, ada, 5);
    await writer.write(50);
    const ends: readonly [End, End] = [
      { port: server.port, user: ada },
      { port: server.port, user: ben },
    ];
    const running = startVerb('copy', ...ends, state.path, ['--follow', '1s']);
    const caughtUp = async (): Promise<void> => {
      for (;;) {
        const comparison = compareAccounts(await accountSeen(server, ada), await accountSeen(server, ben));
        if (comparison.sourceMessages > 0 && differencesOf(comparison).length === 0) return;
        await new Promise((resolve) => setTimeout(resolve, 200));
      }
    };
    await caughtUp();
    writer.start();
    await new Promise((resolve) => setTimeout(resolve, 2500));
    await writer.stop();
    await caughtUp();
    running.child.kill('SIGINT');
    const ran = readReport(await running.ended);
    expect(ran.code).toBe(5);
    expect(ran.mailbox.refused).toEqual([]);
    expect(ran.mailbox.copied).toBe(writer.messages);
  });

  test('carries new mail when the source tells of it, long before the interval is over', async () => {
    await using server = await startDovecot({ users: [ada, ben] });
    await using state = await freshState();
    const ends: readonly [End, End] = [
      { port: server.port, user: ada },
      { port: server.port, user: ben },
    ];
    await seedAccount(server, ada, [{ path: ['INBOX'], messages: plainMessages(1, 5) }]);
    const running = startVerb('copy', ...ends, state.path, ['--follow', '1h']);
    const arrived = async (): Promise<number> =>
      compareAccounts(await accountSeen(server, ada), await accountSeen(server, ben)).same;
    const rest = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 200));
    while ((await arrived()) < 5) await rest();
    // What comes between a look and the next IDLE is told with the next news, so somebody goes on writing.
    for (let n = 6; (await arrived()) < 6; n++) {
      await seedAccount(server, ada, [{ path: ['INBOX'], messages: plainMessages(n, 1) }]);
      for (let i = 0; i < 15 && (await arrived()) < 6; i++) await rest();
    }
    running.child.kill('SIGINT');
    expect(readReport(await running.ended).mailbox.copied).toBeGreaterThan(5);
  });
});

describe.runIf(dovecot.ok)('a folder', () => {
  const ends = (port: number): readonly [End, End] => [
    { port, user: ada },
    { port, user: ben },
  ];

  test.each([
    ['source', ada],
    ['target', ben],
  ] as const)(
    'that was made anew on the %s (other UIDVALIDITY, same mail) is matched by content and not doubled',
    async (side, owner) => {
      await using server = await startDovecot({ users: [ada, ben] });
      await using state = await freshState();
      const mail = [...plainMessages(31, 40)];
      await seedAccount(server, ada, [{ path: ['Work'], messages: mail }]);
      await godwitCopy(...ends(server.port), state.path);
      {
        await using wire = await Wire.signedIn(server.port, owner);
        await wire.ok('DELETE Work');
      }
      await new Promise((resolve) => setTimeout(resolve, 1100)); // UIDVALIDITY is a time in seconds
      await seedAccount(server, owner, [{ path: ['Work'], messages: mail.toReversed() }]);
      const again = await godwitCopy(...ends(server.port), state.path);
      expect(again.code, `${side}: ${again.stdout}`).toBe(0);
      expect(again.mailbox).toMatchObject({ copied: 0, alreadyThere: 40 });
      expect(differencesOf(compareAccounts(await accountSeen(server, ada), await accountSeen(server, ben)))).toEqual(
        [],
      );
    },
  );

  test('that was renamed on the source arrives under its new name; the old one is kept, and gone with --delete', async () => {
    await using server = await startDovecot({ users: [ada, ben] });
    await using state = await freshState();
    await seedAccount(server, ada, [{ path: ['Old'], messages: plainMessages(41, 12) }]);
    await godwitCopy(...ends(server.port), state.path);
    {
      await using wire = await Wire.signedIn(server.port, ada);
      await wire.ok('RENAME Old New');
    }
    const again = await godwitCopy(...ends(server.port), state.path);
    expect(again.mailbox).toMatchObject({ fault: null, copied: 12, removed: 0 });
    expect(again.mailbox.kept).toHaveLength(12);
    const mirrored = await godwitCopy(...ends(server.port), state.path, ['--delete']);
    expect(mirrored.mailbox).toMatchObject({ fault: null, copied: 0, removed: 12 });
    const comparison = compareAccounts(await accountSeen(server, ada), await accountSeen(server, ben));
    expect(comparison).toMatchObject({ same: 12, targetMessages: 12 });
  });
});
