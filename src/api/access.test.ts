/** Tokens, sessions and second persons by the API. */

import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import { describe, expect, test } from 'vitest';
import { people, recorded } from '#store/estate.test-kit.ts';
import { openSessions } from '#store/access-sessions.ts';
import { openBearers } from '#store/bearers.ts';
import type { Database } from '#store/db.ts';
import { testDatabase } from '#store/test-database.ts';
import { Judge } from './judge.ts';
import { ask, bearerOf, problemIn, served } from './served.test-kit.ts';

const reader = { name: 'nightly report', role: 'auditor' } as const;

describe('tokens', () => {
  test('are made by an owner, told once, and let their holder in until they are revoked', async () => {
    await using db = await testDatabase();
    const api = await served(db);
    const bearer = await bearerOf(db, 'owner');
    const key = { 'idempotency-key': randomUUID() };
    const made = await ask(api, '/v1/tokens', { bearer, order: reader, headers: key });
    expect(made.body).toMatchObject({ token: { id: 2, createdBy: 'operator bob', usedAt: null } });
    const { bearer: fresh } = made.body as { readonly bearer: string };
    expect((await ask(api, '/v1/self', { bearer: fresh })).body).toMatchObject({ who: 'token 2 (nightly report)' });
    const again = await ask(api, '/v1/tokens', { bearer, order: reader, headers: key });
    expect(problemIn(again)).toMatchObject({ code: 'api.key.done' });
    const listed = await ask(api, '/v1/tokens', { bearer });
    expect(listed.body).toMatchObject({ tokens: [{ id: 2 }, { id: 1 }] });
    expect(listed.text).not.toContain(fresh.slice(-43));
    expect((await ask(api, '/v1/tokens/2/revoke', { bearer, order: {} })).body).toEqual({ changed: true });
    expect((await ask(api, '/v1/tokens/2/revoke', { bearer, order: {} })).body).toEqual({ changed: false });
    expect((await ask(api, '/v1/self', { bearer: fresh })).status).toBe(401);
    expect(problemIn(await ask(api, '/v1/tokens/9/revoke', { bearer, order: {} }))).toMatchObject({ status: 404 });
    expect((await ask(api, '/v1/tokens?all=true', { bearer })).body).toMatchObject({ tokens: [{ id: 2 }, { id: 1 }] });
    expect(await recorded(db.sql, null)).toContain('token 1 (owner of all) token revoked');
  });

  test('bear no more than whoever makes them may do', async () => {
    await using db = await testDatabase();
    await people(db.sql, ['ann']);
    const api = await served(db);
    const bearer = await bearerOf(db, 'owner', null, ['manage-access', 'see']);
    const refused = await ask(api, '/v1/tokens', { bearer, order: { name: 'x', role: 'operator' } });
    expect(problemIn(refused)).toMatchObject({ status: 409, outcome: { kind: 'too-much' } });
    const scopes = ['see'];
    expect((await ask(api, '/v1/tokens', { bearer, order: { name: 'x', role: 'operator', scopes } })).status).toBe(200);
  });

  test.each([
    { role: 'auditor' },
    { name: ' ', role: 'auditor' },
    { name: 'x\u001b[2J', role: 'auditor' },
    { name: 'x', role: 'king' },
    { name: 'x', role: 'local-administrator' },
    { name: 'x', role: 'auditor', days: 367 },
    { name: 'x', role: 'auditor', scopes: [] },
    { name: 'x', role: 'auditor', scopes: ['fly'] },
    { name: 'x', role: 'auditor', createdBy: 'somebody else' },
    { name: 'x', role: 'auditor', organisation: 'NOWHERE' },
  ])('%j are not made', async (order) => {
    await using db = await testDatabase();
    const api = await served(db);
    const bearer = await bearerOf(db, 'owner');
    const { status } = await ask(api, '/v1/tokens', { bearer, order });
    expect([404, 422]).toContain(status);
    expect((await ask(api, '/v1/tokens', { bearer })).body).toMatchObject({ tokens: [{ id: 1 }] });
  });
});

test('sessions are listed and ended by whoever says who may do what', async () => {
  await using db = await testDatabase();
  const rules = {
    issuer: 'https://id.corp.example',
    roles: [{ group: 'auditors', role: 'auditor', organisation: null }],
    lastsSeconds: 3_600,
    idleSeconds: 3_600,
  } as const;
  const api = await served(db, { judge: new Judge(openBearers(db, rules), () => performance.now()) });
  const bearer = await bearerOf(db, 'owner');
  const ann = await openSessions(db).begin({
    who: 'ann@corp.example',
    issuer: 'https://id.corp.example',
    subject: '4711',
    groups: ['auditors'],
    roles: [{ role: 'auditor', organisation: null }],
    lastsMs: 3_600_000,
    idleMs: 3_600_000,
  });
  expect((await ask(api, '/v1/status', { bearer: ann.bearer })).status).toBe(200);
  expect((await ask(api, '/v1/sessions', { bearer })).body).toMatchObject({ sessions: [{ who: 'ann@corp.example' }] });
  expect((await ask(api, '/v1/sessions/1/revoke', { bearer, order: { why: 'stolen' } })).body).toEqual({
    changed: true,
  });
  expect((await ask(api, '/v1/status', { bearer: ann.bearer })).status).toBe(401);
});

