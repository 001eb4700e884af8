import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import net from 'node:net';
import http from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { databaseFault, isPassing } from './database-fault.ts';
import { type Database, oneRow, openDatabase } from './db.ts';
import { serverOfVersion, serverThatShutsDown } from './pretended-server.test-kit.ts';
import { testDatabase, type TestDatabase } from './test-database.ts';

let db: TestDatabase;
beforeAll(async () => void (db = await testDatabase()));
afterAll(() => db[Symbol.asyncDispose]());

const open = (url: string) => openDatabase({ url, connectionsMax: 2, applicationName: 'godwit tests' });
const refusal = (url: string) =>
  open(url).then(
    () => 'opened',
    (error: unknown) => error,
  );

describe('a DATABASE_URL that cannot be used is told as what it is, without its password', () => {
  test('no URL of PostgreSQL', async () => {
    for (const url of [
      '',
      'nonsense',
      'mysql://u:hidden@h/d',
      'postgres://u:hid#den@h/d',
      'postgres://u:hidden@a,b:5432/d',
      // A slash too few, or one in the password: it would stand in the name of the database.
      'postgresql:/u:hidden@h/d',
      'postgresql:u:hidden@h/d',
      'postgresql:///u:hidden@h/d',
      'postgresql://u:12/hidden@h/d',
    ])
      expect(await refusal(url)).toMatchObject({
        code: 'database.url.wrong',
        message: expect.not.stringContaining('hid'),
      });
  });

  test('a file or a word in it that does not exist', async () => {
    expect(await refusal('postgres://u@h/d?sslrootcert=/nowhere/ca.pem')).toMatchObject({
      code: 'database.url.wrong',
      message: expect.stringContaining('/nowhere/ca.pem'),
    });
    expect(await refusal('postgres://u@h/d?sslmode=off')).toMatchObject({ code: 'database.url.wrong' });
  });

  test('nobody listens there', async () => {
    const [host, port] = await closedPort();
    const error = await refusal(`postgres://u:hidden@${host}:${port}/d`);
    expect(error).toMatchObject({
      code: 'database.away',
      message: expect.stringMatching(`^The database postgresql://${host}:${port}/d does not answer: .*ECONNREFUSED`),
    });
    expect(await refusal('postgres://u@localhost/d?host=/nowhere')).toMatchObject({ code: 'database.away' });
    expect(await refusal('postgres://u@no-such-host.invalid/d')).toMatchObject({ code: 'database.away' });
  });

  test('something else listens there', async () => {
    const port = await listening(http.createServer((_request, response) => response.end('hello')));
    expect(await refusal(`postgres://u@127.0.0.1:${port}/d`)).toMatchObject({ code: 'database.away' });
  });

  test('no such database, no such user', async () => {
    const nowhere = new URL(db.url);
    nowhere.pathname = '/nowhere';
    expect(await refusal(nowhere.href)).toMatchObject({
      code: 'database.refused',
      message: expect.stringContaining('nowhere'),
    });
    const nobody = new URL(db.url);
    nobody.username = 'nobody';
    expect(await refusal(nobody.href)).toMatchObject({ code: 'database.refused' });
  });

  test('an older PostgreSQL than 15', async () => {
    const port = await listening(serverOfVersion('140012'));
    expect(await refusal(`postgres://u@127.0.0.1:${port}/d`)).toMatchObject({
      code: 'database.too-old',
      message: `The database postgresql://127.0.0.1:${port}/d is PostgreSQL 14; 15 or newer is needed.`,
    });
  });
});

test('a server that shuts down while one connects to it is away, and ends no process of ours', async () => {
  const port = await listening(serverThatShutsDown());
  expect(await refusal(`postgres://u@127.0.0.1:${port}/d`)).toMatchObject({ code: 'database.away' });
});

