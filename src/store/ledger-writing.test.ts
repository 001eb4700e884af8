/** Writing many ledgers at once: together where nothing is the matter, each for itself where something is. */

import { type KyselyPlugin, sql } from 'kysely';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { FolderId, Instant, Uid } from '#domain/item.ts';
import type { Exception, Ledger } from '#ports/ledger.ts';
import { anna, inbox, intent, record, run, sent } from '#ledger-file/ledger-samples.ts';
import { type Database, oneRow } from './db.ts';
import { mailboxAt, type TestWorker, testWorker } from './ledger.test-kit.ts';
import { testDatabase, type TestDatabase } from './test-database.ts';

let db: TestDatabase;
beforeEach(async () => void (db = await testDatabase()));
afterEach(() => db[Symbol.asyncDispose]());

async function claimMany(worker: TestWorker, count: number): Promise<readonly Ledger[]> {
  return Promise.all(
    Array.from({ length: count }, async (_, i) => {
      const mailbox = await mailboxAt(db, `number${i}@old.example`);
      return worker.ledgers.under(await worker.take(mailbox), 'there').claim(anna);
    }),
  );
}

/** The same database, told of each statement that was carried out; where it answers yes, nobody hears how it ended. */
function watched(isCut: () => boolean): Database {
  const plugin: KyselyPlugin = {
    transformQuery: ({ node }) => node,
    transformResult: async ({ result }) => {
      if (isCut()) throw Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' });
      return result;
    },
  };
  return { ...db, sql: db.sql.withPlugin(plugin) };
}

describe('a write of which nobody heard how it ended', () => {
  test('is repeated until it is known, and lands once', async () => {
    let cuts = 0;
    await using worker = await testWorker(watched(() => cuts-- > 0));
    const [ledger] = (await claimMany(worker, 1)) as [Ledger];
    const message = { uid: 1 as Uid, sizeBytes: 5, internalDate: null, element: new Uint8Array(32).fill(3) };
    cuts = 3;
    await ledger.write([
      { kind: 'intent', intent: { ...intent(1), sent: [message] } },
      { kind: 'folder', record: record(inbox, 1) },
    ]);
    expect(cuts).toBeLessThan(0);
    // Behind it everything goes on as if it had been heard of at once.
    cuts = 1;
    await ledger.write([{ kind: 'sent', intent: 1, messages: [{ ...message, uid: 2 as Uid }] }]);
    expect(await written()).toEqual({ writes: 2, parts: 2 });
    expect(await ledger.intents()).toEqual([{ ...intent(1), sent: [message, { ...message, uid: 2 }] }]);
  });
});

async function written(): Promise<unknown> {
  return oneRow(
    db.sql,
    sql`select (select writes from mailbox_lease) as writes, (select count(*) from ledger_sent) as parts`,
  );
}

describe('mailboxes that write in the same moment', () => {
  test('share a transaction', async () => {
    let statements = 0;
    await using worker = await testWorker(watched(() => ++statements < 0));
    const ledgers = await claimMany(worker, 40);
    statements = 0;
    await Promise.all(ledgers.map((ledger, i) => ledger.write([{ kind: 'folder', record: record(inbox, i + 1) }])));
    expect(statements).toBeLessThanOrEqual(3);
    for (const [i, ledger] of ledgers.entries()) expect(await ledger.folders()).toEqual([record(inbox, i + 1)]);
    for (const ledger of ledgers) await ledger[Symbol.asyncDispose]();
  });

  test('do not suffer for one of them whose rows PostgreSQL does not take', async () => {
    await using worker = await testWorker(db);
    const ledgers = await claimMany(worker, 5);
    const writes = ledgers.map((ledger, i) =>
      ledger.write([
        { kind: 'folder', record: record(inbox, 1) },
        // No server gives such a number, and no column has room for it.
        { kind: 'intent', intent: i === 2 ? { ...intent(1), id: 2 ** 40 } : intent(1) },
      ]),
    );
    expect((await Promise.allSettled(writes)).map(({ status }) => status)).toEqual([
      'fulfilled',
      'fulfilled',
      'rejected',
      'fulfilled',
      'fulfilled',
    ]);
    // A change is never kept when one before it was lost.
    await expect(ledgers[2]?.write([{ kind: 'folder', record: record(inbox, 2) }])).rejects.toThrow('integer');
    await ledgers[3]?.write([{ kind: 'folder', record: record(inbox, 2) }]);
    for (const ledger of ledgers) await ledger[Symbol.asyncDispose]();
    const reader = await worker.ledgers.peek(await mailboxAt(db, 'number2@old.example'), 'there');
    expect(await reader).toBeNull();
  });
});

test('a change is never kept when one before it was lost, though it was told before anybody knew', async () => {
  await using worker = await testWorker(db);
  const [ledger] = (await claimMany(worker, 1)) as [Ledger];
  const bad = ledger.write([{ kind: 'intent', intent: { ...intent(1), id: 2 ** 40 } }]);
  await new Promise((resolve) => setImmediate(resolve));
  const later = [ledger.write([{ kind: 'folder', record: record(inbox, 1) }]), ledger.note([]), ledger.write([])];
  for (const each of [bad, ...later]) await expect(each).rejects.toThrow('integer');
  await ledger[Symbol.asyncDispose]();
  expect(await worker.ledgers.peek(await mailboxAt(db, 'number0@old.example'), 'there')).toBeNull();
});

