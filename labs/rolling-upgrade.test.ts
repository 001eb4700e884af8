/**
 * Two versions at once: the former one is at work on an estate when a newer control plane comes and brings the database up to date. The
 * old worker goes on, is drained, and nobody and nothing is lost or there twice.
 */

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { sql } from 'kysely';
import { describe, expect, test } from 'vitest';
import { migrations } from '../src/store/migrations.ts';
import { verifyAudit } from '../src/store/audit-verify.ts';
import { openDatabase } from '../src/store/db.ts';
import { startEmbedded } from '../src/postgres/embedded.ts';
import { type AtWork, eventually, goToWork } from './at-work.ts';
import { plainMessages } from './awkward-mail.ts';
import { compareAccounts, differencesOf } from './compare.ts';
import { type DovecotServer, startDovecot } from './dovecot.ts';
import { countOf, populate } from './embedded-estate.ts';
import { formerAvailable, unpackFormer } from './former-release.ts';
import { freshState, startGodwit } from './godwit.ts';
import { labAvailable } from './namespace.ts';
import { seedAccount } from './seed.ts';
import { skipAloud } from './skip-aloud.ts';
import { accountSeen } from './snapshot.ts';

const needs = [await labAvailable('dovecot'), await formerAvailable()];
const hasAll = skipAloud('rolling upgrade', ...needs);

const users = Array.from({ length: 10 }, (_, i) => ({ name: `user${i}@corp.example`, password: 'one for all' }));

describe.runIf(hasAll)('a rolling upgrade', () => {
  test('the old worker goes on under the new schema until it is drained, and nothing is lost or there twice', async () => {
    await using source = await startDovecot({ users });
    await using target = await startDovecot({ users });
    await using state = await freshState();
    await using folder = await freshState();
    await using old = await freshState();
    const former = await unpackFormer(old.path);
    await using server = await startEmbedded(folder.path, {}, AbortSignal.timeout(60_000));
    await using db = await openDatabase({ url: server.url, connectionsMax: 4, applicationName: 'labs' });
    await seedAll(source, 1, 40);
    const config = writeSettings(state.path, source, target);
    const variables = { PW: 'one for all', DATABASE_URL: server.url };
    const usual = ['--state', state.path, '--log-level', 'info'];
    const then = [process.execPath, former];

    // The former version, all of it: schema, control plane and worker.
    expect(
      await startGodwit(['db', 'migrate', '--config', config, '--state', state.path], variables, 100_000, [], then)
        .ended,
    ).toMatchObject({
      code: 0,
    });
    const namesThen = await migrationsRun(db);
    expect(namesThen.length).toBeLessThan((await migrations()).length);
    await populate(db, users);
    const inTwoDays = new Date(Date.now() + 2 * 86_400_000).toISOString().slice(0, 10);
    for (const order of [
      ['create', 'pilot', '--window', `${inTwoDays}T19:00/22:00`],
      ['start', 'pilot'],
    ])
      expect(
        await startGodwit(['wave', ...order, '--config', config, '--state', state.path], variables, 100_000, [], then)
          .ended,
      ).toMatchObject({ code: 0 });
    await using oldServe = goToWork(['serve', '--config', config, ...usual], variables, then);
    await using oldWorker = goToWork(['worker', ...usual], variables, then);
    await eventually('both work', async () => (await isReady(oldServe)) && (await isReady(oldWorker)), oldWorker.said);
    await eventually('some are copied', async () => (await countOf(db, 'following')) >= 2, oldWorker.said);

    // The database is brought up to date under their hands, and mail goes on coming.
    await seedAll(source, 2_000, 3);
    const migrated = await startGodwit(['db', 'migrate', '--config', config, '--state', state.path], variables).ended;
    expect(migrated).toMatchObject({ code: 0, stderr: '' });
    expect((await migrationsRun(db)).slice(0, namesThen.length)).toEqual(namesThen);
    expect((await migrationsRun(db)).length).toBe((await migrations()).length);

    // A newer control plane takes the lead; the old worker goes on beside it.
    oldServe.child.kill('SIGTERM');
    expect(await oldServe.ended).toMatchObject({ code: 0 });
    await using serve = goToWork(['serve', '--config', config, ...usual], variables);
    await eventually('the newer one leads', async () => (await serve.metric('godwit_leader')) === 1, serve.said);
    await seedAll(source, 4_000, 3);
    const passesBefore = await passesOf(oldWorker);
    await eventually(
      'the old worker carries mail under the new schema',
      async () => (await passesOf(oldWorker)) > passesBefore + 2,
      oldWorker.said,
    );
    await eventually('all are followed', async () => (await countOf(db, 'following')) === users.length, serve.said);
    expect(oldWorker.child.exitCode).toBeNull();

    // One of the former version that is started now does not know these migrations, and takes nothing.
    const late = await startGodwit(['worker', ...usual, '--listen', 'off'], variables, 60_000, [], then).ended;
    expect(late.code).not.toBe(0);
    expect(late.stderr).toContain('newer Godwit');

    // Before anybody switches it is drained, and a new one comes for it.
    // It begins anew under another id where settings changed meanwhile: then it is asked by that.
    await eventually('it is asked to go', async () => {
      const oldId = await idOf(db, oldWorker);
      return (await startGodwit(['worker', 'drain', oldId, '--state', state.path], variables).ended).code === 0;
    });
    expect(await oldWorker.ended).toMatchObject({ code: 0, stderr: expect.stringContaining('drained') });
    await using worker = goToWork(['worker', ...usual], variables);
    await sql`update wave set opens_at = now()`.execute(db.sql);
    await eventually('all have switched', async () => (await countOf(db, 'settled')) === users.length, serve.said);
    for (const user of users) {
      const comparison = compareAccounts(await accountSeen(source, user), await accountSeen(target, user));
      expect(differencesOf(comparison)).toEqual([]);
    }
    for (const process of [serve, worker]) process.child.kill('SIGTERM');
    expect([await serve.ended, await worker.ended]).toMatchObject([{ code: 0 }, { code: 0 }]);
    for (const process of [oldServe, oldWorker, serve, worker]) expect(errorsIn(process)).toEqual([]);
    const gone = await sql`select who from audit where what = 'vanished'`.execute(db.sql);
    expect(gone.rows).toEqual([]);
    expect(await verifyAudit(db.sql)).toMatchObject({ intact: true });
  }, 400_000);
});

