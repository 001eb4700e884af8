/** The way to a server: over TLS with an authority of one's own, by a socket, and over connections that break. */

import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { createServer as listen, connect, type Socket } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { bearerOf, type Served, served } from '#api/served.test-kit.ts';
import { type Played, play } from '#cli/made-up-world.ts';
import { Authority, type Pem, selfSigned } from '../../labs/tls.ts';
import { people } from '#store/estate.test-kit.ts';
import { type TestDatabase, testDatabase } from '#store/test-database.ts';
import { openDesksThere } from './desks-there.ts';
import { openProgrammeThere } from './programme-there.ts';

const authority = new Authority();
let folder = '';
let ca = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'godwit-wire-'));
  ca = join(folder, 'ca.pem');
  await writeFile(ca, authority.certificate);
});
afterAll(() => rm(folder, { recursive: true }));

function say(url: string, bearer: string, ...words: readonly string[]): Promise<Played> {
  return play([...words, '--server', url, '--token', 'env:TOKEN'], {
    environment: { TOKEN: bearer },
    openProgrammeThere: async (options) => openProgrammeThere(options, '1.2.3'),
    openDesksThere: async (options) => openDesksThere(options, '1.2.3'),
  });
}

function portOf({ server: { at } }: Served): number {
  if (at.kind !== 'tcp') throw new Error('it listens at a port');
  return at.port;
}

/** A server with this certificate, on an estate with one mailbox. */
async function overTls(db: TestDatabase, tls: Pem): Promise<{ readonly port: number; readonly bearer: string }> {
  await people(db.sql, ['ann']);
  return { port: portOf(await served(db, { tls })), bearer: await bearerOf(db, 'owner') };
}

describe('over https', () => {
  test('a server whose certificate an authority of one’s own has signed is asked with --server-ca, and by the name that it bears', async () => {
    await using db = await testDatabase();
    const { port, bearer } = await overTls(db, authority.good());
    for (const host of ['127.0.0.1', 'localhost']) {
      const told = await say(`https://${host}:${port}`, bearer, 'get', 'mailboxes', '-o', 'csv', '--server-ca', ca);
      expect([told.code, told.stderr, told.stdout]).toEqual([0, '', expect.stringContaining('ann@x.example')]);
    }
  });

  test.each([
    ['nobody here knows', () => authority.good(), false, 'untrusted'],
    ['bears another name', () => authority.wrongHost(), true, 'untrusted'],
    ['is over', () => authority.expired(), true, 'untrusted'],
    ['nobody signed but itself', () => selfSigned(), true, 'untrusted'],
    ['another authority signed', () => new Authority().good(), true, 'untrusted'],
  ])('one whose certificate %s is told nothing, not even the token', async (_, certificate, isCaGiven, code) => {
    await using db = await testDatabase();
    const { port, bearer } = await overTls(db, certificate());
    const words = ['brake', 'on', '--why', 'smoke', ...(isCaGiven ? ['--server-ca', ca] : [])];
    const told = await say(`https://127.0.0.1:${port}`, bearer, ...words);
    expect([told.code, told.stdout, told.stderr]).toEqual([4, '', expect.stringContaining(`(api.server.${code})`)]);
    expect(told.stderr).toContain('--server-ca FILE');
    // It came in nowhere: its last use is written down when it is judged.
    const { rows } = await sql<{ used: boolean }>`select used_at is not null as used from access_token`.execute(db.sql);
    expect(rows).toEqual([{ used: false }]);
    expect((await sql`select 1 from brake`.execute(db.sql)).rows).toEqual([]);
  });

  test('one that speaks no TLS is said to be so', async () => {
    await using db = await testDatabase();
    const told = await say(`https://127.0.0.1:${portOf(await served(db))}`, 'x', 'status');
    expect([told.code, told.stderr]).toEqual([4, expect.stringMatching(/\(api\.server\.(unreachable|untrusted)\)/)]);
  });

  test('a file that holds no authority is refused before anything is asked', async () => {
    const file = join(folder, 'none.pem');
    await writeFile(file, 'nothing\n');
    const told = await say('https://127.0.0.1:9', 'x', 'status', '--server-ca', file);
    expect([told.code, told.stdout]).toEqual([2, '']);
    expect(told.stderr).toContain(file);
  });
});

