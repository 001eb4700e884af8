/** A ledger turned round in the database, and what each direction knows afterwards. */

import { afterEach, beforeEach, expect, test } from 'vitest';
import type { FolderId, FolderState, UidValidity } from '#domain/item.ts';
import type { Exception, FolderRecord, LedgerChange, LedgerReader } from '#ports/ledger.ts';
import type { MailboxLease } from '#ports/workforce.ts';
import { anna, inbox, intent, record, run, sent } from '#ledger-file/ledger-samples.ts';
import { forgetWay } from './forget-ledgers.ts';
import { mailboxAt, type TestWorker, testWorker } from './ledger.test-kit.ts';
import { turnLedger } from './ledger-turn.ts';
import { testDatabase, type TestDatabase } from './test-database.ts';

let db: TestDatabase;
let worker: TestWorker;
let lease: MailboxLease;
beforeEach(async () => {
  db = await testDatabase();
  worker = await testWorker(db);
  lease = await worker.take(await mailboxAt(db, anna.source));
});
afterEach(async () => {
  await worker[Symbol.asyncDispose]();
  await db[Symbol.asyncDispose]();
});

const home = { source: anna.target, target: anna.source };
const numbered = { sourceUidValidity: 5 as UidValidity, targetUidValidity: 6 as UidValidity };
const holding = (messages: number) => ({ uidValidity: 5, uidNext: 400, messages, highestModSeq: 9n }) as FolderState;
const inboxRecord: FolderRecord = {
  ...record(inbox, 1),
  ...numbered,
  target: 'Inbox' as FolderId,
  sourceState: holding(11),
  // Ten of its own, and three of the folder that it is merged with; one was removed.
  targetState: holding(12),
};
const sentRecord: FolderRecord = { ...record(sent, 2), ...numbered, target: 'Inbox' as FolderId };

async function copied(): Promise<void> {
  await using there = await worker.ledgers.under(lease, 'there').claim(anna);
  await there.write([
    { kind: 'folder', record: inboxRecord },
    { kind: 'folder', record: sentRecord },
    { kind: 'mapped', folder: inbox, runs: [run(1, 10, 5, true), run(6, 15, 5)] },
    { kind: 'mapped', folder: sent, runs: [run(1, 100, 3)] },
    { kind: 'exception', exception: exceptionOf(7, 'removed') },
    { kind: 'exception', exception: exceptionOf(99, 'refused') },
  ]);
}

function exceptionOf(uid: number, kind: Exception['kind']): Exception {
  return {
    folder: inbox,
    sourceUidValidity: numbered.sourceUidValidity,
    uid: uid as Exception['uid'],
    kind,
    code: kind,
    detail: '',
    sizeBytes: null,
    messageId: null,
    elementRead: null,
    elementServed: null,
  };
}

async function reader(direction: 'there' | 'back'): Promise<LedgerReader> {
  const found = await worker.ledgers.peek(lease.mailbox, direction);
  if (!found) throw new Error(`nothing is known that leads ${direction}`);
  return found;
}

test('after the switch the way back is known, and the way there is not forgotten', async () => {
  await copied();
  expect(await turnLedger(worker.ledgers, lease, 'there', home)).toEqual({
    kind: 'turned',
    withoutWayBack: [sent],
    isAll: false,
  });
  const back = await reader('back');
  expect(await back.folders()).toEqual([
    {
      ...inboxRecord,
      source: 'Inbox',
      target: inbox,
      sourceState: inboxRecord.targetState,
      targetState: inboxRecord.sourceState,
      sourceUidValidity: 6,
      targetUidValidity: 5,
    },
  ]);
  expect((await back.map('Inbox' as FolderId)).runs).toEqual([run(10, 1, 10)]);
  expect(await back.exceptions()).toMatchObject([
    { folder: 'Inbox', uid: 16, kind: 'kept' },
    ...[100, 101, 102].map((uid) => ({ folder: 'Inbox', uid, kind: 'refused', code: 'merged' })),
  ]);
  const there = await reader('there');
  expect(back.digestKey).toEqual(there.digestKey);
  expect((await there.map(inbox)).size).toBe(10);
});

test('whoever goes back finds the way there with what happened meanwhile, and with what was never turned', async () => {
  await copied();
  await turnLedger(worker.ledgers, lease, 'there', home);
  {
    await using back = await worker.ledgers.under(lease, 'back').claim(home);
    await back.write([
      { kind: 'mapped', folder: 'Inbox' as FolderId, runs: [run(200, 50, 2)] },
      { kind: 'unmapped', folder: 'Inbox' as FolderId, uids: [[10, 10] as never] },
      { kind: 'exception-gone', folder: 'Inbox' as FolderId, uid: 16 as Exception['uid'], what: 'kept' },
    ]);
  }
  expect(await turnLedger(worker.ledgers, lease, 'back', anna)).toMatchObject({ kind: 'turned', withoutWayBack: [] });
  const there = await reader('there');
  expect(await there.folders()).toEqual([inboxRecord, sentRecord]);
  expect((await there.map(inbox)).runs).toEqual([run(2, 11, 4, true), run(6, 15, 5), run(50, 200, 2)]);
  expect((await there.map(sent)).runs).toEqual([run(1, 100, 3)]);
  // What never arrived is still listed; what people had removed and have not any more is not.
  expect(await there.exceptions()).toEqual([exceptionOf(99, 'refused')]);
});

test('nothing is turned while nobody knows what arrived of a batch', async () => {
  await copied();
  {
    await using there = await worker.ledgers.under(lease, 'there').claim(anna);
    await there.write([{ kind: 'intent', intent: intent(1) }]);
  }
  expect(await turnLedger(worker.ledgers, lease, 'there', home)).toEqual({ kind: 'unsettled', batches: 1 });
  expect(await (await reader('back')).folders()).toEqual([]);
});

test('a mailbox of which nothing is known has nothing to turn', async () => {
  expect(await turnLedger(worker.ledgers, lease, 'there', home)).toEqual({
    kind: 'turned',
    withoutWayBack: [],
    isAll: true,
  });
});

const another: FolderId = 'Another' as FolderId;
const plain: readonly LedgerChange[] = [
  { kind: 'folder', record: { ...record(another, 3), ...numbered, sourceState: holding(5), targetState: holding(5) } },
  { kind: 'mapped', folder: another, runs: [run(1, 10, 5)] },
];
test.each([
  ['nothing else', [], true],
  ['mail that people had there', [{ kind: 'mapped', folder: another, runs: [run(20, 30, 1, true)] }], false],
  ['a message that did not arrive', [{ kind: 'exception', exception: exceptionOf(7, 'refused') }], false],
  [
    'a folder without a way back',
    [{ kind: 'folder', record: { ...sentRecord, target: record(another, 3).target } }],
    false,
  ],
] as const)('the way there may be forgotten where the way back knows all of it: with %s', async (_, more, isAll) => {
  {
    await using there = await worker.ledgers.under(lease, 'there').claim(anna);
    await there.write([...plain, ...more]);
  }
  expect(await turnLedger(worker.ledgers, lease, 'there', home)).toMatchObject({ kind: 'turned', isAll });
  const before = await (await reader('there')).folders();
  if (!isAll) return;
  await forgetWay(db.sql, lease.mailbox, 'there');
  expect(await worker.ledgers.peek(lease.mailbox, 'there')).toBeNull();
  await turnLedger(worker.ledgers, lease, 'back', anna);
  const again = await reader('there');
  expect(await again.folders()).toMatchObject(before);
  expect((await again.map(another)).runs).toEqual([run(1, 10, 5)]);
});
