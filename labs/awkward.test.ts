/** Awkward mail and awkward folders between real servers, a target that already holds mail, and removals. */

import { describe, expect, test } from 'vitest';
import { awkwardAccount } from './awkward-folders.ts';
import { plainMessages } from './awkward-mail.ts';
import { type AccountSeen, accountSeen } from './snapshot.ts';
import { compareAccounts, differencesOf } from './compare.ts';
import { type CyrusServer, startCyrus } from './cyrus.ts';
import { type DovecotServer, startDovecot } from './dovecot.ts';
import type { VerifyReport } from '#domain/verify-report.ts';
import { freshState, godwitCopy, startVerb } from './godwit.ts';
import { labAvailable } from './namespace.ts';
import { rawState } from './raw-state.ts';
import { untruths } from './report-check.ts';
import { seedAccount } from './seed.ts';
import { skipAloud } from './skip-aloud.ts';
import { Wire } from './wire.ts';

const dovecot = await labAvailable('dovecot');
const cyrus = await labAvailable('cyrus');
skipAloud('awkward mail between real servers', dovecot, cyrus);

const ada = { name: 'ada', password: 'old' };
const ben = { name: 'ben@corp.example', password: 'new' };

interface Way {
  readonly way: string;
  readonly from: () => Promise<DovecotServer | CyrusServer>;
  readonly to: () => Promise<DovecotServer | CyrusServer>;
}

const maildir = () => startDovecot({ users: [ada, ben], storage: 'maildir' });
const mdbox = () => startDovecot({ users: [ada, ben] });
const cyrusUsers = [ada, { name: 'ben', password: 'new' }];
const slashes = () => startCyrus({ users: cyrusUsers });
const dots = () => startCyrus({ users: cyrusUsers, separator: '.', altNamespace: false });
const ways: readonly Way[] = [
  { way: 'Dovecot mdbox to Dovecot maildir (separator .)', from: mdbox, to: maildir },
  { way: 'Dovecot maildir (separator .) to Cyrus', from: maildir, to: slashes },
  { way: 'Dovecot mdbox to Cyrus with INBOX. and dots', from: mdbox, to: dots },
  { way: 'Cyrus with INBOX. and dots to Dovecot', from: dots, to: mdbox },
];

describe.runIf(dovecot.ok && cyrus.ok)('awkward mail and folders', () => {
  test.each(ways)(
    '$way: all of it arrives or is listed by name, and a second run changes nothing',
    async ({ from, to }) => {
      await using source = await from();
      await using target = await to();
      await using state = await freshState();
      const into = target.kind === 'cyrus' ? (cyrusUsers[1] as typeof ben) : ben;
      await seedAccount(source, ada, awkwardAccount(11));
      const before = await rawState(source, ada);
      const copyNow = () => godwitCopy({ port: source.port, user: ada }, { port: target.port, user: into }, state.path);

      const first = await copyNow();
      expect(first.mailbox.fault).toBeNull();
      const seen = { source: await accountSeen(source, ada), target: await accountSeen(target, into) };
      const places = new Map(
        first.mailbox.folders.flatMap((each) => (each.target === null ? [] : [[each.source, each.target]])),
      );
      const comparison = compareAccounts(seen.source, seen.target, (path) =>
        (places.get(path.join('/')) ?? path.join('/')).split('/'),
      );
      expect.soft(untruths(first.mailbox, comparison), differencesOf(comparison).join('\n')).toEqual([]);
      expect.soft(comparison.subscriptionsDiffer).toEqual([]);
      expect.soft(comparison.specialUsesDiffer).toEqual([]);
      const selectable = (path: string): boolean =>
        seen.target.folders.get(path.replaceAll('/', '\0'))?.selectable === true;
      expect.soft(comparison.extraFolders.filter(selectable)).toEqual([]);

      // `verify` reads no ledger: which folder lives where it finds out by itself.
      const ends = [
        { port: source.port, user: ada },
        { port: target.port, user: into },
      ] as const;
      const ran = await startVerb('verify', ...ends, state.path).ended;
      const verified = (JSON.parse(ran.stdout) as { readonly mailboxes: readonly VerifyReport[] }).mailboxes[0];
      expect.soft(verified?.fault).toBeNull();
      const homes = (kind: string) => verified?.folderNotes.filter((note) => note.kind === kind) ?? [];
      const lacking = first.mailbox.folders.filter((each) => each.target === null && !each.leftOut);
      expect.soft(lacking).toEqual([]);
      const lacks = new Set(lacking.map((each) => each.source));
      expect.soft(new Set(homes('missing').map((note) => note.source))).toEqual(lacks);
      const renamed = [...places].filter(([name, home]) => name !== home && !lacks.has(name));
      expect
        .soft(homes('elsewhere').map((note) => [note.source, note.target]))
        .toEqual(expect.arrayContaining(renamed));
      expect.soft(verified?.extra).toEqual([]);
      const inFoldersThere = first.mailbox.refused.filter(({ code }) => code !== 'folder-missing');
      expect
        .soft(verified?.missing.map(nameOfMessage).toSorted())
        .toEqual(inFoldersThere.map(nameOfMessage).toSorted());

      const targetBefore = await rawState(target, into);
      const again = await copyNow();
      expect.soft(again.mailbox).toMatchObject({ copied: 0, flagsChanged: 0, fault: null });
      expect.soft(again.mailbox.refused).toEqual(first.mailbox.refused);
      expect.soft(await rawState(target, into)).toEqual(targetBefore);
      expect.soft(await rawState(source, ada)).toEqual(before);
    },
  );
});

