/** A second person: asked, approves, and what was approved is done once. */

import { sql } from 'kysely';
import { expect, test } from 'vitest';
import type { ApprovalOrder, Meaning } from '#domain/access.ts';
import type { Holder, Role } from '#domain/rights.ts';
import { openSessions } from './access-sessions.ts';
import { openApprovals } from './approvals.ts';
import type { Database } from './db.ts';
import { recorded } from './estate.test-kit.ts';
import { inOneTransaction } from './in-one-transaction.ts';
import { testDatabase } from './test-database.ts';

function holding(who: string, role: Role = 'operator', organisation: string | null = null): Holder {
  return { who, person: who, roles: [{ role, organisation }], scopes: null };
}

const [ann, bob] = [holding('ann'), holding('bob')];
const meaning: Meaning = { count: 12, digest: '00'.repeat(32) };
const start = { act: 'start-wave', on: 'wave pilot', meaning, why: 'it is Friday' } as const;

/** As whoever does it: what was approved is used in the transaction in which it is had. */
async function doIt(db: Database, order: ApprovalOrder, holder: Holder): Promise<'may' | 'asked'> {
  return inOneTransaction(db, async (inner) => {
    const { need, use } = openApprovals(inner);
    const { kind, approval } = await need(order, holder);
    if (kind === 'may') await use(approval.id, holder);
    return kind;
  });
}

test('a dangerous act is asked for, approved by somebody else, and done once', async () => {
  await using db = await testDatabase();
  const { need, approve } = openApprovals(db);
  expect(await need(start, ann)).toMatchObject({
    kind: 'asked',
    approval: { id: 1, meant: 12, askedBy: 'ann', approvedBy: null },
    overtaken: null,
  });
  expect(await approve(1, bob, 'seen, all is well')).toMatchObject({
    kind: 'approved',
    approval: { approvedBy: 'bob' },
  });
  expect(await need(start, ann)).toMatchObject({ kind: 'may', approval: { id: 1 } });
  expect(await doIt(db, start, ann)).toBe('may');
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
  const used = await Promise.all(Array.from({ length: 6 }, () => doIt(db, start, ann)));
  expect(used.filter((kind) => kind === 'may')).toHaveLength(1);
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

test('an approval is used up by the act or by nothing: what comes to nothing leaves it', async () => {
  await using db = await testDatabase();
  const { need, approve } = openApprovals(db);
  await need(start, ann);
  await approve(1, bob, 'yes');
  const failed = inOneTransaction(db, async (inner) => {
    const { approval } = await openApprovals(inner).need(start, ann);
    await openApprovals(inner).use(approval.id, ann);
    throw new Error('the wave was taken away meanwhile');
  });
  await expect(failed).rejects.toThrow('taken away');
  expect(await recorded(db.sql, null)).not.toContain('ann approval used it is Friday');
  expect(await doIt(db, start, ann)).toBe('may');
});

test.each<[string, Meaning | null]>([
  ['one more', { count: 13, digest: '01'.repeat(32) }],
  ['as many others', { count: 12, digest: '01'.repeat(32) }],
  ['nobody any more', null],
])('an approval is good for those who were meant: where that is %s it is asked for anew', async (_, others) => {
  await using db = await testDatabase();
  const { need, approve, list } = openApprovals(db);
  await need(start, ann);
  await approve(1, bob, 'yes');
  const now = { ...start, meaning: others };
  expect(await need(now, ann)).toMatchObject({
    kind: 'asked',
    approval: { id: 2, meant: others?.count ?? null, approvedBy: null },
    overtaken: { id: 1, meant: 12, approvedBy: 'bob' },
  });
  // Nor does it come back where the first are meant again.
  expect(await need(start, ann)).toMatchObject({ kind: 'asked', approval: { id: 3 }, overtaken: { id: 2 } });
  expect((await list({ ended: false }, bob)).map(({ id }) => id)).toEqual([3]);
  expect(await recorded(db.sql, null)).toContain('ann approval overtaken it is Friday');
});

test('nobody uses what nobody has approved', async () => {
  await using db = await testDatabase();
  const { need, use } = openApprovals(db);
  await need(start, ann);
  await expect(use(1, ann)).rejects.toThrow('one row was expected');
  expect(await need(start, ann)).toMatchObject({ kind: 'asked', approval: { id: 1, usedAt: null } });
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
    begin({
      who,
      issuer: 'https://id.corp.example',
      subject,
      groups: [],
      roles: ann.roles,
      lastsMs: 60_000,
      idleMs: 60_000,
    });
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
