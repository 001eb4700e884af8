/** What the API answers of an estate, and how it obeys. */

import { sql } from 'kysely';
import { describe, expect, test } from 'vitest';
import { people, recorded, standAt, standing } from '#store/estate.test-kit.ts';
import { testDatabase } from '#store/test-database.ts';
import { ask, bearerOf, problemIn, served } from './served.test-kit.ts';

describe('who asks', () => {
  test('without saying who they are is told nothing, and is told how to', async () => {
    await using db = await testDatabase();
    const api = await served(db);
    const told = await ask(api, '/v1/mailboxes');
    expect([told.status, told.headers.get('www-authenticate')]).toEqual([401, 'Bearer']);
    expect(told.headers.get('content-type')).toBe('application/problem+json; charset=utf-8');
    expect(problemIn(told)).toEqual({
      type: '/faults/api.bearer.missing',
      title: 'Nobody known is asking',
      status: 401,
      detail: 'Nobody is told anything here who does not say who they are.',
      code: 'api.bearer.missing',
      reach: 'estate',
      retry: 'operator',
      remedy: expect.stringContaining('docs/api.md'),
    });
  });

  test('is told who they are, and what they may do', async () => {
    await using db = await testDatabase();
    const api = await served(db);
    const bearer = await bearerOf(db, 'auditor');
    expect((await ask(api, '/v1/self', { bearer })).body).toEqual({
      who: 'token 1 (auditor of all)',
      roles: [{ role: 'auditor', organisation: null }],
      acts: ['see', 'see-tail', 'export-evidence', 'take-digest-keys', 'see-works', 'see-audit'],
    });
  });

  test('for what their role does not let them do is told so, and it is not done', async () => {
    await using db = await testDatabase();
    await people(db.sql, ['ann']);
    const api = await served(db);
    const bearer = await bearerOf(db, 'auditor');
    const told = await ask(api, '/v1/mailboxes/hold', { bearer, order: { addresses: ['ann@x.example'] } });
    expect(problemIn(told)).toMatchObject({ status: 403, code: 'api.act.forbidden' });
    expect(await standing(db.sql, 1)).toMatchObject({ mark: '' });
  });

  test('what a code of a fault means is told to everybody, where every problem leads', async () => {
    await using db = await testDatabase();
    const api = await served(db);
    expect((await ask(api, '/faults/target.quota')).body).toEqual({
      code: 'target.quota',
      reach: 'mailbox',
      retry: 'operator',
      remedy: expect.stringContaining('Raise its quota'),
    });
    expect(problemIn(await ask(api, '/faults/target.quotas'))).toMatchObject({ status: 404, nearest: 'target.quota' });
  });
});

describe('lists', () => {
  test('come in pages, each of which says where the next begins', async () => {
    await using db = await testDatabase();
    await people(db.sql, ['ann', 'bob', 'cat']);
    const api = await served(db);
    const bearer = await bearerOf(db, 'auditor');
    const page = async (query: string) => (await ask(api, `/v1/mailboxes?${query}`, { bearer })).body;
    expect(await page('limit=2')).toMatchObject({
      lines: [{ address: 'ann@x.example', stage: 'known', sizeBytes: 100 }, { address: 'bob@x.example' }],
      next: 'bob@x.example',
    });
    expect(await page('limit=2&after=bob@x.example')).toMatchObject({
      lines: [{ address: 'cat@x.example' }],
      next: null,
    });
    expect(await page('select=organisation%3DRXY%20stage%3Dsettled')).toEqual({ lines: [], next: null });
    expect(await page('select=organisation%3DRXZ')).toMatchObject({ code: 'api.not-there', nearest: 'RXY' });
    expect(await page('select=organization%3DRXY')).toMatchObject({ code: 'api.request.unfit' });
    for (const wrong of ['limit=0', 'limit=1e2', 'limit=1001', 'limit=2&limit=3', 'lmit=2', 'after='])
      expect([wrong, await page(wrong)]).toMatchObject([wrong, { status: 422, code: 'api.request.unfit' }]);
  });

  test('that are still the same are not sent again', async () => {
    await using db = await testDatabase();
    await people(db.sql, ['ann']);
    const api = await served(db);
    const bearer = await bearerOf(db, 'auditor');
    const first = await ask(api, '/v1/mailboxes', { bearer });
    const tag = first.headers.get('etag') ?? '';
    expect(tag).toMatch(/^"[\w-]{27}"$/);
    const again = () => ask(api, '/v1/mailboxes', { bearer, headers: { 'if-none-match': `"other", W/${tag}` } });
    expect(await again()).toMatchObject({ status: 304, text: '' });
    await people(db.sql, ['bob']);
    expect((await again()).status).toBe(200);
  });
});

