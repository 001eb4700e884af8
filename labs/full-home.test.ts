/**
 * The side that people have left is full, and then stopped, on a real Dovecot: both are told of, what a program still delivers there is
 * carried forward all the same, and with room again everything is at home.
 */

import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readEstate } from '../src/app/read-estate.ts';
import { serve } from '../src/app/serve.ts';
import { type Log, silent } from '../src/lib/log.ts';
import { openEstateView } from '../src/store/estate-view.ts';
import { openMailboxOrders } from '../src/store/mailbox-orders.ts';
import { waitMaxMs } from './at-work.ts';
import { plainMessages } from './awkward-mail.ts';
import { compareAccounts, differencesOf } from './compare.ts';
import { type DovecotServer, startDovecot } from './dovecot.ts';
import { openEmbedded, populate, startPilot, untilStanding } from './embedded-estate.ts';
import { freshState } from './godwit.ts';
import { labAvailable } from './namespace.ts';
import { seedAccount } from './seed.ts';
import { skipAloud } from './skip-aloud.ts';
import { accountSeen } from './snapshot.ts';

const dovecot = await labAvailable('dovecot');
skipAloud('full-home', dovecot);

const password = 'one for all';
const environment = (name: string): string | undefined => (name === 'PW' ? password : undefined);
const ann = { name: 'ann', password };

test.runIf(dovecot.ok)(
  'a source that is full, or stopped, is told of; what is delivered to a full one still comes to where people are',
  async () => {
    await using source = await startDovecot({ users: [ann], extra: quotaForPeople('100M') });
    await using target = await startDovecot({ users: [ann] });
    await using state = await freshState();
    await seedAccount(source, ann, [{ path: ['INBOX'], messages: plainMessages(1, 20) }]);
    const file = join(state.path, 'godwit.yaml');
    const lines = [
      `source: { url: 'imap+plain://127.0.0.1:${source.port}', secret: env:PW }`,
      `target: { url: 'imap+plain://127.0.0.1:${target.port}', secret: env:PW }`,
      'follow-every: 1s',
      'switching: { home-late-after: 1s }',
    ];
    await writeFile(file, lines.join('\n'));
    const alarms: string[] = [];
    const log: Log = { ...silent, error: (_, about) => void alarms.push(String(about?.['fault'])) };
    const settings = await readEstate(file);
    const stop = new AbortController();
    await using db = await openEmbedded(state.path);
    await populate(db, [ann]);
    const about = { settings, stateDir: state.path, version: 'test', keys: [], environment, log };
    const serving = serve({ ...about, started: () => undefined }, stop.signal);
    const orders = openMailboxOrders(db);
    const codes = async () => (await openEstateView(db).now()).waysHomeLate.map(({ code }) => code);
    try {
      await startPilot(db, 1);
      await untilStanding(db, 'settled', 1);
      await changeQuota(source, '100M', '1K');
      await seedAccount(target, ann, [{ path: ['INBOX'], messages: plainMessages(100, 3) }]);
      await until(async () => expect(await codes()).toEqual(['target.quota']));
      const before = alarms.filter((code) => code === 'target.quota').length;
      await deliver(source, 'a report');
      await until(async () => expect(await inboxOf(target)).toBe(24));
      // What was looked at again and again meanwhile was told once, and nobody is blocked.
      expect(alarms.filter((code) => code === 'target.quota')).toHaveLength(before);
      expect(await inboxOf(source)).toBe(21);
      await untilStanding(db, 'settled', 1);

      await changeQuota(source, '1K', '100M');
      await until(async () => {
        expect(await codes()).toEqual([]);
        expect(differencesOf(compareAccounts(await accountSeen(source, ann), await accountSeen(target, ann)))).toEqual(
          [],
        );
      });

      await source.stop();
      await until(async () => expect(await codes()).toHaveLength(1));
      await source.start();
      await orders.order({ kind: 'selector', selector: {} }, 'retry', 'a test', null);
      await until(async () => expect(await codes()).toEqual([]));
    } finally {
      stop.abort();
      await serving;
    }
  },
  300_000,
);

/** Programs that deliver past IMAP are not held to it. */
function quotaForPeople(limit: string): string {
  return `
protocol imap {
  mail_plugins = $mail_plugins quota imap_quota
}
plugin {
  quota = count:User quota
  quota_vsizes = yes
  quota_grace = 0
  quota_rule = *:storage=${limit}
}`;
}

async function changeQuota(server: DovecotServer, from: string, to: string): Promise<void> {
  const file = join(server.scratch, 'dovecot.conf');
  await writeFile(file, (await readFile(file, 'utf8')).replace(`storage=${from}`, `storage=${to}`));
  await server.doveadm(['reload']);
}

async function deliver(server: DovecotServer, subject: string): Promise<void> {
  const file = join(server.scratch, 'delivered.eml');
  await writeFile(
    file,
    `From: robot@x.example\r\nSubject: ${subject}\r\nMessage-ID: <${subject.length}@x>\r\n\r\n1\r\n`,
    {
      mode: 0o644,
    },
  );
  await server.doveadm(['save', '-u', ann.name, '-m', 'INBOX', file]);
}

async function inboxOf(server: DovecotServer): Promise<number> {
  return (await accountSeen(server, ann)).folders.get('INBOX')?.messages.length ?? 0;
}

/** Until it holds, however long that takes within reason. */
async function until(holds: () => Promise<void>): Promise<void> {
  for (const since = Date.now(); ; await new Promise((resolve) => setTimeout(resolve, 300))) {
    try {
      return await holds();
    } catch (error) {
      if (Date.now() - since > waitMaxMs) throw error;
    }
  }
}