describe('a note', () => {
  test('that is outdated before it was written is never written', async () => {
    let statements = 0;
    await using worker = await testWorker(watched(() => ++statements < 0));
    const [ledger] = (await claimMany(worker, 1)) as [Ledger];
    statements = 0;
    for (let id = 1; id <= 50; id++) {
      void ledger.note([{ kind: 'intent', intent: intent(id) }]);
      void ledger.note([{ kind: 'settled', intent: id }]);
    }
    await ledger.note([{ kind: 'folder', record: record(inbox, 50) }]);
    expect(statements).toBe(1);
    await ledger[Symbol.asyncDispose]();
  });
});

test('what was learnt of a batch goes when it is settled, and when it is begun anew', async () => {
  await using worker = await testWorker(db);
  const [ledger] = (await claimMany(worker, 1)) as [Ledger];
  const message = (uid: number) => ({
    uid: uid as Uid,
    sizeBytes: 1,
    internalDate: -uid as Instant,
    element: new Uint8Array(32).fill(uid),
  });
  for (const id of [1, 2]) {
    await ledger.write([{ kind: 'intent', intent: intent(id) }]);
    await ledger.write([{ kind: 'sent', intent: id, messages: [message(1)] }]);
  }
  await ledger.write([{ kind: 'settled', intent: 1 }]);
  await ledger.write([{ kind: 'intent', intent: { ...intent(2), sent: [message(2)] } }]);
  await ledger.write([{ kind: 'sent', intent: 2, messages: Array.from({ length: 400 }, (_, i) => message(i + 3)) }]);
  await ledger[Symbol.asyncDispose]();
  const reader = await worker.ledgers.peek(await mailboxAt(db, 'number0@old.example'), 'there');
  const sent = Array.from({ length: 401 }, (_, i) => message(i + 2));
  expect(await reader?.intents()).toEqual([{ ...intent(2), sent }]);
  expect(await written()).toMatchObject({ parts: 4 });
});

test('what strange servers wrote is kept as they wrote it', async () => {
  await using worker = await testWorker(db);
  const strange = 'a\tb\nc\0d\ud800e\u001a' as FolderId;
  const long = 'x'.repeat(9_000) as FolderId;
  const exception: Exception = {
    folder: strange,
    sourceUidValidity: 1 as Exception['sourceUidValidity'],
    uid: 7 as Uid,
    kind: 'refused',
    code: 'message',
    detail: '\0\udfff said the server',
    sizeBytes: 9,
    messageId: '<\0@\t>',
    elementRead: null,
    elementServed: null,
  };
  const records = [{ ...record(strange, 1), target: long }, record(long, 2), record(sent, 3)];
  const [ledger] = (await claimMany(worker, 1)) as [Ledger];
  await ledger.write([
    ...records.map((each) => ({ kind: 'folder', record: each }) as const),
    { kind: 'mapped', folder: long, runs: [run(1, 1, 5)] },
    { kind: 'flags', folder: long, packed: Uint8Array.of(1) },
    { kind: 'exception', exception },
    { kind: 'exception', exception: { ...exception, folder: long } },
    { kind: 'intent', intent: { ...intent(1), source: strange, target: long } },
  ]);
  await ledger[Symbol.asyncDispose]();
  const reader = await worker.ledgers.peek(await mailboxAt(db, 'number0@old.example'), 'there');
  expect(await reader?.folders()).toEqual(records);
  expect((await reader?.map(long))?.size).toBe(5);
  expect(await reader?.exceptions()).toEqual([exception, { ...exception, folder: long }]);
  expect(await reader?.intents()).toEqual([{ ...intent(1), source: strange, target: long }]);
});

test('a folder of 100,000 runs goes on by a row at a time, also for whoever takes it over', async () => {
  await using worker = await testWorker(db);
  const mailbox = await mailboxAt(db, anna.source);
  const store = worker.ledgers.under(await worker.take(mailbox), 'there');
  const scattered = Array.from({ length: 100_000 }, (_, i) => run(i * 2 + 1, i + 1, 1));
  {
    await using ledger = await store.claim(anna);
    await ledger.write([{ kind: 'mapped', folder: inbox, runs: scattered }]);
  }
  await using ledger = await store.claim(anna);
  const changed = async (): Promise<number> =>
    (
      await oneRow(
        db.sql,
        sql<{ rows: number }>`
          select count(*) as rows from ledger_runs where xmin::text::bigint = (select max(xmin::text::bigint) from ledger_runs)`,
      )
    ).rows;
  await ledger.write([{ kind: 'mapped', folder: inbox, runs: [run(300_000, 200_000, 200)] }]);
  expect(await changed()).toBe(1);
  await ledger.write([{ kind: 'unmapped', folder: inbox, uids: [[100_001 as Uid, 100_003 as Uid]] }]);
  expect(await changed()).toBeLessThanOrEqual(2);
  const reader = await worker.ledgers.peek(mailbox, 'there');
  expect((await reader?.map(inbox))?.runs).toEqual([
    ...scattered.filter(({ source }) => source < 100_001 || source > 100_003),
    run(300_000, 200_000, 200),
  ]);
});