describe('orders', () => {
  test('are obeyed, and stand in the log under the name of the token', async () => {
    await using db = await testDatabase();
    await people(db.sql, ['ann', 'bob']);
    await sql`insert into wave (name, state, day, opens_at, closes_at) values ('w', 'running', now()::date, now(), now() + interval '1 hour')`.execute(
      db.sql,
    );
    await standAt(db.sql, 2, 'switching', 1);
    const api = await served(db);
    const bearer = await bearerOf(db, 'operator');
    const order = { addresses: ['ANN@x.example', 'bob@x.example'], why: 'on call' };
    expect((await ask(api, '/v1/mailboxes/hold', { bearer, order })).body).toEqual({
      kind: 'ordered',
      done: ['ann@x.example'],
      refused: [
        { address: 'bob@x.example', stage: 'switching', mark: null, why: expect.stringContaining('switching') },
      ],
    });
    expect(await recorded(db.sql, 1)).toEqual(['token 1 (operator of all) hold on call']);
    const unknown = await ask(api, '/v1/mailboxes/hold', { bearer, order: { addresses: ['eve@x.example'] } });
    expect(problemIn(unknown)).toMatchObject({ status: 404, detail: 'There is no mailbox "eve@x.example" here.' });
  });

  test('to everybody, to nobody and to two at once are refused', async () => {
    await using db = await testDatabase();
    const api = await served(db);
    const bearer = await bearerOf(db, 'operator');
    for (const order of [{}, { select: ' ' }, { addresses: [] }, { addresses: ['a@b'], select: 'stage=known' }])
      expect((await ask(api, '/v1/mailboxes/hold', { bearer, order })).status).toBe(422);
  });

  test('that are dangerous want a reason, and say so', async () => {
    await using db = await testDatabase();
    const api = await served(db);
    const bearer = await bearerOf(db, 'owner');
    for (const path of ['/v1/waves/pilot/start', '/v1/waves/pilot/release', '/v1/brake/off', '/v1/mailboxes/go-back']) {
      const told = await ask(api, path, { bearer, order: path.endsWith('go-back') ? { select: 'stage=settled' } : {} });
      expect(problemIn(told)).toMatchObject({ status: 422, detail: expect.stringContaining('why') });
    }
  });

  test('make a wave, start it, and tell what it is not ready for', async () => {
    await using db = await testDatabase();
    await people(db.sql, ['ann', 'bob']);
    const api = await served(db);
    const bearer = await bearerOf(db, 'operator');
    const say = async (path: string, order: unknown) => (await ask(api, `/v1/waves${path}`, { bearer, order })).body;
    const opensAt = Date.now() + 3_600_000;
    const window = { opensAt, closesAt: opensAt + 3_600_000 };
    expect(await say('', { name: 'pilot', window })).toMatchObject({ kind: 'created', mailboxes: 2 });
    expect(await say('', { name: 'pilot', window })).toMatchObject({ status: 409, outcome: { kind: 'name-taken' } });
    expect(await say('', { name: 'p2', window: '2020-01-01T19:00/06:00' })).toMatchObject({
      status: 409,
      outcome: { kind: 'window-closed' },
    });
    expect(await say('', { name: 'p2', window: 'tonight' })).toMatchObject({ status: 422 });
    expect(await say('/pilot/start', { why: 'it is time' })).toMatchObject({ name: 'pilot', state: 'running' });
    expect(await say('/pilot/release', { why: 'done' })).toMatchObject({
      status: 409,
      outcome: { kind: 'refused', state: 'running' },
    });
    expect(await say('/pilt/pause', {})).toMatchObject({ status: 404, nearest: 'pilot' });
    expect(await say('/pilot/reschedule', { window: { opensAt: opensAt + 1, closesAt: opensAt } })).toMatchObject({
      status: 422,
    });
    const told = await ask(api, '/v1/waves/pilot/report', { bearer });
    const lines = told.text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as unknown);
    expect(lines).toMatchObject([
      { mailbox: { address: 'ann@x.example' } },
      { mailbox: { address: 'bob@x.example' } },
      { summary: { wave: { name: 'pilot' }, totals: { mailboxes: 2 } } },
    ]);
    for (const path of ['/v1/waves', '/v1/waves/pilot', '/v1/mailboxes/ann@x.example', '/v1/status'])
      expect((await ask(api, path, { bearer })).status).toBe(200);
  });
});

