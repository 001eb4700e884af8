/** Targets that are full, too small, closed or read-only: the rest arrives, what did not is listed, and it goes on later. */

import { execFileSync } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { plainMessages } from './awkward-mail.ts';
import { compareAccounts, differencesOf } from './compare.ts';
import { type DovecotServer, startDovecot } from './dovecot.ts';
import { freshState, godwitCopy } from './godwit.ts';
import { labAvailable } from './namespace.ts';
import { untruths } from './report-check.ts';
import { seedAccount, type SeedMessage } from './seed.ts';
import { makeScratch, removeScratch } from './server.ts';
import { skipAloud } from './skip-aloud.ts';
import { accountSeen } from './snapshot.ts';

const dovecot = await labAvailable('dovecot');
skipAloud('bad targets', dovecot);
const mayMount = skipAloud(
  'a target with a full disk',
  process.getuid?.() === 0 ? { ok: true } : { ok: false, why: 'mounting a small file system wants root' },
);

const ada = { name: 'ada', password: 'a' };
const ben = { name: 'ben', password: 'b' };
const mail = (seed: number, count: number): readonly SeedMessage[] => [...plainMessages(seed, count)];

describe.runIf(dovecot.ok)('a target that does not take everything', () => {
  test('a mailbox over its quota stops with that word, exit 5, and goes on when there is room', async () => {
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
    const arrived = compareAccounts(await accountSeen(source, ada), await accountSeen(target, ben)).same;
    expect.soft(first.mailbox.copied).toBe(arrived);

    await raiseQuota(target, '100K', '100M');
    const then = await godwitCopy(...ends, state.path);
    expect.soft(then.code).toBe(0);
    expect.soft(then.mailbox.copied).toBe(80 - arrived);
    expect
      .soft(differencesOf(compareAccounts(await accountSeen(source, ada), await accountSeen(target, ben))))
      .toEqual([]);
  });

  test.runIf(mayMount)(
    'a server whose disk is full loses and doubles nothing, and goes on when there is room',
    async () => {
      await using source = await startDovecot({ users: [ada] });
      await using state = await freshState();
      await seedAccount(source, ada, [{ path: ['INBOX'], messages: mail(3, 200) }]);
      const scratch = await makeScratch('small-disk');
      const disk = join(scratch, 'mail');
      await mkdir(disk);
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', disk]);
      try {
        await using target = await startDovecot({ users: [ben], scratch, mailRoot: disk });
        const ends = [
          { port: source.port, user: ada },
          { port: target.port, user: ben },
        ] as const;
        const first = await godwitCopy(...ends, state.path);
        expect.soft(first.code).toBe(5);
        expect.soft(first.mailbox.fault?.code).toMatch(/^(target|imap)\./);
        execFileSync('mount', ['-o', 'remount,size=64m', disk]);
        const then = await godwitCopy(...ends, state.path);
        expect.soft(then.code).toBe(0);
        expect
          .soft(differencesOf(compareAccounts(await accountSeen(source, ada), await accountSeen(target, ben))))
          .toEqual([]);
      } finally {
        execFileSync('umount', ['-l', disk]);
        await removeScratch(scratch);
      }
    },
  );

  test('a folder that cannot be created and one that takes no messages are listed, and the others arrive', async () => {
    await using source = await startDovecot({ users: [ada] });
    await using state = await freshState();
    await seedAccount(source, ada, [
      { path: ['INBOX'], messages: mail(4, 10) },
      { path: ['Closed'], messages: mail(5, 7) },
      { path: ['New'], messages: mail(6, 5) },
    ]);
    await using target = await startDovecot({ users: [ben], extra: aclPlugin });
    await seedAccount(target, ben, [{ path: ['Closed'] }]);
    await writeFile(join(target.scratch, 'acl'), 'Closed owner lrwst\nINBOX owner lrwstipe\n* owner lrwstipe\n');
    await target.doveadm(['reload']);
    const first = await godwitCopy({ port: source.port, user: ada }, { port: target.port, user: ben }, state.path);
    expect.soft(first.code).toBe(3);
    const comparison = compareAccounts(await accountSeen(source, ada), await accountSeen(target, ben));
    expect.soft(untruths(first.mailbox, comparison)).toEqual([]);
    expect.soft(comparison.same).toBe(10);
    expect.soft(first.mailbox.folders.map((each) => each.source)).toContain('New');
    expect.soft(new Set(first.mailbox.refused.map((each) => each.folder))).toEqual(new Set(['Closed', 'New']));
  });
});

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

const aclPlugin = (scratch: string): string => `
mail_plugins = $mail_plugins acl
protocol imap {
  mail_plugins = $mail_plugins imap_acl
}
plugin {
  acl = vfile:${scratch}/acl
}`;

async function raiseQuota(server: DovecotServer, from: string, to: string): Promise<void> {
  const file = join(server.scratch, 'dovecot.conf');
  await writeFile(file, (await readFile(file, 'utf8')).replace(`storage=${from}`, `storage=${to}`));
  await server.doveadm(['reload']);
}
