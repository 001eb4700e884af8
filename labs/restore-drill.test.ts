/**
 * Everything is killed, the machine of the database is lost, and yesterday's dump is put back by the commands of docs/backup.md: nothing moves until somebody has looked, whoever switched since stays where
 * people and mail are, and in the end nothing is lost and nothing there twice.
 */

import { join } from 'node:path';
import { readFileSync, writeFileSync } from 'node:fs';
import { sql } from 'kysely';
import { describe, expect, test } from 'vitest';
import { removedFolder } from '#domain/removed-folder.ts';
import { windowFrom } from '#domain/window.ts';
import { Asking } from '../src/doors/asking.test-kit.ts';
import { type Database, openDatabase } from '../src/store/db.ts';
import { migrate } from '../src/store/migrations.ts';
import { openWaves } from '../src/store/waves.ts';
import { type AtWork, eventually, goToWork } from './at-work.ts';
import { plainMessages } from './awkward-mail.ts';
import { environment, usersOf } from './chaos-estate.ts';
import { startDovecot } from './dovecot.ts';
import { populate, untilStanding } from './embedded-estate.ts';
import { freshState, startGodwit } from './godwit.ts';
import { labAvailable } from './namespace.ts';
import { postgresAvailable, type PostgresServer, startPostgres } from './postgres.ts';
import { seedAccount } from './seed.ts';
import { freePort, type LabServer, type LabUser } from './server.ts';
import { skipAloud } from './skip-aloud.ts';
import { accountSeen } from './snapshot.ts';
import { Wire } from './wire.ts';

const hasAll = skipAloud('restore drill', await labAvailable('dovecot'), await postgresAvailable());

/** Switched before the dump; switched after it; never. */
const users = usersOf(6);
const [before, since, never] = [users.slice(0, 2), users.slice(2, 4), users.slice(4)];
const [bob] = since as [LabUser, LabUser];

/** How the page begins: who signs in, and where. */
const signingIn = ['(umask 077', 'export PGHOST'] as const;

