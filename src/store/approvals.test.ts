/** A second person: asked, approves, and what was approved is done once. */

import { sql } from 'kysely';
import { expect, test } from 'vitest';
import type { Holder, Role } from '#domain/rights.ts';
import { openSessions } from './access-sessions.ts';
import { openApprovals } from './approvals.ts';
import { recorded } from './estate.test-kit.ts';
import { testDatabase } from './test-database.ts';

function holding(who: string, role: Role = 'operator', organisation: string | null = null): Holder {
  return { who, person: who, roles: [{ role, organisation }], scopes: null };
}

const [ann, bob] = [holding('ann'), holding('bob')];
const start = { act: 'start-wave', on: 'wave pilot', why: 'it is Friday' } as const;

test('a dangerous act is asked for, approved by somebody else, and done once', async () => {
  await using db = await testDatabase();
  const { need, approve } = openApprovals(db);
  expect(await need(start, ann)).toMatchObject({
    kind: 'asked',
    approval: { id: 1, askedBy: 'ann', approvedBy: null },
  });
  expect(await approve(1, bob, 'seen, all is well')).toMatchObject({
    kind: 'approved',
    approval: { approvedBy: 'bob' },
  });
  expect(await need(start, ann)).toMatchObject({ kind: 'may', approval: { id: 1 } });
  expect(await need(start, ann)).toMatchObject({ kind: 'asked', approval: { id: 2 } });
  expect(await recorded(db.sql, null)).toEqual([
    'ann approval asked it is Friday',
    'bob approval given seen, all is well',
    'ann approval used it is Friday',
    'ann approval asked it is Friday',
  ]);
});

test('asked for again before anybody approved it is asked for once', async () => {
  await using db = await testDatabase();
  const { need, list } = openApprovals(db);
  const asked = await Promise.all([need(start, ann), need(start, ann), need({ ...start, why: 'really' }, ann)]);
  expect(asked.map(({ kind, approval }) => `${kind} ${approval.id}`)).toEqual(['asked 1', 'asked 1', 'asked 1']);
  expect(await list({ ended: false }, bob)).toHaveLength(1);
});

test('two calls at one time do not both use one approval', async () => {
  await using db = await testDatabase();
  const { need, approve } = openApprovals(db);
  await need(start, ann);
  await approve(1, bob, 'yes');
  const used = await Promise.all(Array.from({ length: 6 }, () => need(start, ann)));
  expect(used.filter(({ kind }) => kind === 'may')).toHaveLength(1);
});

test('an approval is good for that act, to that, of that person, and nothing else', async () => {
  await using db = await testDatabase();
  const { need, approve } = openApprovals(db);
  await need(start, ann);
  await approve(1, bob, 'yes');
  expect((await need({ ...start, on: 'wave second' }, ann)).kind).toBe('asked');
  expect((await need({ ...start, act: 'release-wave' }, ann)).kind).toBe('asked');
  expect((await need(start, holding('eva'))).kind).toBe('asked');
  expect((await need(start, ann)).kind).toBe('may');
});

test('nobody approves what they asked for, nor by another name', async () => {
  await using db = await testDatabase();
  const { need, approve } = openApprovals(db);
  const token: Holder = { ...holding('token 3 (script)'), person: 'ann' };
  const other: Holder = { ...holding('token 4 (other script)'), person: 'ann' };
  await need(start, token);
  for (const own of [token, other, ann])
    expect(await approve(1, own, 'of course')).toEqual({ kind: 'refused', why: 'own' });
  await need(start, ann);
  for (const own of [token, ann]) expect(await approve(2, own, 'of course')).toEqual({ kind: 'refused', why: 'own' });
  expect(await approve(1, bob, 'yes')).toMatchObject({ kind: 'approved' });
});

test('nobody approves what they asked for after signing in under another name', async () => {
  await using db = await testDatabase();
  const { need, approve } = openApprovals(db);
  const { begin } = openSessions(db);
  const signIn = (who: string, subject: string) =>
    begin({ who, issuer: 'https://id.corp.example', subject, roles: ann.roles, lastsMs: 60_000 });
  await signIn('ann', '4711');
  await signIn('ann.alias', '4711');
  await signIn('bob', '4712');
  await need(start, ann);
  const token: Holder = { ...holding('token 3 (script)'), person: 'ann.alias' };
  for (const own of [holding('ann.alias'), token])
    expect(await approve(1, own, 'of course')).toEqual({ kind: 'refused', why: 'own' });
  expect(await approve(1, bob, 'yes')).toMatchObject({ kind: 'approved' });
});

test('who may not do it everywhere may not approve it, and does not learn that it was asked for', async () => {
  await using db = await testDatabase();
  const { need, approve, list } = openApprovals(db);
  await need({ ...start, act: 'go-back', on: 'mailbox ann@x.example' }, ann);
  const others = [holding('eva', 'planner'), holding('eva', 'auditor'), holding('eva', 'operator', 'RXY')];
  for (const other of others) expect(await approve(1, other, 'yes')).toEqual({ kind: 'refused', why: 'unknown' });
  const limited: Holder = { ...holding('eva'), scopes: ['see'] };
  expect(await approve(1, limited, 'yes')).toEqual({ kind: 'refused', why: 'unknown' });
  expect(await approve(9, bob, 'yes')).toEqual({ kind: 'refused', why: 'unknown' });
  expect(await list({ ended: false }, holding('eva', 'operator', 'RXY'))).toEqual([]);
  expect(await list({ ended: false }, holding('ann', 'operator', 'RXY'))).toHaveLength(1);
});

test('what has expired is neither approved nor used, and is asked for anew', async () => {
  await using db = await testDatabase();
  const { need, approve, list } = openApprovals(db);
  const expire = () =>
    sql`update access_approval set asked_at = now() - interval '2 days', expires_at = now() - interval '1 day'`.execute(
      db.sql,
    );
  await need(start, ann);
  await expire();
  expect(await approve(1, bob, 'yes')).toEqual({ kind: 'refused', why: 'ended' });
  await need(start, ann);
  await approve(2, bob, 'yes');
  await expire();
  expect(await need(start, ann)).toMatchObject({ kind: 'asked', approval: { id: 3 } });
  expect((await list({ ended: false }, bob)).map(({ id }) => id)).toEqual([3]);
  expect((await list({ ended: true }, bob)).map(({ id }) => id)).toEqual([3, 2, 1]);
});

test('what was approved is not approved twice', async () => {
  await using db = await testDatabase();
  const { need, approve } = openApprovals(db);
  await need(start, ann);
  await approve(1, bob, 'yes');
  expect(await approve(1, holding('eva'), 'yes')).toEqual({ kind: 'refused', why: 'ended' });
});