describe('between machines', () => {
  // All of 127.0.0.0/8 is this machine; for these tests an address of its own in another guise stands for another one.
  const elsewhere = '[::ffff:127.0.0.1]';

  test('the connection is protected unless the URL says otherwise, and what is not protected says so', async () => {
    const plain = await listening(serverOfVersion('180000'));
    expect(await refusal(`postgres://u@${elsewhere}:${plain}/d`)).toMatchObject({ code: 'database.unprotected' });
    expect(await refusal(`postgres://u@127.0.0.1:${plain}/d?sslmode=require`)).toMatchObject({
      code: 'database.unprotected',
    });
    await using near = await open(`postgres://u@127.0.0.1:${plain}/d`);
    expect(near.isInTheClear).toBe(false);
    await using far = await open(`postgres://u@${elsewhere}:${plain}/d?sslmode=disable`);
    expect(far.isInTheClear).toBe(true);
  });

  test('a certificate that nobody vouches for is refused, and taken where its authority is named', async () => {
    const folder = fs.mkdtempSync(join(tmpdir(), 'godwit-db-'));
    onTestFinished(() => fs.rmSync(folder, { recursive: true }));
    const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
    const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost'];
    execFileSync(
      'openssl',
      [
        'req',
        '-x509',
        '-newkey',
        'ec',
        '-pkeyopt',
        'ec_paramgen_curve:P-256',
        '-nodes',
        '-days',
        '2',
        ...subject,
        '-keyout',
        key,
        '-out',
        cert,
      ],
      { stdio: 'ignore' },
    );
    const server = serverOfVersion('180000', { key: fs.readFileSync(key), cert: fs.readFileSync(cert) });
    const port = await listening(server);
    expect(await refusal(`postgres://u@localhost:${port}/d?sslmode=verify-full`)).toMatchObject({
      code: 'database.unprotected',
      message: expect.stringContaining('self-signed'),
    });
    await using db = await open(`postgres://u@localhost:${port}/d?sslrootcert=${cert}`);
    expect(db.isInTheClear).toBe(false);
  });
});

test('counts and ids are numbers, and one that would be rounded is refused', async () => {
  expect(await oneRow(db.sql, sql`select 9007199254740991::int8 as n`)).toEqual({ n: Number.MAX_SAFE_INTEGER });
  await expect(sql`select 9007199254740993::int8 as n`.execute(db.sql)).rejects.toThrow(RangeError);
});

test('a process that stands still in a transaction lets go of it, and finds a fault when it goes on', async () => {
  const still = db.sql.transaction().execute(async (tx) => {
    await sql`set local idle_in_transaction_session_timeout = 20`.execute(tx);
    await sql`lock table organisation`.execute(tx);
    const { rows } = await sql`show idle_in_transaction_session_timeout`.execute(db.sql);
    expect(rows).toEqual([{ idle_in_transaction_session_timeout: '10s' }]);
    // Waits for the lock, so until the other is ended.
    await sql`select count(*) from organisation`.execute(db.sql);
    await sql`select 1`.execute(tx);
  });
  await expect(still).rejects.toMatchObject({ code: 'database.away' });
});

test('what two do to each other at the same time is a fault after which one tries again', async () => {
  await sql`insert into organisation (code, name) values ('A', 'a'), ('B', 'b')`.execute(db.sql);
  const bothHold = Promise.withResolvers<void>();
  let holding = 0;
  const entangled = (first: string, second: string) =>
    db.sql.transaction().execute(async (tx) => {
      await sql`update organisation set name = name where code = ${first}`.execute(tx);
      if (++holding === 2) bothHold.resolve();
      await bothHold.promise;
      await sql`update organisation set name = name where code = ${second}`.execute(tx);
    });
  const ends = await Promise.allSettled([entangled('A', 'B'), entangled('B', 'A')]);
  const failed = ends.flatMap((end) => (end.status === 'rejected' ? [end.reason as unknown] : []));
  expect(failed).toMatchObject([{ code: 'database.busy' }]);
  expect(failed.map(isPassing)).toEqual([true]);
});

test('a fault of our own SQL stays what it is', async () => {
  const error = await sql`select nonsense`.execute(db.sql).catch((each: unknown) => each);
  expect(error).toMatchObject({ name: 'error', code: '42703' });
  expect(databaseFault.of(error, db.name)).toBeNull();
  expect(isPassing(error)).toBe(false);
});

test('closed without ever having been used, it leaves no connection open', async () => {
  let other: Database;
  {
    await using opened = await open(db.url);
    other = opened;
  }
  await expect(sql`select 1`.execute(other.sql)).rejects.toThrow(/destroyed/);
  const { n } = await oneRow(
    db.sql,
    sql<{ n: number }>`
      select count(*) as n from pg_stat_activity
       where datname = current_database() and pid <> pg_backend_pid() and application_name <> 'godwit tests'`,
  );
  expect(n).toBe(0);
});

async function listening(server: net.Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  return (server.address() as net.AddressInfo).port;
}

async function closedPort(): Promise<readonly [string, number]> {
  const server = net.createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as net.AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return ['127.0.0.1', port];
}
