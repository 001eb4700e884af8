/** Secrets, the audit log and the tail, as they are had by HTTP. */

import { randomBytes } from 'node:crypto';
import { sql } from 'kysely';
import { describe, expect, test } from 'vitest';
import { keyHere } from '#connectors/key-here/key-here.ts';
import { readSealingKey } from '#domain/sealed.ts';
import { people } from '#store/estate.test-kit.ts';
import { testDatabase } from '#store/test-database.ts';
import { ask, bearerOf, deskFor, problemIn, served } from './served.test-kit.ts';

describe('a secret', () => {
  test('can be set and removed, and nothing tells it again: no list, no log, no digest that is like another’s', async () => {
    await using db = await testDatabase();
    const key = readSealingKey(randomBytes(32).toString('base64'));
    const service = keyHere(key as NonNullable<typeof key>, randomBytes);
    const desk = deskFor(db, { keys: { current: service, all: [service] } });
    const api = await served(db, { desk });
    const bearer = await bearerOf(db, 'operator');
    const canary = 'correct-horse-battery';
    const set = (name: string) => ask(api, '/v1/secrets', { bearer, order: { name, secret: `${canary}\n` } });
    const first = await set('Source/Ann@x.example');
    expect([first.status, first.body]).toEqual([200, { name: 'source/ann@x.example' }]);
    await set('source/bob');
    const listed = await ask(api, '/v1/secrets?prefix=source/&limit=1', { bearer });
    expect(listed.body).toMatchObject({ lines: [{ name: 'source/ann@x.example' }], next: 'source/ann@x.example' });
    const tables = ['secret', 'audit', 'api_order'];
    for (const table of tables) {
      const { rows } = await sql`select t::text as row from ${sql.table(table)} t`.execute(db.sql);
      expect(JSON.stringify([rows, listed.text])).not.toMatch(
        new RegExp(`${canary}|${Buffer.from(canary).toString('hex')}`),
      );
    }
    const { rows } = await sql<{ n: number }>`select count(distinct digest) as n from api_order`.execute(db.sql);
    expect(Number(rows[0]?.n)).toBe(2);
    const remove = () => ask(api, '/v1/secrets/remove', { bearer, order: { name: 'source/bob' } });
    expect([(await remove()).status, (await remove()).status]).toEqual([200, 404]);
  });

  test('is not taken where there is no key, in two lines, or under no name', async () => {
    await using db = await testDatabase();
    const api = await served(db);
    const bearer = await bearerOf(db, 'operator');
    const set = (name: string, secret: string) => ask(api, '/v1/secrets', { bearer, order: { name, secret } });
    expect(problemIn(await set('a', 'b'))).toMatchObject({ status: 409, code: 'secret.key.missing' });
    for (const told of [await set('a b', 'hunter2'), await set('a', 'hunter2\nhunter3'), await set('a', '')]) {
      expect(told.status).toBe(422);
      expect(told.text).not.toContain('hunter');
    }
  });
});

test('the audit log is told in pages, the newest first, with whom it is about', async () => {
  await using db = await testDatabase();
  await people(db.sql, ['ann', 'bob']);
  const api = await served(db);
  const bearer = await bearerOf(db, 'operator');
  for (const name of ['ann', 'bob'])
    await ask(api, '/v1/mailboxes/hold', { bearer, order: { addresses: [`${name}@x.example`], why: 'on call' } });
  const page = async (query: string) =>
    (await ask(api, `/v1/audit?${query}`, { bearer })).body as { lines: unknown[]; next: number | null };
  const first = await page('limit=1');
  expect(first.lines).toMatchObject([{ who: 'token 1 (operator of all)', what: 'hold', mailbox: 'bob@x.example' }]);
  const rest = await page(`limit=2&before=${first.next}`);
  expect(rest).toMatchObject({ lines: [{ mailbox: 'ann@x.example' }, { what: 'token created' }], next: null });
  expect((await page('who=OPERATOR&what=hold&mailbox=ann@x.example')).lines).toHaveLength(1);
  expect((await page(`since=${Date.now() + 60_000}`)).lines).toEqual([]);
});

test('what is planned for a program that signs in is noted and forgotten, by whom it is allowed', async () => {
  await using db = await testDatabase();
  await people(db.sql, ['ann']);
  const api = await served(db);
  const bearer = await bearerOf(db, 'planner');
  const plan = (order: object) => ask(api, '/v1/tail/plans', { bearer, order });
  const order = { name: 'ann@x.example', owner: 'IT', plan: 'OAuth', by: '2026-12-31' };
  expect((await plan(order)).body).toEqual({ address: 'ann@x.example', name: 'ann@x.example' });
  expect((await plan({ ...order, name: 'nix@x.example' })).status).toBe(404);
  expect((await plan({ ...order, by: 'soon' })).status).toBe(422);
  const { lines } = (await ask(api, '/v1/tail', { bearer })).body as { lines: unknown[] };
  expect(lines).toEqual([]);
  expect((await ask(api, '/v1/tail?after=nowhere', { bearer })).status).toBe(422);
  expect((await ask(api, '/v1/tail/burn-down?days=3', { bearer })).body).toMatchObject({ days: [{}, {}, {}] });
  const forget = { name: 'ann@x.example' };
  expect((await ask(api, '/v1/tail/plans/forget', { bearer, order: forget })).status).toBe(200);
});

test('who is looked at is told line by line, and of a wave that is not there nobody is', async () => {
  await using db = await testDatabase();
  await people(db.sql, ['ann', 'bob']);
  const api = await served(db);
  const bearer = await bearerOf(db, 'operator');
  const opensAt = Date.now() + 3_600_000;
  const order = { name: 'pilot', window: { opensAt, closesAt: opensAt + 1_000 } };
  await ask(api, '/v1/waves', { bearer, order });
  const lines = async (path: string) => {
    const told = await ask(api, path, { bearer });
    expect(told.headers.get('content-type')).toBe('application/x-ndjson; charset=utf-8');
    return told.text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as unknown);
  };
  expect(await lines('/v1/waves/pilot/check?again=true')).toMatchObject([
    { address: 'ann@x.example', remarks: [] },
    { address: 'bob@x.example', remarks: [] },
  ]);
  expect(await lines('/v1/waves/pilot/verification?sample=0.05')).toMatchObject([{ outcome: 'not-copied' }, {}]);
  expect((await ask(api, '/v1/waves/pilot/verification?sample=2', { bearer })).status).toBe(422);
  expect((await ask(api, '/v1/waves/pilt/check', { bearer })).status).toBe(404);
  expect((await ask(api, '/v1/waves/pilot/ways-in', { bearer })).body).toMatchObject({ isPromised: false });
});
