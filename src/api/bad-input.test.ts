/** What strangers and broken programs send: none of it is obeyed, none of it ends us, and every refusal says what was wrong. */

import { once } from 'node:events';
import { mkdtemp, rename, rm } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runInNewContext } from 'node:vm';
import { sql } from 'kysely';
import { describe, expect, onTestFinished, test } from 'vitest';
import { people } from '#store/estate.test-kit.ts';
import { openBearers } from '#store/bearers.ts';
import type { Database } from '#store/db.ts';
import { testDatabase } from '#store/test-database.ts';
import { contract } from './contract.ts';
import { bodyOctetsMost } from './contract-routes.ts';
import { Judge } from './judge.ts';
import { ask, bearerOf, problemIn, type Served, served } from './served.test-kit.ts';

/** Sends these very octets and gives all that comes back until the other side ends it. */
async function raw({ server }: Served, text: string): Promise<string> {
  const { at } = server;
  const socket = at.kind === 'unix' ? connect(at.path) : connect(at.port, at.host);
  socket.setTimeout(5_000, () => socket.destroy());
  let said = '';
  socket.setEncoding('utf8').on('data', (part: string) => (said += part));
  socket.write(text);
  await once(socket, 'close');
  return said;
}

async function sent(api: Served, path: string, init: RequestInit): Promise<{ status: number; code: string }> {
  const response = await fetch(`${api.url}${path}`, init);
  const { code, status } = (await response.json()) as { code: string; status: number };
  expect([response.status, response.headers.get('content-type')]).toEqual([
    status,
    'application/problem+json; charset=utf-8',
  ]);
  return { status, code };
}

async function opened(db: Database): Promise<{ readonly api: Served; readonly bearer: string; readonly post: Post }> {
  await people(db.sql, ['ann']);
  const api = await served(db);
  const bearer = await bearerOf(db, 'operator');
  const post: Post = (body, headers = {}) =>
    sent(api, '/v1/brake/on', {
      method: 'POST',
      body,
      headers: {
        authorization: `Bearer ${bearer}`,
        'content-type': 'application/json',
        'idempotency-key': `key-${Math.random().toString(36).slice(2)}-12345678`,
        ...headers,
      },
    });
  return { api, bearer, post };
}
type Post = (body: string, headers?: Record<string, string>) => Promise<{ status: number; code: string }>;

async function isBraked(db: Database): Promise<boolean> {
  return (await sql`select 1 from audit where what like '%brake%'`.execute(db.sql)).rows.length > 0;
}

describe('a body', () => {
  test.each([
    ['half a document', '{"why": "smoke"'],
    ['no JSON', 'why=smoke'],
    ['nothing', ''],
    ['a prototype', '{"__proto__": {"why": "smoke"}}'],
    ['a constructor', '{"constructor": {"prototype": {"why": "smoke"}}}'],
    ['octets that are no UTF-8 in place of a quote', '{\u0000"why": "smoke"}'],
  ])('that is %s is not understood', async (_, body) => {
    await using db = await testDatabase();
    const { post } = await opened(db);
    expect(await post(body)).toEqual({ status: 400, code: 'api.body.malformed' });
    expect(await isBraked(db)).toBe(false);
  });

  test.each([
    ['a list', '[]'],
    ['a word', '"smoke"'],
    ['a number', '1'],
    ['a reason of another kind', '{"why": ["smoke"]}'],
    ['an empty reason', '{"why": ""}'],
    ['a reason that moves the cursor', '{"why": "smoke\\u001b[2J"}'],
    ['a reason without an end', `{"why": "${'x'.repeat(1_001)}"}`],
    ['something that is not known', '{"why": "smoke", "force": true}'],
  ])('that is %s does not fit, and what it was is not repeated', async (_, body) => {
    await using db = await testDatabase();
    const { post } = await opened(db);
    expect(await post(body)).toEqual({ status: 422, code: 'api.request.unfit' });
    expect(await isBraked(db)).toBe(false);
  });

  test('that is endless is read once against each pattern, and not once from each of its letters', () => {
    const patterns = new Set<string>();
    JSON.stringify(contract, (key, value: unknown) => {
      if (key === 'pattern') patterns.add(String(value));
      return value;
    });
    expect(patterns.size).toBeGreaterThan(3);
    const ends = ['@', 'x', ' ', '0'].map((letter) => `${letter.repeat(2_000_000)}\u0001`);
    // From each letter anew it would take an hour.
    for (const pattern of patterns)
      for (const text of ends)
        expect(runInNewContext('new RegExp(pattern).test(text)', { pattern, text }, { timeout: 10_000 })).toBe(false);
  });

  test('that is larger than any order is not read to its end', async () => {
    await using db = await testDatabase();
    const { post, api, bearer } = await opened(db);
    const large = JSON.stringify({ why: 'x'.repeat(bodyOctetsMost) });
    expect(await post(large)).toEqual({ status: 413, code: 'api.body.too-large' });
    // Neither is one that does not say how large it is.
    const head = `POST /v1/brake/on HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${bearer}\r\nContent-Type: application/json\r\n`;
    const chunk = `${bodyOctetsMost.toString(16)}\r\n${'x'.repeat(bodyOctetsMost)}\r\n`;
    const told = await raw(
      api,
      `${head}Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n${chunk}${chunk}0\r\n\r\n`,
    );
    expect(told).toMatch(/^HTTP\/1\.1 413 /);
  });

  test.each([
    'text/plain',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'text/json',
    'json',
  ])('of the type %s is not taken for JSON', async (type) => {
    await using db = await testDatabase();
    const { post } = await opened(db);
    expect(await post('{"why": "smoke"}', { 'content-type': type })).toEqual({
      status: 415,
      code: 'api.body.not-json',
    });
    expect(await isBraked(db)).toBe(false);
  });
});

