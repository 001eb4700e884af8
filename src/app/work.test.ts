/** A worker by itself: what it begins with, what it waits for, and what it says when it cannot work. */

import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { Listen } from '#domain/listen.ts';
import { silent } from '#lib/log.ts';
import { openProgrammeSettings } from '#store/programme.ts';
import { openQueue } from '#store/queue.ts';
import { type TestDatabase, testDatabase } from '#store/test-database.ts';
import { openWorkforce } from '#store/workforce.ts';
import { readEstate } from './read-estate.ts';
import { rootKeyOf } from './root-key.ts';
import { publishBudgets } from './workshop.ts';
import { work } from './work.ts';

const by = { version: '1.0', host: 'ward-7' };

/** A worker on the database at `url`, with a state folder of its own; stopped when the test ends. */
async function begin(url: string | undefined, stateDir?: string) {
  const state = stateDir ?? (await folder());
  const stop = new AbortController();
  const started = Promise.withResolvers<Listen>();
  const ended = work(
    {
      settings: null,
      database: 'embedded',
      listen: { host: '127.0.0.1', port: 0 },
      atOnce: null,
      stateDir: state,
      version: '1.0',
      keys: [],
      environment: (name) => (name === 'DATABASE_URL' ? url : undefined),
      log: silent,
      started: (at) => started.resolve(at as Listen),
    },
    stop.signal,
  );
  ended.catch(() => undefined); // each test looks at it in its own time
  onTestFinished(async () => {
    stop.abort(new Error('the test is over'));
    await ended.catch(() => undefined);
  });
  return { ended, stop, started: started.promise, state };
}

async function folder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'godwit-work-'));
  onTestFinished(() => rm(path, { recursive: true, force: true }));
  return path;
}

/** An estate that is led from `state`: its key is made, and its settings are published. The target's secret lies in a file. */
async function led(db: TestDatabase, state: string, ...lines: readonly string[]): Promise<void> {
  const file = join(state, 'godwit.yaml');
  await writeFile(join(state, 'source.secret'), 'a secret', { mode: 0o600 });
  await writeFile(
    file,
    [
      // Nobody listens on these ports.
      'source: { url: imap+plain://127.0.0.1:1, secret: file:source.secret }',
      'target: { url: imap+plain://127.0.0.1:1, secret: file:target.secret }',
      ...lines,
    ].join('\n'),
  );
  const {
    database: _database,
    embedded: _embedded,
    listen: _listen,
    doors: _doors,
    ...shared
  } = await readEstate(file);
  await rootKeyOf({ db, stateDir: state, keys: null, mayMake: true, log: silent });
  await publishBudgets(db, shared);
  await openProgrammeSettings(db).publish(shared, by);
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 50));
}

const atWork = (db: TestDatabase) => openWorkforce(db).workersNow();

describe('a worker that cannot begin says why', () => {
  test('where it is not told of a database, and makes none', async () => {
    const { ended, state } = await begin(undefined);
    await expect(ended).rejects.toMatchObject({ code: 'database.url.missing' });
    expect(await readdir(state)).toEqual([]);
  });

  test.each([
    ['a URL that is none', 'postgres:/u:p@h/d', 'database.url.wrong'],
    ['a server that does not answer', 'postgresql://u@127.0.0.1:1/d', 'database.away'],
  ])('where it is told of %s', async (_, url, code) => {
    await expect((await begin(url)).ended).rejects.toMatchObject({ code });
  });

  test('where the database was never prepared or is behind, and changes nothing in it', async () => {
    await using db = await testDatabase({ bare: true });
    await expect((await begin(db.url)).ended).rejects.toMatchObject({ code: 'database.unprepared' });
    const { rows } = await sql`select from pg_class where relnamespace = 'public'::regnamespace`.execute(db.sql);
    expect(rows).toEqual([]);
  });

  test('where the database was prepared by a newer version', async () => {
    await using db = await testDatabase();
    await sql`insert into migration (name, checksum) values ('9999-later', 'x')`.execute(db.sql);
    await expect((await begin(db.url)).ended).rejects.toMatchObject({ code: 'database.newer' });
  });

  test('where the settings have the form of another version, and takes nothing', async () => {
    await using db = await testDatabase();
    const state = await folder();
    await led(db, state);
    await sql`update programme set form = form + 1`.execute(db.sql);
    await expect((await begin(db.url, state)).ended).rejects.toMatchObject({ code: 'settings.other-form' });
    expect(await atWork(db)).toEqual([]);
  });

  test('where the key of the digests is on another machine only', async () => {
    await using db = await testDatabase();
    await led(db, await folder());
    await expect((await begin(db.url)).ended).rejects.toMatchObject({ code: 'digests.key.missing' });
  });
});

test('a worker that comes before the control plane waits for it', async () => {
  await using db = await testDatabase();
  const state = await folder();
  const { started } = await begin(db.url, state);
  await led(db, state);
  const at = await started;
  await until(async () => (await atWork(db)).length === 1);
  expect((await fetch(`http://127.0.0.1:${at.port}/healthz`)).status).toBe(200);
});

test('a worker says which secret it cannot resolve, takes nothing, and begins once it can', async () => {
  await using db = await testDatabase();
  const state = await folder();
  await led(db, state);
  await sql`insert into organisation (code, name) values ('RXY', 'Somewhere')`.execute(db.sql);
  await sql`insert into mailbox (address, kind, organisation) values ('ann@x.example', 'person', 1)`.execute(db.sql);
  await using queue = await openQueue(db, silent);
  await queue.send([{ mailbox: 1, work: 'copy', urgency: 3 }]);
  const { started } = await begin(db.url, state);
  const at = await started;
  const ready = () => fetch(`http://127.0.0.1:${at.port}/readyz`);
  await until(async () => (await (await ready()).text()).includes('secrets are lacking'));
  expect(await atWork(db)).toMatchObject([{ lacks: [`file:${join(state, 'target.secret')}`] }]);
  // It was heard of again, and has left alone what there is to be done.
  let before = 0;
  await until(async () => {
    const silentMs = (await atWork(db))[0]?.silentMs ?? 0;
    const isHeardOf = silentMs < before;
    before = silentMs;
    return isHeardOf;
  });
  expect(await queue.depth()).toEqual({ waiting: 1, active: 0 });
  await writeFile(join(state, 'target.secret'), 'another', { mode: 0o600 });
  await until(async () => (await queue.depth()).waiting === 0);
  expect(await atWork(db)).toMatchObject([{ lacks: [] }]);
});

test('a worker takes other settings over when they are published, under a new name', async () => {
  await using db = await testDatabase();
  const state = await folder();
  await writeFile(join(state, 'target.secret'), 'another', { mode: 0o600 });
  await led(db, state);
  const { started, stop, ended } = await begin(db.url, state);
  await started;
  await until(async () => (await atWork(db)).length === 1);
  const [before] = await atWork(db);
  await led(db, state, 'follow-every: 7m');
  await until(async () => (await atWork(db)).some(({ id }) => id !== before?.id));
  stop.abort();
  expect(await ended).toBe('stopped');
  expect(await atWork(db)).toEqual([]);
});
