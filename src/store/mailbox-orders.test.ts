import { sql } from 'kysely';
import { describe, expect, test } from 'vitest';
import type { MailboxOrder } from '#domain/estate-state.ts';
import { people, recorded, standAt, standing } from './estate.test-kit.ts';
import { openMailboxOrders } from './mailbox-orders.ts';
import { type TestDatabase, testDatabase } from './test-database.ts';

/** Ann, mailbox 1, who follows in a running wave. */
async function withAnn(db: TestDatabase): Promise<(order: MailboxOrder, why?: string) => Promise<unknown>> {
  await people(db.sql, ['ann']);
  await sql`
    insert into wave (name, state, opens_at, closes_at)
    values ('pilot', 'running', now(), now() + interval '1 hour')`.execute(db.sql);
  await standAt(db.sql, 1, 'following', 1);
  const { order: give } = openMailboxOrders(db);
  return (order, why) => give('Ann@X.example', order, 'operator bob', why ?? null);
}

describe('who orders', () => {
  test('is told that there is no such mailbox', async () => {
    await using db = await testDatabase();
    expect(await openMailboxOrders(db).order('nobody@x.example', 'hold', 'operator bob', null)).toEqual({
      kind: 'unknown',
    });
  });

  test('a mailbox to wait, and later to go on, finds it due again and both orders in the log', async () => {
    await using db = await testDatabase();
    const order = await withAnn(db);
    expect(await order('hold', 'on call')).toEqual({ kind: 'done' });
    expect(await standing(db.sql, 1)).toMatchObject({ stage: 'following', mark: 'held' });
    expect(await order('release')).toEqual({ kind: 'done' });
    expect(await standing(db.sql, 1)).toMatchObject({ stage: 'following', mark: '', isDue: true });
    expect(await recorded(db.sql, 1)).toEqual(['operator bob hold on call', 'operator bob release']);
  });

  test('a retry after a fault finds it due at once, as if it had never failed', async () => {
    await using db = await testDatabase();
    const order = await withAnn(db);
    await sql`update mailbox set blocked = 'target.full', failures = 7, due_at = null`.execute(db.sql);
    expect(await order('retry')).toEqual({ kind: 'done' });
    expect(await standing(db.sql, 1)).toMatchObject({ mark: '', isDue: true, failures: 0 });
  });

  test('somebody who has settled to go back sets out at once, though they were asked to wait', async () => {
    await using db = await testDatabase();
    const order = await withAnn(db);
    await standAt(db.sql, 1, 'settled', 1);
    await order('hold');
    expect(await order('go-back', 'calendar lost')).toEqual({ kind: 'done' });
    expect(await standing(db.sql, 1)).toMatchObject({ stage: 'returning', mark: '', isDue: true });
    expect((await recorded(db.sql, 1)).at(-1)).toBe('operator bob go-back settled returning calendar lost');
  });
});

describe('refused, and without a trace in the log, is', () => {
  test.each(['switching', 'returning'] as const)(
    'to keep somebody between the two sides while they are %s',
    async (stage) => {
      await using db = await testDatabase();
      const order = await withAnn(db);
      await standAt(db.sql, 1, stage, 1);
      for (const each of ['hold', 'exclude'] as const)
        expect(await order(each)).toEqual({ kind: 'refused', stage, mark: null });
      expect(await recorded(db.sql, 1)).toEqual([]);
    },
  );

  test.each(['release', 'retry', 'go-back'] as const)(
    '%s of a mailbox that does not wait, has no fault and has not settled',
    async (each) => {
      await using db = await testDatabase();
      const order = await withAnn(db);
      expect(await order(each)).toEqual({ kind: 'refused', stage: 'following', mark: null });
      expect(await recorded(db.sql, 1)).toEqual([]);
    },
  );

  test('anything of a mailbox that has left', async () => {
    await using db = await testDatabase();
    const order = await withAnn(db);
    await standAt(db.sql, 1, 'settled', 1);
    await sql`update mailbox set left_at = now()`.execute(db.sql);
    for (const each of ['hold', 'exclude', 'release', 'retry', 'go-back'] as const)
      expect(await order(each)).toEqual({ kind: 'refused', stage: 'settled', mark: 'left' });
  });
});