describe('a token', () => {
  test.each([
    ['empty', 'Bearer '],
    ['a letter', 'Bearer x'],
    ['half of one', 'Bearer godwit_1_'],
    ['one that was never made', `Bearer godwit_1_${'A'.repeat(43)}`],
    ['endless', `Bearer ${'x'.repeat(5_000)}`],
    ['a piece of SQL', "Bearer ' or 1=1 --"],
    ['a password', 'Basic YW5uOmFubg=='],
    ['without its scheme', 'godwit_1_x'],
  ])('that is %s lets nobody in, and is not repeated', async (_, authorization) => {
    await using db = await testDatabase();
    const { api } = await opened(db);
    const told = await ask(api, '/v1/mailboxes', { headers: { authorization } });
    expect(told.status).toBe(401);
    const [, said = authorization] = authorization.split(' ');
    if (said.length > 1) expect(told.text).not.toContain(said);
  });

  test('that is wrong ten times has nobody new let in from there, and those who were go on', async () => {
    await using db = await testDatabase();
    let now = 0;
    const api = await served(db, { judge: new Judge(openBearers(db), () => now) });
    const [known, fresh] = [await bearerOf(db, 'auditor'), await bearerOf(db, 'auditor')];
    const status = async (bearer: string) => (await ask(api, '/v1/self', { bearer })).status;
    expect(await status(known)).toBe(200);
    for (let i = 0; i < 10; i++) expect(await status(`godwit_1_${String(i).repeat(43)}`)).toBe(401);
    const refused = await ask(api, '/v1/self', { bearer: fresh });
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '60']);
    expect(problemIn(refused)).toMatchObject({ code: 'api.bearer.too-many', retry: 'paced' });
    expect(await status(known)).toBe(200);
    now = 61_000;
    expect(await status(fresh)).toBe(200);
  });

  test('is never read from an address or a body', async () => {
    await using db = await testDatabase();
    const { api, bearer } = await opened(db);
    expect((await ask(api, `/v1/self?access_token=${bearer}`)).status).toBe(401);
  });
});

describe('a path', () => {
  test.each([
    '/v1/../../etc/passwd',
    '/v1/mailboxes/..%2f..%2fetc%2fpasswd',
    '/v1/%2e%2e/healthz',
    '//evil.example/v1/status',
    '/v1/waves/%00',
    '/v1/waves/%ZZ',
    '/v1/waves/a%0d%0aX-Evil:%201',
    '/V1/status',
    '/v1/status/',
    '/v1/__proto__',
    '/v1/waves/constructor',
    '/faults/__proto__',
    '/faults/toString',
  ])('such as %s leads nowhere', async (path) => {
    await using db = await testDatabase();
    const { api, bearer } = await opened(db);
    const told = await raw(
      api,
      `GET ${path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${bearer}\r\nConnection: close\r\n\r\n`,
    );
    expect(told).toMatch(/^HTTP\/1\.1 (?:404|422) /);
    expect(told).toContain('application/problem+json');
    expect(told).not.toMatch(/^X-Evil/im);
  });

  test('that is endless leads nowhere', async () => {
    await using db = await testDatabase();
    const { api, bearer } = await opened(db);
    expect((await ask(api, `/v1/waves/${'x'.repeat(1_500)}`, { bearer })).status).toBe(404);
    const told = await raw(api, `GET /v1/waves/${'x'.repeat(20_000)} HTTP/1.1\r\nHost: x\r\n\r\n`);
    expect(told).toMatch(/^HTTP\/1\.1 431 /);
  });

  test('and a method that are not in the contract are not answered', async () => {
    await using db = await testDatabase();
    const { api, bearer } = await opened(db);
    for (const method of ['DELETE', 'PUT', 'PATCH', 'POST'])
      expect(await sent(api, '/v1/status', { method, headers: { authorization: `Bearer ${bearer}` } })).toEqual({
        status: 404,
        code: 'api.route.unknown',
      });
  });
});

