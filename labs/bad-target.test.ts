/** Targets that are full, too small, closed or read-only: the rest arrives, what did not is listed, and it goes on later. */

import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { plainMessages } from './awkward-mail.ts';
import { compareAccounts, differencesOf } from './compare.ts';
import { type CyrusServer, startCyrus } from './cyrus.ts';
import { type DovecotServer, startDovecot } from './dovecot.ts';
import { freshState, godwitCopy, readReport, startVerb } from './godwit.ts';
import { labAvailable } from './namespace.ts';
import { untruths } from './report-check.ts';
import { seedAccount, type SeedMessage } from './seed.ts';
import { makeScratch, removeScratch } from './server.ts';
import { smallDisk } from './small-disk.ts';
import { skipAloud } from './skip-aloud.ts';
import { accountSeen } from './snapshot.ts';
import { Wire } from './wire.ts';

const dovecot = await labAvailable('dovecot');
const cyrus = await labAvailable('cyrus');
skipAloud('bad targets', dovecot, cyrus);
const mayMount = skipAloud(
  'a target with a full disk',
  process.getuid?.() === 0 ? { ok: true } : { ok: false, why: 'mounting a small file system wants root' },
);

const ada = { name: 'ada', password: 'a' };
const ben = { name: 'ben', password: 'b' };
const mail = (seed: number, count: number): readonly SeedMessage[] => [...plainMessages(seed, count)];

describe.runIf(dovecot.ok)('a target that does not take everything', () => {
  test('a mailbox over its quota stops with that word, exit 5, names what is missing, and goes on when there is room', async () => {
    await using source = await startDovecot({ users: [ada] });
    await using state = await freshState();
    await seedAccount(source, ada, [
      { path: ['INBOX'], messages: mail(1, 60) },
      { path: ['Work'], messages: mail(2, 20) },
    ]);
    await using target = await startDovecot({ users: [ben], extra: quota('100K') });
    const ends = [
      { port: source.port, user: ada },
      { port: target.port, user: ben },
    ] as const;

    const first = await godwitCopy(...ends, state.path);
    expect.soft(first.mailbox.fault?.code).toBe('target.quota');
    expect.soft(first.code).toBe(5);
    const seen = compareAccounts(await accountSeen(source, ada), await accountSeen(target, ben));
    const arrived = seen.same;
    expect.soft(first.mailbox.copied).toBe(arrived);
    expect.soft(untruths(first.mailbox, seen)).toEqual([]);
    expect.soft(first.mailbox.refused).toHaveLength(80 - arrived);

    await raiseQuota(target, '100K', '100M');
    const then = await godwitCopy(...ends, state.path);
    expect.soft(then.code).toBe(0);
    expect.soft(then.mailbox.copied).toBe(80 - arrived);
    expect
      .soft(differencesOf(compareAccounts(await accountSeen(source, ada), await accountSeen(target, ben))))
      .toEqual([]);
  });

  test.runIf(mayMount)(
    'a server whose disk is full is waited for, loses and doubles nothing, and no message is blamed for it',
    async () => {
      await using source = await startDovecot({ users: [ada] });
      await using state = await freshState();
      await seedAccount(source, ada, [{ path: ['INBOX'], messages: mail(3, 200) }]);
      const scratch = await makeScratch('small-disk');
      const disk = join(scratch, 'mail');
      await mkdir(disk);
      try {
        await using small = await smallDisk(disk, 1_000_000);
        await using target = await startDovecot({ users: [ben], scratch, mailRoot: disk, within: small.within });
        const ends = [
          { port: source.port, user: ada },
          { port: target.port, user: ben },
        ] as const;
        // Dovecot says [SERVERBUG] and no more, so nobody can know that it is the disk: the run tries again with growing waits.
        const running = startVerb('copy', ...ends, state.path);
        let said = '';
        await new Promise<void>((resolve) =>
          running.child.stderr?.on('data', (chunk: string) => {
            said += chunk;
            if ((said.match(/trying again/g)?.length ?? 0) >= 4) resolve();
          }),
        );
        await small.grow(64_000_000);
        const ran = readReport(await running.ended);
        expect.soft(ran.mailbox.fault).toBeNull();
        const comparison = compareAccounts(await accountSeen(source, ada), await accountSeen(target, ben));
        expect.soft(untruths(ran.mailbox, comparison)).toEqual([]);
        const then = await godwitCopy(...ends, state.path);
        expect.soft({ code: then.code, refused: then.mailbox.refused }).toEqual({ code: 0, refused: [] });
        expect
          .soft(differencesOf(compareAccounts(await accountSeen(source, ada), await accountSeen(target, ben))))
          .toEqual([]);
      } finally {
        await removeScratch(scratch);
      }
    },
  );

  test.runIf(cyrus.ok)(
    'a folder that cannot be created and one that takes no messages are listed, and the others arrive',
    async () => {
      await using source = await startDovecot({ users: [ada] });
      await using state = await freshState();
      await seedAccount(source, ada, [
        { path: ['INBOX'], messages: mail(4, 10) },
        { path: ['Closed'], messages: mail(5, 7) },
        { path: ['New'], messages: mail(6, 5) },
      ]);
      const admin = { name: 'admin', password: 'admin' };
      await using target = await startCyrus({ users: [ben], master: admin, extra: 'implicit_owner_rights: l' });
      await seedAccount(target, ben, [{ path: ['Closed'] }]);
      await setRights(target, admin, { 'user/ben': 'lrswite', 'user/ben/Closed': 'lrs' });

      const ends = [
        { port: source.port, user: ada },
        { port: target.port, user: ben },
      ] as const;
      const first = await godwitCopy(...ends, state.path);
      expect.soft(first.code).toBe(3);
      const comparison = compareAccounts(await accountSeen(source, ada), await accountSeen(target, ben));
      expect.soft(untruths(first.mailbox, comparison)).toEqual([]);
      expect.soft(comparison.same).toBe(10);
      expect.soft(first.mailbox.folders.map((each) => each.source)).toContain('New');
      expect.soft(new Set(first.mailbox.refused.map((each) => each.folder))).toEqual(new Set(['Closed', 'New']));

      // When somebody has mended the rights, the next run brings what was left.
      await setRights(target, admin, { 'user/ben': 'lrswipkxtecdan', 'user/ben/Closed': 'lrswipkxtecdan' });
      const then = await godwitCopy(...ends, state.path);
      expect.soft(then.code).toBe(0);
      expect.soft(then.mailbox).toMatchObject({ copied: 12, refused: [] });
      expect.soft(compareAccounts(await accountSeen(source, ada), await accountSeen(target, ben)).same).toBe(22);
    },
  );
});

async function setRights(
  server: CyrusServer,
  admin: typeof ada,
  rights: Readonly<Record<string, string>>,
): Promise<void> {
  await using wire = await Wire.signedIn(server.port, admin);
  for (const [folder, allowed] of Object.entries(rights)) await wire.ok(`SETACL ${folder} ben ${allowed}`);
}

function quota(limit: string): string {
  return `
mail_plugins = $mail_plugins quota
protocol imap {
  mail_plugins = $mail_plugins imap_quota
}
plugin {
  quota = count:User quota
  quota_vsizes = yes
  quota_grace = 0
  quota_rule = *:storage=${limit}
}`;
}

async function raiseQuota(server: DovecotServer, from: string, to: string): Promise<void> {
  const file = join(server.scratch, 'dovecot.conf');
  await writeFile(file, (await readFile(file, 'utf8')).replace(`storage=${from}`, `storage=${to}`));
  await server.doveadm(['reload']);
}
