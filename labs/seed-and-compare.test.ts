/** The labs' own tools, tried on the real servers: what judges the engine must be right itself. */

import { describe, expect, test } from 'vitest';
import { awkwardAccount } from './awkward-folders.ts';
import { awkwardMessages } from './awkward-mail.ts';
import { compareAccounts, differencesOf } from './compare.ts';
import { startCyrus } from './cyrus.ts';
import { startDovecot } from './dovecot.ts';
import { fromWire, toWire } from './folder-names.ts';
import { labAvailable } from './namespace.ts';
import { rawState } from './raw-state.ts';
import { seedAccount, type SeedFolder, type SeedMessage } from './seed.ts';
import { skipAloud } from './skip-aloud.ts';
import { accountSeen } from './snapshot.ts';
import { Wire } from './wire.ts';

const dovecot = await labAvailable('dovecot');
const cyrus = await labAvailable('cyrus');
skipAloud('seeding and comparing', dovecot, cyrus);

const ada = { name: 'ada', password: 'one:two' };
const ben = { name: 'ben', password: 'three four' };

test('names of folders survive the wire', () => {
  for (const name of ['Größe & Maße', '日本語', '\u{1f426} bird', 'R&D', 'plain'])
    expect(fromWire(toWire(name))).toBe(name);
  expect(toWire('台北')).toBe('&U,BTFw-');
});

test('the same seed gives the same mail', () => {
  const digest = (seed: number): string =>
    awkwardMessages(seed)
      .map((each) => each.bytes.toString('base64'))
      .join();
  expect(digest(7)).toBe(digest(7));
  expect(digest(7)).not.toBe(digest(8));
});

/** With a date that Dovecot keeps: where it takes its own instead, two accounts differ when a second ends between them. */
function dated(folders: readonly SeedFolder[]): readonly SeedFolder[] {
  const keeps = ({ internalDate }: SeedMessage): boolean => {
    const year = Number(/-(\d{4}) /.exec(internalDate ?? '')?.[1]);
    return year > 1970 && year < 2030;
  };
  const aDate = '01-Jan-2020 10:00:00 +0000';
  return folders.map((folder) => ({
    ...folder,
    messages: [...((folder.messages ?? []) as Iterable<SeedMessage>)].map((message) =>
      keeps(message) ? message : { ...message, internalDate: aDate },
    ),
  }));
}

describe.runIf(dovecot.ok)('on Dovecot', () => {
  test('two accounts seeded alike are equal, and one changed flag is seen', async () => {
    await using server = await startDovecot({ users: [ada, ben] });
    for (const user of [ada, ben]) await seedAccount(server, user, dated(awkwardAccount(1)));
    const [left, right] = [await accountSeen(server, ada), await accountSeen(server, ben)];
    expect(differencesOf(compareAccounts(left, right))).toEqual([]);
    expect(left.folders.size).toBeGreaterThan(25);
    expect(left.folders.get('INBOX')?.messages.length).toBeGreaterThan(70);
    {
      await using wire = await Wire.signedIn(server.port, ben);
      await wire.ok('SELECT INBOX');
      await wire.ok('UID STORE 1 FLAGS.SILENT (\\Answered somebody)');
    }
    expect(differencesOf(compareAccounts(left, await accountSeen(server, ben)))).toEqual([
      expect.stringContaining('(\\answered somebody)'),
    ]);
  });

  test.each(['mdbox', 'maildir'] as const)(
    'looking changes nothing of the raw state of %s, and storing a flag does',
    async (storage) => {
      await using server = await startDovecot({ users: [ada], storage });
      await seedAccount(server, ada, awkwardAccount(2));
      const before = await rawState(server, ada);
      await accountSeen(server, ada);
      expect(await rawState(server, ada)).toEqual(before);
      expect(Object.keys(before.files).length).toBeGreaterThan(0);
      await using wire = await Wire.signedIn(server.port, ada);
      await wire.ok('SELECT INBOX');
      await wire.ok('UID STORE 1 +FLAGS.SILENT (\\Answered)');
      expect(await rawState(server, ada)).not.toEqual(before);
    },
  );
});

describe.runIf(cyrus.ok)('on Cyrus', () => {
  test('awkward mail is taken or refused by name, and two accounts seeded alike are equal', async () => {
    await using server = await startCyrus({ users: [ada, ben] });
    const seeded = await seedAccount(server, ada, awkwardAccount(1));
    await seedAccount(server, ben, awkwardAccount(1));
    expect(seeded.refused.map((each) => each.name)).toEqual(expect.arrayContaining(['bare LF', 'NUL', 'zero octets']));
    const [left, right] = [await accountSeen(server, ada), await accountSeen(server, ben)];
    expect(differencesOf(compareAccounts(left, right))).toEqual([]);
    expect(left.folders.get('INBOX')?.messages.length).toBeGreaterThan(60);
    const before = await rawState(server, ada);
    await accountSeen(server, ada);
    expect(await rawState(server, ada)).toEqual(before);
  });
});