describe.runIf(hasAll)('everything is killed, and yesterday’s dump is put back', () => {
  test('nobody who switched since is led back, nothing is lost, and nothing is there twice', async () => {
    await using source = await startDovecot({ users });
    await using target = await startDovecot({ users });
    await using folder = await freshState();
    await using state = await freshState();
    await using postgres = await startPostgres();
    for (const [i, user] of users.entries())
      await seedAccount(source, user, [
        { path: ['INBOX'], messages: plainMessages(i * 100 + 1, 12) },
        { path: ['Projekte', 'Süd'], messages: plainMessages(i * 100 + 60, 3) },
      ]);
    const door = await freePort();
    const config = writeSettings(state.path, source, target, door);
    const variables = { ...environment, DATABASE_URL: postgres.url };
    const flags = ['--config', config, '--state', state.path];
    const serving = (): AtWork =>
      goToWork(['serve', '--log-level', 'info', '--log-format', 'json', ...flags], variables);
    const godwit = (...args: readonly string[]) => startGodwit([...args, ...flags], variables).ended;
    const look = () => openDatabase({ url: postgres.url, connectionsMax: 2, applicationName: 'labs' });

    // Yesterday: two have settled, and all others are kept close.
    {
      await using db = await look();
      await migrate(db);
      await populate(db, users);
      await planWave(db, 'first', before, 0);
      await planWave(db, 'second', since, 3_600_000);
      await planWave(db, 'third', never, 7_200_000);
      await using yesterday = serving();
      await untilStanding(db, 'settled', before.length);
      await untilStanding(db, 'following', since.length + never.length);
      // While it works.
      await asThePageSays(postgres, folder.path, ...signingIn, 'pg_dump', 'pg_restore --file');
      yesterday.child.kill('SIGKILL');
      await yesterday.ended;
    }

    // Today: two more switch, and all go on with their mail.
    {
      await using today = serving();
      await write(source, users.slice(2), 700);
      await using db = await look();
      await sql`update wave set opens_at = now() - interval '1 minute' where name = 'second'`.execute(db.sql);
      await untilStanding(db, 'settled', before.length + since.length);
      await write(target, [...before, ...since], 800);
      await Promise.all([...before, ...since].map((user) => untilEqual(target, source, user)));
      // What they remove there is kept at home in a folder of ours, and comes back to nobody.
      await remove(target, bob);
      await untilRemoved(source, bob);
      await eventually('the head of the audit log is kept', async () => headKept(state.path) > 1);
      today.child.kill('SIGKILL');
      await today.ended;
    }
    await postgres.lose();
    await asThePageSays(postgres, folder.path, signingIn[1], 'createdb', 'pg_restore --no-owner');
    // Mail goes on: to the side where each of them is.
    await write(target, [...before, ...since], 900);
    await write(source, never, 900);
    const kept = new Map<string, readonly string[]>();
    for (const user of users) kept.set(user.name, await messagesOf(sideOf(user, source, target), user));

    await using again = serving();
    await eventually('it says that the database was restored', async () => again.said().includes('database.restored'));
    expect(await again.ask('/readyz')).toMatchObject({
      status: 503,
      text: expect.stringContaining('godwit db restored'),
    });
    // The doors go on by what they knew, which is more than the database knows; or say "later" where a switch was a moment ago.
    for (const user of since) expect(await transportOf(door, user)).toMatch(/^(?:OK smtp:\[new\.example\]|TEMP )/);
    expect(await transportOf(door, never[0] as LabUser)).toBe('OK smtp:[old.example]');

    const looked = await godwit('db', 'restored');
    expect(looked.code).toBe(3);
    for (const user of since) expect(looked.stdout).toContain(user.name);
    for (const user of [...before, ...never]) expect(looked.stdout).not.toContain(user.name);
    expect(looked.stdout).toContain('Nothing was changed');
    const confirmed = await godwit('db', 'restored', '--yes', '--why', 'the disk was lost');
    expect(confirmed.code).toBe(3);

    await using db = await look();
    const { rows } = await sql<{ address: string; stage: string; mark: string; side: string }>`
      select address, stage, mark, side from mailbox join route on route.mailbox = mailbox.id
       where mark = 'held' order by address`.execute(db.sql);
    expect(rows).toEqual(since.map(({ name }) => ({ address: name, stage: 'settled', mark: 'held', side: 'target' })));
    await eventually('it goes on', async () => (await again.ask('/readyz')).status === 200);
    for (const user of since)
      await eventually('the door knows', async () => (await transportOf(door, user)) === 'OK smtp:[new.example]');
    const released = await godwit('mailbox', 'release', ...since.map(({ name }) => name));
    expect(released.code).toBe(0);

    // Both sides once more, with the eyes of others: what people had they have, once, and so has the side behind them.
    for (const user of [...before, ...since]) await untilEqual(target, source, user);
    for (const user of never) await untilEqual(source, target, user);
    for (const user of users) expect(await messagesOf(sideOf(user, source, target), user)).toEqual(kept.get(user.name));
    // Nobody changes sides before a person has taken the brake off.
    expect(await godwit('brake', 'off', '--why', 'both sides were looked at')).toMatchObject({ code: 0 });
    expect(await godwit('audit', 'verify')).toMatchObject({ code: 0 });
    const records = await sql<{ what: string; why: string }>`
      select what, why from audit where what = 'restored'`.execute(db.sql);
    expect(records.rows).toEqual([{ what: 'restored', why: 'the disk was lost' }]);
  }, 240_000);
});

function sideOf(user: LabUser, source: LabServer, target: LabServer): LabServer {
  return never.includes(user) ? source : target;
}

function writeSettings(folder: string, source: LabServer, target: LabServer, door: number): string {
  const file = join(folder, 'godwit.yaml');
  const side = (name: string, { port }: LabServer): string =>
    `${name}: { url: 'imap+plain://127.0.0.1:${port}', secret: env:PW, budget: { connections: 16 } }`;
  writeFileSync(
    file,
    [
      side('source', source),
      side('target', target),
      'database: env:DATABASE_URL',
      'follow-every: 2s',
      'delete: true',
      'workers: { at-once: 4 }',
      'switching: { announce-ahead: 2s }',
      'ways-in: { by: [] }',
      'doors:',
      '  postfix:',
      `    listen: 127.0.0.1:${door}`,
      `    views: [{ source: 'smtp:[old.example]', target: 'smtp:[new.example]', moving: 'godwit:inet:127.0.0.1:9' }]`,
    ].join('\n'),
  );
  return file;
}