describe('where two people start a wave', () => {
  const twoPeople = ['start-wave', 'release-wave'] as const;
  const order = { why: 'it is Friday' };

  async function wave(db: Database): Promise<void> {
    await people(db.sql, ['ann']);
    await sql`
      insert into wave (name, day, opens_at, closes_at)
      values ('pilot', current_date, now(), now() + interval '1 hour'), ('second', current_date, now(), now() + interval '1 hour')`.execute(
      db.sql,
    );
  }

  test('it is not started before somebody else has approved, and then once', async () => {
    await using db = await testDatabase();
    await wave(db);
    const api = await served(db, {}, twoPeople);
    const [ann, bob] = [await bearerOf(db, 'operator', null, null, 'ann'), await bearerOf(db, 'operator')];
    const asked = await ask(api, '/v1/waves/pilot/start', { bearer: ann, order });
    expect(problemIn(asked)).toMatchObject({
      status: 409,
      code: 'api.approval.waits',
      detail: 'Two people do this here (start-wave): it waits for somebody else to approve 1.',
    });
    const state = async () => (await sql<{ state: string }>`select state from wave order by id`.execute(db.sql)).rows;
    expect(await state()).toMatchObject([{ state: 'planned' }, { state: 'planned' }]);
    expect((await ask(api, '/v1/approvals', { bearer: bob })).body).toMatchObject({
      approvals: [{ id: 1, act: 'start-wave', on: 'start-wave {"wave":"pilot"}', why: 'it is Friday' }],
    });
    const own = await ask(api, '/v1/approvals/1/approve', { bearer: ann, order });
    expect(problemIn(own)).toMatchObject({ status: 409, outcome: { kind: 'own' } });
    expect((await ask(api, '/v1/approvals/1/approve', { bearer: bob, order })).body).toMatchObject({
      id: 1,
      usedAt: null,
    });
    expect((await ask(api, '/v1/waves/second/start', { bearer: ann, order })).status).toBe(409);
    expect((await ask(api, '/v1/waves/pilot/start', { bearer: bob, order })).status).toBe(409);
    expect(await state()).toMatchObject([{ state: 'planned' }, { state: 'planned' }]);
    expect((await ask(api, '/v1/waves/pilot/start', { bearer: ann, order })).status).toBe(200);
    expect(await state()).toMatchObject([{ state: 'running' }, { state: 'planned' }]);
    expect((await ask(api, '/v1/waves/pilot/start', { bearer: ann, order })).status).toBe(409);
  });

  test('whoever may not do it can neither ask for it nor approve it', async () => {
    await using db = await testDatabase();
    await wave(db);
    const api = await served(db, {}, twoPeople);
    const [ann, eva] = [await bearerOf(db, 'operator', null, null, 'ann'), await bearerOf(db, 'planner')];
    expect(problemIn(await ask(api, '/v1/waves/pilot/start', { bearer: eva, order }))).toMatchObject({ status: 403 });
    await ask(api, '/v1/waves/pilot/start', { bearer: ann, order });
    const refused = await ask(api, '/v1/approvals/1/approve', { bearer: eva, order });
    expect(problemIn(refused)).toMatchObject({ status: 404, code: 'api.not-there' });
  });

  test('nobody is their own second person by a token that a token of theirs has made', async () => {
    await using db = await testDatabase();
    await wave(db);
    const api = await served(db, {}, twoPeople);
    const ann = await bearerOf(db, 'owner', null, null, 'ann');
    const made = await ask(api, '/v1/tokens', { bearer: ann, order: { name: 'second', role: 'operator' } });
    const { bearer: second } = made.body as { readonly bearer: string };
    await ask(api, '/v1/waves/pilot/start', { bearer: second, order });
    const own = await ask(api, '/v1/approvals/1/approve', { bearer: ann, order });
    expect(problemIn(own)).toMatchObject({ status: 409, outcome: { kind: 'own' } });
  });

  test('what is not named is done by one, and so is only to look', async () => {
    await using db = await testDatabase();
    await wave(db);
    const api = await served(db, {}, twoPeople);
    const ann = await bearerOf(db, 'operator');
    expect((await ask(api, '/v1/brake/off', { bearer: ann, order })).status).toBe(200);
    const dry = await ask(api, '/v1/waves/pilot/release', { bearer: ann, order: { ...order, dryRun: true } });
    expect(problemIn(dry).code).not.toBe('api.approval.waits');
    expect((await ask(api, '/v1/approvals', { bearer: ann })).body).toEqual({ approvals: [] });
  });
});
