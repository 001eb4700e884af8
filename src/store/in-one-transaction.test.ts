import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { openBrake } from './brake.ts';
import type { Database } from './db.ts';
import { people, recorded, somebodyWaits } from './estate.test-kit.ts';
import { inOneTransaction } from './in-one-transaction.ts';
import { openMailboxOrders } from './mailbox-orders.ts';
import { testDatabase } from './test-database.ts';

const pull = (db: Database) => openBrake(db).pull('ann', 'look at this first');
const isOn = async (db: Database) => (await openBrake(db).state()) !== null;

test('several operations are done together', async () => {
  await using db = await testDatabase();
  await people(db.sql, ['ann']);
  await inOneTransaction(db, async (inner) => {
    await pull(inner);
    const hold = { kind: 'addresses', addresses: ['ann@x.example'] } as const;
    await openMailboxOrders(inner).order(hold, 'hold', 'ann', 'on call');
    expect(await isOn(db)).toBe(false);
  });
  expect(await isOn(db)).toBe(true);
  expect(await recorded(db.sql, 1)).toContain('ann hold on call');
});

test('what is thrown undoes all that was done before, and its records', async () => {
  await using db = await testDatabase();
  const failed = inOneTransaction(db, async (inner) => {
    await pull(inner);
    throw new Error('enough');
  });
  await expect(failed).rejects.toThrow('enough');
  expect(await isOn(db)).toBe(false);
  expect(await recorded(db.sql, null)).toEqual([]);
});

test('a part that fails is undone alone, also where the database refused it, and the rest goes on', async () => {
  await using db = await testDatabase();
  await inOneTransaction(db, async (inner) => {
    await pull(inner);
    const part = inOneTransaction(inner, async (within) => {
      await openBrake(within).release('ann', 'no');
      await sql`select 1 / 0`.execute(within.sql);
    });
    await expect(part).rejects.toThrow(/division by zero/);
    const deeper = inOneTransaction(inner, (within) =>
      inOneTransaction(within, async (deep) => {
        await openBrake(deep).release('ann', 'no');
        throw new Error('no');
      }),
    );
    await expect(deeper).rejects.toThrow('no');
  });
  expect(await isOn(db)).toBe(true);
});

test('while it lasts nobody waits for it who moves others of the same wave', async () => {
  await using db = await testDatabase();
  await people(db.sql, ['ann']);
  const hold = { kind: 'addresses', addresses: ['ann@x.example'] } as const;
  await inOneTransaction(db, (inner) => openMailboxOrders(inner).order(hold, 'hold', 'ann', 'on call'));
  const { rows } = await sql`select shard, mailboxes from tally where mark = 'held'`.execute(db.sql);
  // Those of sessions are 0 to 15, and that of imports is 16.
  expect(rows).toEqual([{ shard: 17, mailboxes: 1 }]);
});

test('of many, those with the smallest numbers are held first, so that nobody waits for it in a circle', async () => {
  await using db = await testDatabase();
  await people(db.sql, ['zoe']);
  // Their addresses stand in another order.
  await sql`
    insert into mailbox (address, kind, organisation)
    select 'm' || 9999 - n || '@x.example', 'person', 1 from generate_series(1, 1500) as n`.execute(db.sql);
  const hold = { kind: 'selector', selector: { organisation: ['RXY'] } } as const;
  const ordered = await db.sql.transaction().execute(async (tx) => {
    await sql`select from mailbox where id = 1 for update`.execute(tx);
    const waiting = inOneTransaction(db, (inner) => openMailboxOrders(inner).order(hold, 'hold', 'ann', 'on call'));
    await somebodyWaits(db.sql);
    await sql`select from mailbox where id = 1501 for update nowait`.execute(tx);
    return { waiting };
  });
  const done = await ordered.waiting;
  expect(done.kind === 'ordered' && [done.done.length, done.done[0], done.done.at(-1)]).toEqual([
    1_501,
    'm8499@x.example',
    'zoe@x.example',
  ]);
});