describe('the id of a question', () => {
  test.each([
    ['too short', 'x'],
    ['words', 'a b c d e f g h'],
    ['a script', '<script>alert(1)</script>'],
    ['too long', 'x'.repeat(65)],
  ])('that is %s is not repeated: another is made', async (_, given) => {
    await using db = await testDatabase();
    const { api } = await opened(db);
    const told = await ask(api, '/v1/self', { headers: { 'x-request-id': given } });
    expect(told.headers.get('x-request-id')).toMatch(/^[\da-f-]{36}$/);
  });

  test('that was sent in a safe form is told again, in the header and in the problem', async () => {
    await using db = await testDatabase();
    const { api } = await opened(db);
    const told = await ask(api, '/v1/self', { headers: { 'x-request-id': 'report-2026-12-01' } });
    expect(told.headers.get('x-request-id')).toBe('report-2026-12-01');
    expect(told.body).toMatchObject({ 'request-id': 'report-2026-12-01' });
  });
});

describe('a question that one server could read otherwise than another', () => {
  const order = '{"why":"smoke"}';
  test.each([
    ['two lengths', `Content-Length: ${order.length}\r\nContent-Length: 5\r\n`],
    ['a length and chunks', `Content-Length: 5\r\nTransfer-Encoding: chunked\r\n`],
    ['chunks in another spelling', 'Transfer-Encoding: chunked, identity\r\n'],
    ['a length with a sign', `Content-Length: +${order.length}\r\n`],
    ['a header with a blank before its colon', `Content-Length : ${order.length}\r\n`],
    ['a header on two lines', `X-A: 1\r\n b\r\nContent-Length : ${order.length}\r\n`],
  ])('is not answered: %s', async (_, headers) => {
    await using db = await testDatabase();
    const { api, bearer } = await opened(db);
    const told = await raw(
      api,
      `POST /v1/brake/on HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${bearer}\r\nIdempotency-Key: smuggled-1\r\n` +
        `Content-Type: application/json\r\n${headers}\r\n${order}`,
    );
    expect(told).toMatch(/^(?:HTTP\/1\.1 400 |$)/);
    expect(await isBraked(db)).toBe(false);
  });
});

test('who sends a part of a question and no more is cut off, while others are answered', async () => {
  await using db = await testDatabase();
  const api = await served(db, { questionMaxMs: 200 });
  const bearer = await bearerOf(db, 'operator');
  const head = `POST /v1/brake/on HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${bearer}\r\n`;
  const slow = [
    raw(api, `${head}Content-Le`),
    raw(api, `${head}Content-Type: application/json\r\nContent-Length: 20\r\n\r\n{"why"`),
  ];
  expect((await ask(api, '/v1/self', { bearer })).status).toBe(200);
  expect(await Promise.all(slow)).toEqual([
    expect.stringMatching(/^HTTP\/1\.1 408 /),
    expect.stringMatching(/^HTTP\/1\.1 408 /),
  ]);
  expect(await isBraked(db)).toBe(false);
});

test('a socket in the file system is answered like any other, and one that was left behind is taken over', async () => {
  await using db = await testDatabase();
  const folder = await mkdtemp(join(tmpdir(), 'godwit-api-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const at = { kind: 'unix', path: join(folder, 'api') } as const;
  const before = createServer().listen(at.path);
  await once(before, 'listening');
  await rename(at.path, join(folder, 'left'));
  before.close();
  await rename(join(folder, 'left'), at.path);
  const api = await served(db, { at });
  const question = 'GET /v1/self HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n';
  expect(await raw(api, question)).toMatch(/^HTTP\/1\.1 401 /);
});
