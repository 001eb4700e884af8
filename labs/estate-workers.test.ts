/**
 * An estate and many hands: control planes and workers that come and go while a wave is on its way, killed, drained and
 * replaced. Processes of their own, as an operator would start them.
 */

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { sql } from 'kysely';
import { describe, expect, test } from 'vitest';
import { verifyAudit } from '../src/store/audit-verify.ts';
import type { Database } from '../src/store/db.ts';
import { type AtWork, eventually, goToWork } from './at-work.ts';
import { plainMessages } from './awkward-mail.ts';
import { compareAccounts, differencesOf } from './compare.ts';
import { type DovecotServer, startDovecot } from './dovecot.ts';
import { countOf, openEmbedded, populate, startPilot } from './embedded-estate.ts';
import { freshState, startGodwit } from './godwit.ts';
import { labAvailable } from './namespace.ts';
import { seedAccount } from './seed.ts';
import { skipAloud } from './skip-aloud.ts';
import { accountSeen } from './snapshot.ts';

const dovecot = await labAvailable('dovecot');
skipAloud('an estate and many hands', dovecot);

const users = Array.from({ length: 10 }, (_, i) => ({ name: `user${i}@corp.example`, password: 'one for all' }));
const environment = { PW: 'one for all' };

describe.runIf(dovecot.ok)('while a wave is on its way', () => {
  test('workers and control planes are killed, drained and replaced, and it goes on without losing anything', async () => {
    await using source = await startDovecot({ users });
    await using target = await startDovecot({ users });
    await using state = await freshState();
    await seedAll(source, 1, 12);
    const config = await settings(state.path, source, target, 2);
    await using db = await openEmbedded(state.path);
    await populate(db, users);
    await startPilot(db, users.length, { opensInMs: 3_600_000 });
    const usual = ['--state', state.path, '--log-level', 'info'];
    await using first = goToWork(['serve', '--config', config, ...usual], environment);
    await using killed = goToWork(['worker', ...usual], environment);
    await eventually('both work', async () => (await isReady(first)) && (await isReady(killed)), killed.said);
    await eventually('all are followed', async () => (await countOf(db, 'following')) === users.length, first.said);
    expect(await first.metric('godwit_leader')).toBe(1);
    expect(await killed.metric('godwit_leader')).toBe(0);

    // A worker is killed in the middle of its work: others take it over once its lease has run out.
    const lost = await killWithWork(db, killed);
    await seedAll(source, 2_000, 2);
    await eventually('its work is done by others', async () =>
      (await caughtUpSince(db, lost.at)).includes(lost.mailbox),
    );
    expect(await vanished(db)).toContain(lost.worker);

    // A worker that is drained hands over and goes; the one that comes for it takes the settings that have changed meanwhile.
    await using drained = goToWork(['worker', ...usual], environment);
    await using staying = goToWork(['worker', ...usual], environment);
    await eventually('both work', async () => (await isReady(drained)) && (await isReady(staying)), staying.said);
    const drainedId = await idOf(db, drained);
    const order = await startGodwit(['worker', 'drain', drainedId.slice(0, 13), '--state', state.path]).ended;
    expect(order).toMatchObject({ code: 0, stdout: expect.stringContaining(drainedId) });
    expect(await drained.ended).toMatchObject({ code: 0, stderr: expect.stringContaining('drained') });
    expect(await vanished(db)).not.toContain(drainedId);

    // A second control plane waits, and leads when the first is killed. Its settings are everybody's from now on.
    await settings(state.path, source, target, 3);
    await using second = goToWork(['serve', '--config', config, ...usual], environment);
    await eventually('it waits', async () => second.said().includes('another control plane leads'), second.said);
    expect(await second.metric('godwit_leader')).toBe(0);
    await eventually('settings reach the worker', async () => /revision=2/.test(staying.said()), staying.said);
    first.child.kill('SIGKILL');
    await eventually('the other leads', async () => (await second.metric('godwit_leader')) === 1, second.said);

    await sql`update wave set opens_at = now()`.execute(db.sql);
    await eventually('all have switched', async () => (await countOf(db, 'settled')) === users.length, second.said);
    await expectAllThere(source, target);
    expect(await second.metric('godwit_mailboxes{wave="pilot",stage="settled",mark=""}')).toBe(users.length);

    // Asked to go, both go in good order and leave nothing in anybody's hands.
    for (const process of [second, staying]) process.child.kill('SIGTERM');
    expect(await second.ended).toMatchObject({ code: 0 });
    expect(await staying.ended).toMatchObject({ code: 0 });
    const left = await sql`select from mailbox_lease union all select from connection_lease`.execute(db.sql);
    expect(left.rows).toEqual([]);
    expect(await verifyAudit(db.sql)).toMatchObject({ intact: true });
  }, 400_000);
});

/** godwit.yaml in the state folder; answers with its path. */
async function settings(folder: string, source: DovecotServer, target: DovecotServer, atOnce: number): Promise<string> {
  const file = join(folder, 'godwit.yaml');
  await writeFile(
    file,
    [
      `source: { url: 'imap+plain://127.0.0.1:${source.port}', secret: env:PW }`,
      `target: { url: 'imap+plain://127.0.0.1:${target.port}', secret: env:PW }`,
      'follow-every: 1s',
      `workers: { at-once: ${atOnce} }`,
    ].join('\n'),
  );
  return file;
}

/** Everybody in one wave that is running, and whose window opens much later. */
async function seedAll(server: DovecotServer, first: number, messages: number): Promise<void> {
  for (const [i, user] of users.entries())
    await seedAccount(server, user, [{ path: ['INBOX'], messages: plainMessages(first + i * 100, messages) }]);
}

async function expectAllThere(source: DovecotServer, target: DovecotServer): Promise<void> {
  for (const user of users) {
    const comparison = compareAccounts(await accountSeen(source, user), await accountSeen(target, user));
    expect(differencesOf(comparison)).toEqual([]);
  }
}

async function isReady(process: AtWork): Promise<boolean> {
  return (await process.ask('/readyz')).status === 200;
}

/** Stands it still until it is caught with a mailbox in hand, and kills it. */
async function killWithWork(
  db: Database,
  { child, pid }: AtWork,
): Promise<{ readonly worker: string; readonly mailbox: number; readonly at: Date }> {
  for (;;) {
    child.kill('SIGSTOP');
    const { rows } = await sql<{ worker: string; mailbox: number; at: Date }>`
      select w.id as worker, l.mailbox, clock_timestamp() as at
        from mailbox_lease l join worker w on w.id = l.worker where w.pid = ${pid}`.execute(db.sql);
    const [held] = rows;
    if (held) {
      child.kill('SIGKILL');
      return held;
    }
    child.kill('SIGCONT');
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

async function idOf(db: Database, { pid }: AtWork): Promise<string> {
  const { rows } = await sql<{ id: string }>`select id from worker where pid = ${pid}`.execute(db.sql);
  return rows[0]?.id ?? '';
}

async function caughtUpSince(db: Database, at: Date): Promise<readonly number[]> {
  const { rows } = await sql<{ id: number }>`select id from mailbox where caught_up_at > ${at}`.execute(db.sql);
  return rows.map(({ id }) => id);
}

/** The workers of whom the audit log says that they were not heard of any more. */
async function vanished(db: Database): Promise<readonly string[]> {
  const { rows } = await sql<{ who: string }>`select who from audit where what = 'vanished'`.execute(db.sql);
  return rows.map(({ who }) => who.replace('worker ', ''));
}
