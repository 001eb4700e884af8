/** Who is let in: tokens and sessions, as they are made, presented and taken back. */

import { sql } from 'kysely';
import { describe, expect, test } from 'vitest';
import { may, reachOf, roles } from '#domain/rights.ts';
import type { SessionRules } from '#domain/sign-in.ts';
import { openSessions } from './access-sessions.ts';
import { openTokens } from './access-tokens.ts';
import { openBearers } from './bearers.ts';
import { people, recorded } from './estate.test-kit.ts';
import { type TestDatabase, testDatabase } from './test-database.ts';

const dayMs = 86_400_000;
const operator = { role: 'operator', organisation: null } as const;
const order = { name: 'nightly report', role: operator, scopes: null, lastsMs: 90 * dayMs } as const;
const ann = {
  who: 'ann@corp.example',
  issuer: 'https://id.corp.example',
  subject: '4711',
  groups: ['planners', 'staff'],
  roles: [{ role: 'planner', organisation: null }],
  lastsMs: dayMs,
  idleMs: dayMs / 24,
} as const;
const rules: SessionRules = {
  issuer: ann.issuer,
  roles: [
    { group: 'planners', role: 'planner', organisation: null },
    { group: 'rxy-it', role: 'local-administrator', organisation: 'RXY' },
  ],
  lastsSeconds: 86_400,
  idleSeconds: 3_600,
};

async function token(db: TestDatabase, more: Partial<Parameters<ReturnType<typeof openTokens>['create']>[0]> = {}) {
  const made = await openTokens(db).create({ ...order, ...more }, 'operator max');
  if (made.kind !== 'made') throw new Error(made.kind);
  return made;
}

test('who presents a token is its holder, with the role that it was made for', async () => {
  await using db = await testDatabase();
  const { bearer } = await token(db);
  expect(await openBearers(db).holderOf(bearer)).toEqual({
    kind: 'holder',
    by: 'token',
    id: 1,
    holder: { who: 'token 1 (nightly report)', person: 'operator max', roles: [operator], scopes: null },
  });
});

test('a token of a part of the estate reaches that part', async () => {
  await using db = await testDatabase();
  await people(db.sql, ['ann']);
  const { bearer } = await token(db, { role: { role: 'local-administrator', organisation: 'RXY' } });
  const presented = await openBearers(db).holderOf(bearer);
  if (presented.kind !== 'holder') throw new Error(presented.why);
  expect(reachOf(presented.holder, 'hold-mailbox')).toEqual(['RXY']);
  expect(may(presented.holder, 'start-wave')).toBe(false);
});

test('a token is made for an organisation that is there, and else the one that may be meant is named', async () => {
  await using db = await testDatabase();
  await people(db.sql, ['ann']);
  const made = await openTokens(db).create(
    { ...order, role: { role: 'auditor', organisation: 'RXZ' } },
    'operator max',
  );
  expect(made).toEqual({ kind: 'unknown-organisation', nearest: 'RXY' });
  expect(await openTokens(db).list({ ended: true })).toEqual([]);
});

test('scopes are kept, also those that leave nothing', async () => {
  await using db = await testDatabase();
  for (const scopes of [['see', 'hold-mailbox'], []] as const) {
    const { bearer } = await token(db, { scopes });
    expect(await openBearers(db).holderOf(bearer)).toMatchObject({ holder: { scopes } });
  }
});

test('what a newer version wrote and this one does not know gives no right', async () => {
  await using db = await testDatabase();
  const { bearer } = await token(db, { scopes: ['see'] });
  await sql`update access_token set scopes = '{see,fly}'`.execute(db.sql);
  expect(await openBearers(db).holderOf(bearer)).toMatchObject({ holder: { scopes: ['see'] } });
  const session = await openSessions(db).begin(ann);
  await sql`update access_session set groups = null, roles = '[{"role":"pilot","organisation":null}]'`.execute(db.sql);
  expect(await openBearers(db, rules).holderOf(session.bearer)).toEqual({ kind: 'refused', why: 'without-role' });
});

test('a token that is not whole, not ours, or of another number opens nothing, and nobody learns why', async () => {
  await using db = await testDatabase();
  const { bearer } = await token(db);
  await token(db);
  const { holderOf } = openBearers(db);
  const others = [
    '',
    bearer.slice(0, -1),
    `${bearer.slice(0, -1)}${bearer.endsWith('A') ? 'B' : 'A'}`,
    bearer.replace('godwit_1_', 'godwit_2_'),
    bearer.replace('godwit_1_', 'godwit_3_'),
    bearer.replace('godwit_1_', 'godwit_s1_'),
    bearer.replace('godwit_1_', 'godwit_999999999999_'),
    "' or 1=1 --",
  ];
  for (const other of others) expect(await holderOf(other)).toEqual({ kind: 'refused', why: 'unknown' });
});