async function planWave(db: Database, name: string, of: readonly LabUser[], opensInMs: number): Promise<void> {
  const waves = openWaves(db);
  await sql`update mailbox set wave_hint = ${name} where address = any(${of.map((user) => user.name)}::text[])`.execute(
    db.sql,
  );
  const window = windowFrom(Date.now() + opensInMs, Date.now() + opensInMs + 3_600_000);
  const wave = { name, selector: { hint: [name] }, limit: null, isPilot: false, errorBudget: 0.5, window };
  expect(await waves.create(wave, 'a test')).toMatchObject({ kind: 'created', mailboxes: of.length });
  expect(await waves.move(name, 'start', 'a test', null)).toMatchObject({ kind: 'moved' });
}

/** The commands of the page that begin with these words, as they stand there, for this server and day. */
async function asThePageSays(server: PostgresServer, folder: string, ...beginnings: readonly string[]): Promise<void> {
  const page = readFileSync(join(import.meta.dirname, '..', 'docs', 'backup.md'), 'utf8');
  const lines = beginnings.map((beginning) => {
    const found = page.split('\n').filter((line) => /^ {4,}\S/.test(line) && line.trim().startsWith(beginning));
    expect(found).toHaveLength(1);
    return (found[0] as string).trim();
  });
  const here = lines
    .join('\n')
    .replaceAll('db.example', '127.0.0.1')
    .replaceAll('5432', String(server.port))
    .replace('PASSWORD', server.password)
    .replace(/godwit-(?:\$\(.*?\)|[\d-]+)\.dump/g, 'godwit.dump');
  await server.shell(here, folder, { HOME: folder });
}

async function write(server: LabServer, to: readonly LabUser[], from: number): Promise<void> {
  for (const [i, user] of to.entries())
    await seedAccount(server, user, [{ path: ['INBOX'], messages: plainMessages(from * 10 + i * 20, 3) }]);
}

/** The first message of the inbox, for good. */
async function remove(server: LabServer, user: LabUser): Promise<void> {
  await using wire = await Wire.signedIn(server.port, user);
  await wire.ok('SELECT INBOX');
  await wire.ok('STORE 1 +FLAGS.SILENT (\\Deleted)');
  await wire.ok('EXPUNGE');
}

/** What somebody has, by content and folder, without the folder of ours. */
async function messagesOf(server: LabServer, user: LabUser): Promise<readonly string[]> {
  const seen = await accountSeen(server, user);
  return [...seen.folders.values()]
    .filter(({ path }) => !path.join('/').startsWith(removedFolder))
    .flatMap(({ path, messages }) => messages.map(({ sha256 }) => `${path.join('/')} ${sha256}`))
    .toSorted();
}

async function untilEqual(one: LabServer, other: LabServer, user: LabUser): Promise<void> {
  const want = (await messagesOf(one, user)).join('\n');
  await eventually(
    `${user.name} has the same on both sides`,
    async () => (await messagesOf(other, user)).join('\n') === want,
  );
}

async function untilRemoved(home: LabServer, user: LabUser): Promise<void> {
  const folders = async () => [...(await accountSeen(home, user)).folders.values()].map(({ path }) => path.join('/'));
  await eventually('what was removed is kept at home', async () =>
    (await folders()).some((path) => path.startsWith(removedFolder)),
  );
}

function headKept(stateDir: string): number {
  return (JSON.parse(readFileSync(join(stateDir, 'audit-head.json'), 'utf8')) as { seq: number }).seq;
}

/** What Postfix is told (socketmap). */
async function transportOf(port: number, user: LabUser): Promise<string> {
  using asking = new Asking({ host: '127.0.0.1', port });
  const question = `transport ${user.name}`;
  asking.say(`${question.length}:${question},`);
  const length = Number((await asking.until(':')).slice(0, -1));
  return (await asking.until(',')).slice(0, length);
}