describe.runIf(dovecot.ok)('a target that holds mail already', () => {
  test('what is equal by content is adopted with its multiplicity, and what is foreign is left alone', async () => {
    await using server = await startDovecot({ users: [ada, ben] });
    await using state = await freshState();
    const mail = [...plainMessages(5, 40)];
    const twin = mail[0] as (typeof mail)[number];
    await seedAccount(server, ada, [
      { path: ['INBOX'], messages: [...mail, twin, twin] },
      { path: ['Work'], messages: plainMessages(6, 10) },
    ]);
    const foreign = [...plainMessages(77, 5, 'foreign')];
    // An earlier tool's run: half of the mail, the twin once, and people's own.
    await seedAccount(server, ben, [{ path: ['INBOX'], messages: [...foreign, ...mail.slice(0, 20)] }]);

    const first = await godwitCopy({ port: server.port, user: ada }, { port: server.port, user: ben }, state.path);
    expect(first.code).toBe(0);
    expect(first.mailbox).toMatchObject({ alreadyThere: 20, copied: 32 });
    const comparison = compareAccounts(await accountSeen(server, ada), await accountSeen(server, ben));
    expect(comparison.same).toBe(52);
    expect(comparison.pairs.flatMap((pair) => pair.onlyTarget)).toHaveLength(5);
    expect(comparison.pairs.flatMap((pair) => [...pair.onlySource, ...pair.otherwise])).toEqual([]);
  });

  test('--delete removes what left the source if Godwit put it there, never what was adopted or is foreign', async () => {
    await using server = await startDovecot({ users: [ada, ben] });
    await using state = await freshState();
    const mail = [...plainMessages(9, 30)];
    await seedAccount(server, ada, [{ path: ['INBOX'], messages: mail }]);
    await seedAccount(server, ben, [
      { path: ['INBOX'], messages: [...mail.slice(0, 10), ...plainMessages(78, 3, 'foreign')] },
    ]);
    const copyNow = (...more: readonly string[]) =>
      godwitCopy({ port: server.port, user: ada }, { port: server.port, user: ben }, state.path, more);
    expect((await copyNow()).mailbox).toMatchObject({ copied: 20, alreadyThere: 10 });

    await expunge(server, ada, '6:15'); // UIDs 6-10 were adopted, 11-15 are ours.
    const kept = await copyNow();
    expect.soft(kept.mailbox.removed).toBe(0);
    expect
      .soft(kept.mailbox.kept.map((each) => each.uid).toSorted((a, b) => a - b))
      .toEqual([6, 7, 8, 9, 10, 11, 12, 13, 14, 15]);
    expect(messagesOf(await accountSeen(server, ben))).toBe(33);

    const removed = await copyNow('--delete');
    expect.soft(removed.mailbox.removed).toBe(5);
    expect(messagesOf(await accountSeen(server, ben))).toBe(28);
    const comparison = compareAccounts(await accountSeen(server, ada), await accountSeen(server, ben));
    expect.soft(comparison.same).toBe(20);
  });

  test('changed flags and new mail are carried by the next run, and nothing else is touched', async () => {
    await using server = await startDovecot({ users: [ada, ben] });
    await using state = await freshState();
    await seedAccount(server, ada, [{ path: ['INBOX'], messages: plainMessages(12, 50) }, { path: ['Later'] }]);
    const copyNow = () => godwitCopy({ port: server.port, user: ada }, { port: server.port, user: ben }, state.path);
    await copyNow();
    {
      await using wire = await Wire.signedIn(server.port, ada);
      await wire.ok('SELECT INBOX');
      await wire.ok('UID STORE 3:7 FLAGS.SILENT (\\Answered urgent)');
    }
    await seedAccount(server, ada, [{ path: ['Later'], messages: plainMessages(13, 4, 'later') }]);
    const next = await copyNow();
    expect.soft(next.mailbox).toMatchObject({ copied: 4, flagsChanged: 5, alreadyThere: 50 });
    expect(differencesOf(compareAccounts(await accountSeen(server, ada), await accountSeen(server, ben)))).toEqual([]);
  });
});

function nameOfMessage({ folder, uid }: { readonly folder: string; readonly uid: number }): string {
  return `${folder} ${uid}`;
}

async function expunge(server: DovecotServer, user: typeof ada, uids: string): Promise<void> {
  await using wire = await Wire.signedIn(server.port, user);
  await wire.ok('SELECT INBOX');
  await wire.ok(`UID STORE ${uids} +FLAGS.SILENT (\\Deleted)`);
  await wire.ok(`UID EXPUNGE ${uids}`);
}

function messagesOf(account: AccountSeen): number {
  return [...account.folders.values()].reduce((sum, each) => sum + each.messages.length, 0);
}