test('neither a token nor a session can be read out of the database', async () => {
  await using db = await testDatabase();
  const bearers = [(await token(db)).bearer, (await openSessions(db).begin(ann)).bearer];
  const { rows } = await sql<{ text: string }>`
    select (select jsonb_agg(to_jsonb(t))::text from access_token t)
           || (select jsonb_agg(to_jsonb(s))::text from access_session s)
           || (select jsonb_agg(to_jsonb(a))::text from audit a) as text`.execute(db.sql);
  for (const bearer of bearers) {
    const secret = bearer.slice(-43);
    expect(rows[0]?.text).not.toContain(secret);
    expect(rows[0]?.text).not.toContain(Buffer.from(secret).toString('hex'));
    expect(rows[0]?.text).not.toContain(Buffer.from(secret, 'base64url').toString('hex'));
  }
});

test('a token that was revoked lets nobody in, from the next call on', async () => {
  await using db = await testDatabase();
  const { bearer } = await token(db);
  expect(await openTokens(db).revoke(1, 'operator eva', 'it was in a repository')).toBe('revoked');
  expect(await openBearers(db).holderOf(bearer)).toEqual({ kind: 'refused', why: 'revoked' });
  expect(await openTokens(db).revoke(1, 'operator eva', null)).toBe('ended');
  for (const id of [7, 999_999_999_999]) expect(await openTokens(db).revoke(id, 'operator eva', null)).toBe('unknown');
  expect(await recorded(db.sql, null)).toEqual([
    'operator max token created',
    'operator eva token revoked it was in a repository',
  ]);
});

test('a token lets nobody in after its time, and is listed only where all are asked for', async () => {
  await using db = await testDatabase();
  const { bearer } = await token(db, { lastsMs: 1 });
  await sql`select pg_sleep(0.01)`.execute(db.sql);
  expect(await openBearers(db).holderOf(bearer)).toEqual({ kind: 'refused', why: 'expired' });
  await token(db);
  const { list } = openTokens(db);
  expect((await list({ ended: false })).map(({ id }) => id)).toEqual([2]);
  expect((await list({ ended: true })).map(({ id }) => id)).toEqual([2, 1]);
});

test('when a token was used last is known, and is not written at each call', async () => {
  await using db = await testDatabase();
  const { bearer } = await token(db);
  const used = async () => (await openTokens(db).list({ ended: false }))[0]?.usedAt ?? null;
  expect(await used()).toBeNull();
  await openBearers(db).holderOf(bearer);
  const first = await used();
  expect(first).toBeInstanceOf(Date);
  await openBearers(db).holderOf(bearer);
  expect(await used()).toEqual(first);
  await sql`update access_token set used_at = now() - interval '2 minutes'`.execute(db.sql);
  await openBearers(db).holderOf(bearer);
  expect((await used())?.getTime()).toBeGreaterThanOrEqual((first as Date).getTime());
});

test('a session is its person, until it is ended', async () => {
  await using db = await testDatabase();
  const { bearer, session } = await openSessions(db).begin(ann);
  const { holderOf } = openBearers(db, rules);
  expect(await holderOf(bearer)).toMatchObject({
    by: 'session',
    holder: { who: 'ann@corp.example', person: 'ann@corp.example', roles: ann.roles, scopes: null },
  });
  expect(await openSessions(db).list({ ended: false })).toMatchObject([{ id: session.id, who: 'ann@corp.example' }]);
  expect(await openSessions(db).revoke(session.id, 'ann@corp.example', null)).toBe('revoked');
  expect(await holderOf(bearer)).toEqual({ kind: 'refused', why: 'revoked' });
  expect(await openSessions(db).list({ ended: false })).toEqual([]);
  expect(await recorded(db.sql, null)).toEqual(['ann@corp.example signed in', 'ann@corp.example signed out']);
});

