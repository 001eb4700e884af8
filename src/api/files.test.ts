/** Files that are sent: they come whole and as they were meant, or nothing of them is kept. */

import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { sql } from 'kysely';
import { describe, expect, test } from 'vitest';
import type { FileLimits } from '#ports/sent-files.ts';
import type { Database } from '#store/db.ts';
import { testDatabase } from '#store/test-database.ts';
import { ask, bearerOf, deskFor, problemIn, type Served, served, type Told } from './served.test-kit.ts';

const octets = randomBytes(700_000);
const digest = createHash('sha256').update(octets).digest();
const name = digest.toString('hex');
const wholeDigest = `sha-256=:${digest.toString('base64')}:`;

async function opened(
  db: Database,
  { questionMaxMs = 20_000, ...limits }: Partial<FileLimits> & { readonly questionMaxMs?: number } = {},
): Promise<{ readonly api: Served; readonly bearer: string }> {
  const fileLimits = { largest: 1_000_000, together: 2_000_000, ...limits };
  const api = await served(db, { questionMaxMs, desk: deskFor(db, { fileLimits }) });
  return { api, bearer: await bearerOf(db, 'operator') };
}

async function left(db: Database): Promise<number> {
  const { rows } = await sql`select 1 from sent_file union all select 1 from sent_file_part`.execute(db.sql);
  return rows.length;
}

const problem = (told: Told) => [told.status, problemIn(told).code];

/** A connection on which a file begins to be sent; all that comes back. */
async function sending({ server }: Served, head: string): Promise<{ socket: Socket; said: () => string }> {
  const { at } = server;
  const socket = at.kind === 'unix' ? connect(at.path) : connect(at.port, at.host);
  socket.on('error', () => undefined);
  let said = '';
  socket.setEncoding('utf8').on('data', (part: string) => (said += part));
  await once(socket, 'connect');
  socket.write(head);
  return { socket, said: () => said };
}

const headOf = (bearer: string, how: string) =>
  `POST /v1/files HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${bearer}\r\nIdempotency-Key: sent-by-hand\r\n` +
  `Content-Type: application/octet-stream\r\n${how}\r\n\r\n`;