describe('by a socket', () => {
  test('a server on this machine is asked and ordered by unix:PATH', async () => {
    await using db = await testDatabase();
    await people(db.sql, ['ann']);
    const path = join(folder, 'api');
    await served(db, { at: { kind: 'unix', path } });
    const bearer = await bearerOf(db, 'operator');
    expect((await say(`unix:${path}`, bearer, 'get', 'mailboxes', '-o', 'csv')).stdout).toContain('ann@x.example');
    expect(await say(`unix:${path}`, bearer, 'mailbox', 'hold', 'ann@x.example')).toMatchObject({ code: 0 });
  });

  test('that is not there is said to be so', async () => {
    const told = await say(`unix:${join(folder, 'nothing')}`, 'x', 'status');
    expect([told.code, told.stderr]).toEqual([4, expect.stringContaining('there is no such socket')]);
  });
});

/**
 * Stands between and breaks connections: after the question has gone through, `cuts` answers to orders never come back, or only so
 * many `octets` of them (-1: all but one); with `dies`, nobody listens any more after that.
 */
async function cutting(api: Served, cuts: number, octets = 0, dies = false): Promise<string> {
  let left = cuts;
  const sockets = new Set<Socket>();
  const server = listen((near) => {
    const far = connect(portOf(api), '127.0.0.1');
    for (const each of [near, far]) {
      sockets.add(each);
      each.on('error', () => undefined).once('close', () => sockets.delete(each));
    }
    let isOrder = false;
    near.on('data', (part: Buffer) => {
      isOrder ||= part.toString('latin1').startsWith('POST');
      far.write(part);
    });
    far.on('data', (part: Buffer) => {
      if (!isOrder || left === 0) return void near.write(part);
      left--;
      near.write(part.subarray(0, octets), () => near.resetAndDestroy());
      far.destroy();
      if (dies && left === 0) server.close();
    });
    near.once('close', () => far.destroy());
    far.once('close', () => near.end());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    for (const each of sockets) each.destroy();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const create = ['access', 'token', 'create', '--name', 'nightly', '--role', 'auditor'] as const;
const tokens = async (db: TestDatabase) =>
  (await sql`select name from access_token where name = 'nightly'`.execute(db.sql)).rows.length;

describe('over a connection that breaks', () => {
  test.each([
    ['before the answer', 0],
    ['just before the end of the answer', -1],
  ])('%s an order is obeyed once, and its answer is had', async (_, octets) => {
    await using db = await testDatabase();
    await people(db.sql, ['ann']);
    const url = await cutting(await served(db), 2, octets);
    const told = await say(url, await bearerOf(db, 'owner'), 'brake', 'on', '--why', 'smoke');
    expect([told.code, told.stderr]).toEqual([0, '']);
    const { rows } = await sql`select what from audit where what like '%brake%'`.execute(db.sql);
    expect(rows).toHaveLength(1);
  });

  test.each([
    ['before the answer', 0],
    ['just before the end of the answer', -1],
  ])('%s a token is made once, and who wanted it is told to revoke it and to make another', async (_, octets) => {
    await using db = await testDatabase();
    const file = join(folder, `token-${octets}`);
    const url = await cutting(await served(db), 1, octets);
    const told = await say(url, await bearerOf(db, 'owner'), ...create, '--out', file);
    expect(told.code).not.toBe(0);
    expect(told.stderr).toContain('The token "nightly" was made, and nobody has it');
    expect(told.stderr).toContain('Revoke it (`godwit access token revoke`), and make another.');
    expect(await tokens(db)).toBe(1);
    // Nor is there a file in which nobody finds it.
    await expect(stat(file)).rejects.toThrow('ENOENT');
  });

  test('and a server that is gone then, nobody says that nothing was sent', async () => {
    await using db = await testDatabase();
    const bearer = await bearerOf(db, 'owner');
    const api = await served(db);
    const told = await say(await cutting(api, 1, 0, true), bearer, ...create);
    expect([told.stdout, told.stderr]).toEqual(['', expect.stringContaining('The token "nightly" may have been made')]);
    const brake = await say(await cutting(api, 1, 0, true), bearer, 'brake', 'on', '--why', 'smoke');
    expect([brake.code, brake.stderr]).toEqual([4, expect.stringContaining('(api.server.in-doubt)')]);
  });
});