describe('an Idempotency-Key', () => {
  const key = { 'idempotency-key': 'order-number-1' };

  test('has an order obeyed once, and answered alike each time', async () => {
    await using db = await testDatabase();
    const api = await served(db);
    const bearer = await bearerOf(db, 'operator');
    const say = () => ask(api, '/v1/brake/on', { bearer, headers: key, order: { why: 'smoke' } });
    const first = await say();
    expect(first.body).toMatchObject({ changed: true, brake: { why: 'smoke' } });
    const second = await say();
    expect([second.status, second.text]).toEqual([first.status, first.text]);
    const { rows } = await sql`select 1 from audit where what like 'brake%'`.execute(db.sql);
    expect(rows.length).toBe(1);
  });

  test('is wanted, and good for one order of one sender', async () => {
    await using db = await testDatabase();
    const api = await served(db);
    const bearer = await bearerOf(db, 'operator');
    const other = await bearerOf(db, 'operator');
    const say = (headers: Record<string, string>, order: unknown, by = bearer) =>
      ask(api, '/v1/brake/on', { bearer: by, headers, order });
    for (const wrong of ['', 'short', 'with blanks in it', 'x'.repeat(129)])
      expect(problemIn(await say({ 'idempotency-key': wrong }, { why: 'smoke' }))).toMatchObject({
        status: 400,
        code: 'api.key.missing',
      });
    expect((await say(key, { why: 'smoke' })).status).toBe(200);
    expect(problemIn(await say(key, { why: 'fire' }))).toMatchObject({ status: 422, code: 'api.key.other-body' });
    expect((await ask(api, '/v1/brake/off', { bearer, headers: key, order: { why: 'smoke' } })).status).toBe(422);
    expect((await say(key, { why: 'smoke' }, other)).body).toMatchObject({ changed: false });
  });

  test('whose order is still being done keeps a second one waiting, and a day later it is forgotten', async () => {
    await using db = await testDatabase();
    const api = await served(db);
    const bearer = await bearerOf(db, 'operator');
    const say = () => ask(api, '/v1/brake/on', { bearer, headers: key, order: { why: 'smoke' } });
    await say();
    await sql`update api_order set status = null, answer = null`.execute(db.sql);
    expect(problemIn(await say())).toMatchObject({ status: 409, code: 'api.key.under-way' });
    await sql`update api_order set begun_at = now() - interval '25 hours'`.execute(db.sql);
    expect((await say()).body).toMatchObject({ changed: false });
  });

  test('of what was refused is not used up', async () => {
    await using db = await testDatabase();
    const api = await served(db);
    const bearer = await bearerOf(db, 'operator');
    const say = () => ask(api, '/v1/mailboxes/hold', { bearer, headers: key, order: { addresses: ['ann@x.example'] } });
    expect((await say()).status).toBe(404);
    await people(db.sql, ['ann']);
    expect((await say()).status).toBe(200);
  });
});
