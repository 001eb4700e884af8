/** The choices of `godwit copy`, on real servers: a dry run that writes nothing, selections, other places, a full proof. */

import { readdir } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { awkwardAccount } from './awkward-folders.ts';
import { imapDate, plainMessages } from './awkward-mail.ts';
import { compareAccounts, differencesOf } from './compare.ts';
import { startDovecot } from './dovecot.ts';
import { type End, freshState, godwitCopy } from './godwit.ts';
import { labAvailable } from './namespace.ts';
import { rawState } from './raw-state.ts';
import { seedAccount, type SeedMessage } from './seed.ts';
import { skipAloud } from './skip-aloud.ts';
import { accountSeen } from './snapshot.ts';
import { commandsThatWrite, startProxy } from './tcp-proxy.ts';

const dovecot = await labAvailable('dovecot');
skipAloud('choices', dovecot);

const ada = { name: 'ada', password: 'a' };
const ben = { name: 'ben', password: 'b' };

describe.runIf(dovecot.ok)('a dry run', () => {
  test('says what would be done, in the numbers of the run that does it, and writes nothing anywhere', async () => {
    await using server = await startDovecot({ users: [ada, ben] });
    await using state = await freshState();
    await seedAccount(server, ada, awkwardAccount(3));
    await seedAccount(server, ben, [{ path: ['INBOX'], messages: [...plainMessages(3, 8)] }]);
    const before = await rawState(server, ben);
    await using toTarget = await startProxy(server, { log: true });
    const ends: readonly [End, End] = [
      { port: server.port, user: ada },
      { port: toTarget.port, user: ben },
    ];
    const dry = await godwitCopy(...ends, state.path, ['--dry-run']);
    expect(dry.mailbox).toMatchObject({ dryRun: true, fault: null, alreadyThere: 8 });
    expect(commandsThatWrite(toTarget.sent())).toEqual([]);
    expect(await rawState(server, ben)).toEqual(before);
    expect(await readdir(state.path)).toEqual([]);

    const real = await godwitCopy(...ends, state.path, ['--prove', 'all']);
    const { copied, alreadyThere, removed, refused } = dry.mailbox;
    expect(real.mailbox).toMatchObject({ dryRun: false, copied, alreadyThere, removed, refused });
    const dryAgain = await godwitCopy(...ends, state.path, ['--dry-run']);
    expect(dryAgain.mailbox).toMatchObject({
      copied: 0,
      alreadyThere: copied + alreadyThere,
      flagsChanged: 0,
      removed: 0,
    });
  });
});

describe.runIf(dovecot.ok)('a selection', () => {
  const dated = (seed: number, year: number): readonly SeedMessage[] =>
    [...plainMessages(seed, 5, `y${year}`)].map((each, i) => ({
      ...each,
      internalDate: imapDate(Date.UTC(year, 5, 1 + i) / 1000),
    }));

  test('by folder, role, date, size and place carries just that; the rest follows when it is wished for', async () => {
    await using server = await startDovecot({ users: [ada, ben] });
    await using state = await freshState();
    const large: SeedMessage = {
      name: 'large',
      bytes: Buffer.from(`Subject: large\r\n\r\n${'x'.repeat(300_000)}\r\n`),
      internalDate: imapDate(Date.UTC(2020, 0, 1) / 1000),
    };
    await seedAccount(server, ada, [
      { path: ['INBOX'], messages: [...dated(1, 2010), ...dated(2, 2020), large] },
      { path: ['Work', 'Deep'], messages: dated(3, 2020) },
      { path: ['Trash'], messages: dated(4, 2020), specialUse: '\\Trash' },
      { path: ['Private'], messages: dated(5, 2020) },
    ]);
    const ends: readonly [End, End] = [
      { port: server.port, user: ada },
      { port: server.port, user: ben },
    ];
    const some = [
      '--exclude',
      '\\Trash',
      '--exclude',
      'Priv*',
      '--since',
      '2015-01-01',
      '--max-size',
      '200K',
      '--map',
      'Work=Archive/Old work',
    ];
    const first = await godwitCopy(...ends, state.path, some);
    expect(first.mailbox).toMatchObject({ fault: null, copied: 10 });
    const target = await accountSeen(server, ben);
    const count = (path: string): number | undefined => target.folders.get(path.replaceAll('/', '\0'))?.messages.length;
    expect({
      inbox: count('INBOX'),
      old: count('Archive/Old work/Deep'),
      trash: count('Trash'),
      priv: count('Private'),
    }).toEqual({
      inbox: 5,
      old: 5,
      trash: undefined,
      priv: undefined,
    });

    const all = await godwitCopy(...ends, state.path, ['--map', 'Work=Archive/Old work']);
    expect(all.mailbox).toMatchObject({ fault: null, copied: 16, alreadyThere: 10 });
    const comparison = compareAccounts(
      await accountSeen(server, ada),
      await accountSeen(server, ben),
      ([first, ...rest]) => (first === 'Work' ? ['Archive', 'Old work', ...rest] : [first as string, ...rest]),
    );
    expect(differencesOf({ ...comparison, extraFolders: [] })).toEqual([]);
  });
});
