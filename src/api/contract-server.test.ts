/** Where the API listens, and how: by TLS, in clear text, behind a proxy, until it is closed. */

import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { request } from 'node:https';
import { text } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import { Authority } from '../../labs/tls.ts';
import { openBearers } from '#store/bearers.ts';
import { testDatabase } from '#store/test-database.ts';
import { Judge } from './judge.ts';
import { ask, bearerOf, served } from './served.test-kit.ts';

test('by TLS it proves itself by its certificate, and in clear text nothing is answered there', async () => {
  await using db = await testDatabase();
  const authority = new Authority();
  const api = await served(db, { tls: authority.good() });
  const { port } = api.server.at as { readonly port: number };
  const asked = request({ host: 'localhost', port, path: '/v1/self', ca: authority.certificate, agent: false }).end();
  const [answer] = (await once(asked, 'response')) as [IncomingMessage];
  expect([answer.statusCode, JSON.parse(await text(answer))]).toMatchObject([401, { code: 'api.bearer.missing' }]);
  await expect(fetch(`http://127.0.0.1:${port}/v1/self`)).rejects.toThrow('fetch failed');
  const old = request({
    host: 'localhost',
    port,
    ca: authority.certificate,
    agent: false,
    maxVersion: 'TLSv1.1',
  }).end();
  const [error] = (await once(old, 'error')) as [NodeJS.ErrnoException];
  expect(error.code).toMatch(/^(?:ERR_SSL|EPROTO|ERR_TLS)/);
});

test('what a proxy says of who asks is believed behind one only, and of that only what the proxy itself wrote', async () => {
  await using db = await testDatabase();
  const wrong = `godwit_1_${'A'.repeat(43)}`;
  for (const behindProxy of [false, true]) {
    const judge = new Judge(openBearers(db), () => 0);
    const api = await served(db, { behindProxy, judge });
    const status = async (from: string) =>
      (await ask(api, '/v1/self', { bearer: wrong, headers: { 'x-forwarded-for': from } })).status;
    for (let i = 0; i < 10; i++) await status(`203.0.113.${i}, 198.51.100.7`);
    // Ten came from one address: the proxy's word for it, or the one that they really came from.
    expect(await status('198.51.100.7')).toBe(429);
    expect(await status('198.51.100.8')).toBe(behindProxy ? 401 : 429);
  }
});

test('of those who come by a socket, and are from nowhere, one who tries what is wrong keeps no other out', async () => {
  await using db = await testDatabase();
  const judge = new Judge(openBearers(db), () => 0);
  const asked = async (bearer: string) => {
    const question = { authorization: `Bearer ${bearer}`, cookie: undefined, origin: undefined, site: undefined };
    const judged = judge.judge({ act: 'anybody' }, { ...question, method: 'GET', from: null });
    return judged.then(
      ({ holder }) => holder?.who,
      (error: unknown) => (error as { readonly code?: string }).code,
    );
  };
  for (let i = 0; i < 30; i++)
    expect(await asked(`godwit_1_${String(i).padStart(43, 'A')}`)).toBe('api.bearer.refused');
  const same = `godwit_1_${'A'.repeat(43)}`;
  for (let i = 0; i < 10; i++) await asked(same);
  expect(await asked(same)).toBe('api.bearer.too-many');
  expect(await asked(await bearerOf(db, 'auditor'))).toBe('token 1 (auditor of all)');
});

test('closing it ends what is being answered, and nothing more is taken', async () => {
  await using db = await testDatabase();
  const api = await served(db);
  const bearer = await bearerOf(db, 'auditor');
  expect((await ask(api, '/v1/self', { bearer })).status).toBe(200);
  await api.server[Symbol.asyncDispose]();
  await expect(ask(api, '/v1/self', { bearer })).rejects.toThrow('fetch failed');
});