function writeSettings(folder: string, source: DovecotServer, target: DovecotServer): string {
  const file = join(folder, 'godwit.yaml');
  const side = (name: string, { port }: DovecotServer): string =>
    `${name}: { url: 'imap+plain://127.0.0.1:${port}', secret: env:PW }`;
  writeFileSync(
    file,
    [
      side('source', source),
      side('target', target),
      'database: env:DATABASE_URL',
      'follow-every: 1s',
      'workers: { at-once: 2 }',
    ].join('\n'),
  );
  return file;
}

async function seedAll(server: DovecotServer, first: number, messages: number): Promise<void> {
  for (const [i, user] of users.entries())
    await seedAccount(server, user, [{ path: ['INBOX'], messages: plainMessages(first + i * 100, messages) }]);
}

async function migrationsRun(db: Parameters<typeof countOf>[0]): Promise<readonly string[]> {
  const { rows } = await sql<{ name: string }>`select name from migration order by name`.execute(db.sql);
  return rows.map(({ name }) => name);
}

async function isReady(process: AtWork): Promise<boolean> {
  return (await process.ask('/readyz')).status === 200;
}

async function idOf(db: Parameters<typeof countOf>[0], { pid }: AtWork): Promise<string> {
  const { rows } = await sql<{ id: string }>`select id from worker where pid = ${pid}`.execute(db.sql);
  return rows[0]?.id ?? '';
}

/** Passes that it has done, of whatever kind. */
async function passesOf(process: AtWork): Promise<number> {
  const { text } = await process.ask('/metrics');
  return [...text.matchAll(/^godwit_passes_total\{[^}]*outcome="done"[^}]*\} (\d+)/gm)].reduce(
    (sum, [, n]) => sum + Number(n),
    0,
  );
}

/** What it said that somebody would have to act upon. */
function errorsIn(process: AtWork): readonly string[] {
  return process
    .said()
    .split('\n')
    .filter((line) => /\berror\b.*|a fault of ours/i.test(line) && !/\b0 errors\b/.test(line));
}