describe('a session is judged at each use by what the settings say now', () => {
  const held = async (db: TestDatabase, bearer: string, now: SessionRules | null) => {
    const presented = await openBearers(db, now).holderOf(bearer);
    return presented.kind === 'holder' ? presented.holder.roles : presented.why;
  };

  test('whose groups give them another role has that one from the next call on, with a record', async () => {
    await using db = await testDatabase();
    const { bearer } = await openSessions(db).begin(ann);
    const auditors: SessionRules = {
      ...rules,
      roles: [{ group: 'staff', role: 'auditor', organisation: null }],
    };
    expect(await held(db, bearer, auditors)).toEqual([{ role: 'auditor', organisation: null }]);
    expect(await openSessions(db).list({ ended: false })).toMatchObject([
      { roles: [{ role: 'auditor', organisation: null }] },
    ]);
    expect(await recorded(db.sql, null)).toEqual(['ann@corp.example signed in', 'ann@corp.example roles changed']);
    expect(await held(db, bearer, auditors)).toHaveLength(1);
    expect(await recorded(db.sql, null)).toHaveLength(2);
  });

  test('whose groups give them nothing any more is out, and so is everybody of another provider, and of none', async () => {
    await using db = await testDatabase();
    const { bearer } = await openSessions(db).begin(ann);
    expect(await held(db, bearer, { ...rules, roles: [] })).toBe('without-role');
    expect(await held(db, bearer, { ...rules, issuer: 'https://other.example' })).toBe('without-role');
    expect(await held(db, bearer, null)).toBe('expired');
    expect(await held(db, bearer, rules)).toEqual(ann.roles);
  });

  test('of an earlier version, which kept no groups, has what it had and somebody still has', async () => {
    await using db = await testDatabase();
    const { bearer } = await openSessions(db).begin(ann);
    await sql`
      update access_session set groups = null, idle = null,
             roles = '[{"role":"planner","organisation":null},{"role":"owner","organisation":null}]'`.execute(db.sql);
    expect(await held(db, bearer, rules)).toEqual(ann.roles);
  });

  test('ends once nobody has used it for as long as it may be idle, and to look is no use of it', async () => {
    await using db = await testDatabase();
    const { bearer } = await openSessions(db).begin(ann);
    const { holderOf } = openBearers(db, rules);
    const usedAgo = (minutes: number) =>
      sql`update access_session set created_at = now() - interval '5 hours',
                 used_at = now() - ${minutes} * interval '1 minute'`.execute(db.sql);
    await usedAgo(59);
    const lastUse = async () => (await openSessions(db).list({ ended: false }))[0]?.usedAt;
    const before = await lastUse();
    expect(await holderOf(bearer, false)).toMatchObject({ kind: 'holder' });
    expect(await lastUse()).toEqual(before);
    await usedAgo(61);
    expect(await holderOf(bearer)).toEqual({ kind: 'refused', why: 'expired' });
    expect(await openSessions(db).list({ ended: false })).toEqual([]);
    await usedAgo(59);
    expect(await holderOf(bearer)).toMatchObject({ kind: 'holder' });
    const { rows } = await sql<{ fresh: boolean }>`
      select used_at > now() - interval '1 minute' as fresh from access_session`.execute(db.sql);
    expect(rows).toEqual([{ fresh: true }]);
  });

  test('ends sooner where the settings are made stricter', async () => {
    await using db = await testDatabase();
    const { bearer } = await openSessions(db).begin(ann);
    await sql`update access_session set created_at = now() - interval '30 minutes'`.execute(db.sql);
    expect(await held(db, bearer, { ...rules, idleSeconds: 1_200 })).toBe('expired');
    expect(await held(db, bearer, { ...rules, lastsSeconds: 1_200 })).toBe('expired');
    expect(await held(db, bearer, { ...rules, lastsSeconds: 1e6, idleSeconds: 1e6 })).toEqual(ann.roles);
  });
});

test('a session that somebody else ended is told as that', async () => {
  await using db = await testDatabase();
  const { session } = await openSessions(db).begin(ann);
  await openSessions(db).revoke(session.id, 'operator max', 'her laptop was stolen');
  expect((await recorded(db.sql, null)).at(-1)).toBe('operator max session revoked her laptop was stolen');
});

test('sessions that ended long ago are forgotten by the next that begins', async () => {
  await using db = await testDatabase();
  await openSessions(db).begin(ann);
  await openSessions(db).begin(ann);
  await sql`
    update access_session set created_at = now() - interval '40 days', expires_at = now() - interval '31 days'
     where id = 1`.execute(db.sql);
  await openSessions(db).begin(ann);
  expect((await openSessions(db).list({ ended: true })).map(({ id }) => id)).toEqual([3, 2]);
});

test('a token whose maker has lost the right to make it is shown as that, and goes on until it is revoked', async () => {
  await using db = await testDatabase();
  const { begin } = openSessions(db);
  const owner = { role: 'owner', organisation: null } as const;
  await begin({ ...ann, roles: [owner] });
  const made = await openTokens(db).create(order, 'ann@corp.example');
  await token(db);
  const makers = async () => (await openTokens(db).list({ ended: false })).map(({ makerMay }) => makerMay);
  // Of who is at the command line nobody knows.
  expect(await makers()).toEqual([null, true]);
  await begin(ann);
  expect(await makers()).toEqual([null, false]);
  const { bearer } = made.kind === 'made' ? made : { bearer: '' };
  expect(await openBearers(db).holderOf(bearer)).toMatchObject({ kind: 'holder' });
});

test('the words of the database are those of the table of rights', async () => {
  await using db = await testDatabase();
  await people(db.sql, ['ann']);
  for (const role of roles) await token(db, { role: { role, organisation: 'RXY' } });
  const nowhere = token(db, { role: { role: 'local-administrator', organisation: null } });
  await expect(nowhere).rejects.toThrow(/check constraint/);
});