describe('a file', () => {
  test('is called by its digest, is there for whoever sent it, and is not there for anybody else', async () => {
    await using db = await testDatabase();
    const { api, bearer } = await opened(db);
    const told = await ask(api, '/v1/files', { bearer, octets, headers: { 'content-digest': wholeDigest } });
    expect([told.status, told.body]).toEqual([200, { file: name, octets: octets.length }]);
    expect((await ask(api, `/v1/files/${name}`, { bearer })).body).toEqual({ file: name, octets: octets.length });
    const other = await bearerOf(db, 'operator');
    const [foreign, unknown] = [
      await ask(api, `/v1/files/${name}`, { bearer: other }),
      await ask(api, `/v1/files/${'0'.repeat(64)}`, { bearer: other }),
    ];
    expect(foreign.status).toBe(404);
    expect(JSON.stringify(problemIn(foreign)).replace(name, '…')).toBe(
      JSON.stringify(problemIn(unknown)).replace('0'.repeat(64), '…'),
    );
    expect(problem(await ask(api, '/v1/files/names.csv', { bearer }))).toEqual([422, 'api.request.unfit']);
  });

  test('that is sent twice under one key is one, and another under that key is refused and not kept', async () => {
    await using db = await testDatabase();
    const { api, bearer } = await opened(db);
    const headers = { 'idempotency-key': 'once-and-again' };
    const first = await ask(api, '/v1/files', { bearer, octets, headers });
    // Used, and then sent again by whoever did not hear that it had come.
    await deskFor(db).files.forget('token 1 (operator of all)', name);
    expect((await ask(api, '/v1/files', { bearer, octets, headers })).text).toBe(first.text);
    expect((await ask(api, `/v1/files/${name}`, { bearer })).status).toBe(200);
    const other = await ask(api, '/v1/files', { bearer, octets: 'another', headers });
    expect(problem(other)).toEqual([422, 'api.key.other-body']);
    expect(await left(db)).toBe(1 + 3);
    const none = await ask(api, '/v1/files', { bearer, octets, headers: { 'idempotency-key': '' } });
    expect(problem(none)).toEqual([400, 'api.key.missing']);
  });

  test('of other octets than its digest says is not kept', async () => {
    await using db = await testDatabase();
    const { api, bearer } = await opened(db);
    const send = (header: string) =>
      ask(api, '/v1/files', { bearer, octets: 'x', headers: { 'content-digest': header } });
    expect(problem(await send(wholeDigest))).toEqual([422, 'api.file.other']);
    expect(problem(await send('sha-256=:abc:'))).toEqual([422, 'api.request.unfit']);
    expect(problem(await send(`${wholeDigest}, ${wholeDigest}`))).toEqual([422, 'api.request.unfit']);
    expect(await left(db)).toBe(0);
    // Of digests that are not ours nothing is known.
    expect((await send('md5=:1B2M2Y8AsgTpgAmY7PhCfg==:')).status).toBe(200);
  });

  test('that is too large is refused before it is read, or as soon as it shows, and why is read by whoever sends it', async () => {
    await using db = await testDatabase();
    const { api, bearer } = await opened(db);
    expect(problem(await ask(api, '/v1/files', { bearer, octets: randomBytes(1_000_001) }))).toEqual([
      413,
      'api.file.too-large',
    ]);
    // One that does not say how large it is, from somebody who reads nothing before all is sent.
    const { socket, said } = await sending(api, headOf(bearer, 'Transfer-Encoding: chunked'));
    const part = `20000\r\n${'x'.repeat(0x20000)}\r\n`;
    for (let i = 0; i < 40; i++) socket.write(part);
    socket.write('0\r\n\r\n');
    await expect.poll(said).toMatch(/^HTTP\/1\.1 413 [^]*api\.file\.too-large/);
    socket.destroy();
    expect(await left(db)).toBe(0);
  });

  test('for which there is no room is refused for now', async () => {
    await using db = await testDatabase();
    const { api, bearer } = await opened(db, { together: 800_000 });
    await ask(api, '/v1/files', { bearer, octets });
    const told = await ask(api, '/v1/files', { bearer, octets: randomBytes(200_000) });
    expect([...problem(told), told.headers.get('retry-after')]).toEqual([503, 'api.files.full', '5']);
  });

  test('of somebody who sends many at one moment leaves places for those of others', async () => {
    await using db = await testDatabase();
    const { api, bearer } = await opened(db);
    const sockets: Socket[] = [];
    for (let i = 0; i < 8; i++) {
      const { socket } = await sending(api, headOf(bearer, 'Content-Length: 9').replace('by-hand', `by-hand-${i}`));
      sockets.push(socket);
    }
    await expect.poll(() => left(db)).toBe(8);
    const told = await ask(api, '/v1/files', { bearer, octets: 'one more' });
    expect([...problem(told), told.headers.get('retry-after')]).toEqual([503, 'api.files.busy', '30']);
    const another = await bearerOf(db, 'planner');
    expect((await ask(api, '/v1/files', { bearer: another, octets: 'mine' })).status).toBe(200);
    for (const socket of sockets) socket.destroy();
    await expect.poll(async () => (await ask(api, '/v1/files', { bearer, octets: 'one more' })).status).toBe(200);
  });

  test.each([
    ['JSON', 'application/json'],
    ['a form', 'multipart/form-data; boundary=x'],
    ['nothing said', ''],
  ])('that comes as %s is not taken for one', async (_, type) => {
    await using db = await testDatabase();
    const { api, bearer } = await opened(db);
    const told = await ask(api, '/v1/files', { bearer, octets: '{"why": "x"}', headers: { 'content-type': type } });
    expect(problem(told)).toEqual([415, 'api.file.not-octets']);
    // Nor are octets an order.
    const octetsForOrder = { bearer, octets: '{"why": "x"}' };
    expect(problem(await ask(api, '/v1/brake/on', octetsForOrder))).toEqual([415, 'api.body.not-json']);
  });

  test('whose connection ends in the middle leaves nothing behind', async () => {
    await using db = await testDatabase();
    const { api, bearer } = await opened(db);
    const { socket } = await sending(api, headOf(bearer, 'Content-Length: 900000'));
    socket.write(randomBytes(600_000));
    await expect.poll(() => left(db)).toBeGreaterThan(1);
    socket.destroy();
    await expect.poll(() => left(db)).toBe(0);
    expect((await ask(api, '/v1/files', { bearer, octets })).status).toBe(200);
  });

  test('takes as long as its line needs, while one that does not go on is not waited for', async () => {
    await using db = await testDatabase();
    const { api, bearer } = await opened(db, { questionMaxMs: 400 });
    const slow = await sending(api, headOf(bearer, `Content-Length: ${octets.length}`));
    const stuck = await sending(api, headOf(bearer, 'Content-Length: 900000').replace('by-hand', 'by-snail'));
    for (let at = 0; at < octets.length; at += 70_000) {
      slow.socket.write(octets.subarray(at, at + 70_000));
      stuck.socket.write('x');
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    await expect.poll(slow.said).toMatch(/^HTTP\/1\.1 200 /);
    await expect.poll(stuck.said).toMatch(/^HTTP\/1\.1 408 [^]*api\.file\.slow/);
    // Nor is it read on for ever.
    await once(stuck.socket, 'close');
    slow.socket.destroy();
    expect(await left(db)).toBe(1 + 3);
  }, 30_000);

  test('of somebody who may not send any is not read', async () => {
    await using db = await testDatabase();
    const { api } = await opened(db);
    const limited = await bearerOf(db, 'operator', null, ['see', 'read-logs']);
    expect((await ask(api, '/v1/files', { bearer: limited, octets })).status).toBe(200);
    for (const bearer of [await bearerOf(db, 'auditor'), await bearerOf(db, 'operator', null, ['see'])]) {
      const told = await ask(api, '/v1/files', { bearer, octets });
      expect([...problem(told), (told.body as { detail: string }).detail]).toEqual([
        403,
        'api.act.forbidden',
        'Your role does not let you do this (import-estate or plan or read-logs).',
      ]);
    }
    expect(await left(db)).toBe(1 + 3);
  });
});
