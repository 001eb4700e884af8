/** A ledger is written by whoever holds the mailbox, and by nobody else: what a worker taken for gone still sends is refused. */

import { sql } from 'kysely';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { emptyDigest } from '#domain/digest.ts';
import type { FolderId, Uid, UidValidity } from '#domain/item.ts';
import type { Ledger, LedgerChange, MailboxPair } from '#ports/ledger.ts';
import type { MailboxLease } from '#ports/workforce.ts';
import { anna, inbox, intent, record, run, sent } from '#ledger-file/ledger-samples.ts';
import { oneRow } from './db.ts';
import { mailboxAt, type TestWorker, testWorker, vanish } from './ledger.test-kit.ts';
import { testDatabase, type TestDatabase } from './test-database.ts';

const lost = { code: 'ledger.lost' };

let db: TestDatabase;
let mailbox: number;
let first: TestWorker;
let second: TestWorker;

beforeEach(async () => {
  db = await testDatabase({ connectionsMax: 12 });
  mailbox = await mailboxAt(db, anna.source);
  [first, second] = [await testWorker(db), await testWorker(db)];
});
afterEach(async () => {
  for (const each of [first, second, db]) await each[Symbol.asyncDispose]();
});

async function claim(worker: TestWorker, pair: MailboxPair = anna): Promise<{ ledger: Ledger; lease: MailboxLease }> {
  const lease = await worker.take(mailbox);
  return { ledger: await worker.ledgers.under(lease, 'there').claim(pair), lease };
}

const everyKindOfRow = [
  { kind: 'folder', record: record(inbox, 3) },
  { kind: 'folder', record: record(sent, 3) },
  { kind: 'mapped', folder: inbox, runs: Array.from({ length: 500 }, (_, i) => run(i * 2 + 1, i + 1, 1)) },
  { kind: 'flags', folder: inbox, packed: Uint8Array.of(1) },
  { kind: 'intent', intent: intent(1) },
  { kind: 'sent', intent: 1, messages: [{ uid: uid(1), sizeBytes: 1, internalDate: null, element: emptyDigest }] },
  {
    kind: 'exception',
    exception: {
      folder: inbox,
      sourceUidValidity: 1 as UidValidity,
      uid: uid(1),
      kind: 'refused',
      code: 'message',
      detail: '',
      sizeBytes: null,
      messageId: null,
      elementRead: null,
      elementServed: null,
    },
  },
] as const satisfies readonly LedgerChange[];

function uid(n: number): Uid {
  return n as Uid;
}

async function rowsBesidesPages(): Promise<number> {
  const { rows } = await oneRow(
    db.sql,
    sql<{ rows: number }>`
      select (select count(*) from ledger_runs) + (select count(*) from ledger_flags)
           + (select count(*) from ledger_intent) + (select count(*) from ledger_sent)
           + (select count(*) from ledger_exception) as rows`,
  );
  return rows;
}

async function messagesIn(folder: FolderId): Promise<number | undefined> {
  const records = await (await second.ledgers.peek(mailbox, 'there'))?.folders();
  return records?.find(({ source }) => source === folder)?.messages;
}

/** Until so many sessions wait for locks that others hold. */
async function untilWaiting(count: number): Promise<void> {
  for (;;) {
    const { waiting } = await oneRow(
      db.sql,
      sql<{ waiting: number }>`
        select count(*) as waiting from pg_stat_activity
         where datname = current_database() and wait_event_type = 'Lock'`,
    );
    if (waiting >= count) return;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

describe('a worker that comes back from the dead', () => {
  test('writes nothing any more where another has its mailbox, and is told so each time', async () => {
    const { ledger } = await claim(first);
    await ledger.write([{ kind: 'folder', record: record(inbox, 1) }]);
    await vanish(db, first);
    const { ledger: theirs } = await claim(second);
    expect(await theirs.folders()).toEqual([record(inbox, 1)]);
    await theirs.write([{ kind: 'folder', record: record(inbox, 2) }]);
    await expect(ledger.write(everyKindOfRow)).rejects.toMatchObject(lost);
    await expect(ledger.note([{ kind: 'settled', intent: 1 }])).rejects.toMatchObject(lost);
    await expect(ledger.write([])).rejects.toMatchObject(lost);
    await ledger[Symbol.asyncDispose]();
    expect(await (await second.ledgers.peek(mailbox, 'there'))?.folders()).toEqual([record(inbox, 2)]);
    expect(await rowsBesidesPages()).toBe(0);
  });

  test('writes nothing though nobody has taken its mailbox yet', async () => {
    const { ledger } = await claim(first);
    await ledger.write([{ kind: 'folder', record: record(inbox, 1) }]);
    await sql`update worker set seen_at = now() - interval '1 hour' where id = ${first.member.worker}`.execute(db.sql);
    await expect(ledger.write([{ kind: 'folder', record: record(inbox, 2) }])).rejects.toMatchObject(lost);
    expect(await messagesIn(inbox)).toBe(1);
  });

  test('writes nothing though it is a worker again, and has other mailboxes', async () => {
    const { ledger, lease } = await claim(first);
    const other = await mailboxAt(db, 'other@old.example');
    await first.member.releaseMailbox(lease);
    await using elsewhere = await first.ledgers.under(await first.take(other), 'there').claim(anna);
    await (await claim(first)).ledger.write([{ kind: 'folder', record: record(inbox, 1) }]);
    // Both in one statement: what is refused to the one does not touch the other.
    const writes = [ledger, elsewhere].map((each) => each.write([{ kind: 'folder', record: record(inbox, 2) }]));
    await expect(writes[0]).rejects.toMatchObject(lost);
    await writes[1];
    expect(await messagesIn(inbox)).toBe(1);
    expect(await elsewhere.folders()).toEqual([record(inbox, 2)]);
  });

  test('writes nothing though it has the same mailbox again, and writes under the new lease in the same moment', async () => {
    const { ledger, lease } = await claim(first);
    await ledger.write([{ kind: 'folder', record: record(inbox, 1) }]);
    await first.member.releaseMailbox(lease);
    const { ledger: again } = await claim(first);
    const late = ledger.note([{ kind: 'intent', intent: intent(1) }]);
    await again.note([{ kind: 'folder', record: record(inbox, 2) }]);
    await expect(late).rejects.toMatchObject(lost);
    expect([await messagesIn(inbox), await rowsBesidesPages()]).toEqual([2, 0]);
  });

  test('cannot take up a mailbox that another has', async () => {
    const { ledger, lease } = await claim(first);
    await ledger[Symbol.asyncDispose]();
    await vanish(db, first);
    await claim(second);
    await expect(first.ledgers.under(lease, 'back').claim(anna)).rejects.toMatchObject(lost);
  });
});

describe('a mailbox changes hands', () => {
  test('only when what its holder was just writing has landed, which the next one then reads', async () => {
    const { ledger } = await claim(first);
    await ledger.write([{ kind: 'folder', record: record(inbox, 1) }]);
    const holder = await db.connect();
    await holder.query('begin; select from ledger_page for update');
    const writing = ledger.write([{ kind: 'folder', record: record(inbox, 2) }]);
    await untilWaiting(1);
    const taking = vanish(db, first).then(() => claim(second));
    await untilWaiting(2);
    await holder.query('commit');
    await holder.end();
    await writing;
    expect(await (await taking).ledger.folders()).toEqual([record(inbox, 2)]);
  });

  test('from one that waits for a database that says nothing: by its own clock it knows that it is over', async () => {
    const { ledger } = await claim(first);
    const holder = await db.connect();
    await holder.query(`begin; select from mailbox_lease for update`);
    const writing = ledger.write([{ kind: 'folder', record: record(inbox, 1) }]);
    await untilWaiting(1);
    first.lapse();
    await expect(writing).rejects.toMatchObject(lost);
    await expect(ledger.write([{ kind: 'folder', record: record(inbox, 2) }])).rejects.toMatchObject(lost);
    await holder.query('rollback');
    await holder.end();
    expect(await messagesIn(inbox)).not.toBe(2);
  });
});

test('one lease is good for one ledger at a time, in one direction', async () => {
  const { ledger, lease } = await claim(first);
  await expect(first.ledgers.under(lease, 'back').claim(anna)).rejects.toMatchObject({ code: 'ledger.in-use' });
  await ledger[Symbol.asyncDispose]();
  await using back = await first.ledgers.under(lease, 'back').claim(anna);
  await back.write([{ kind: 'folder', record: record(inbox, 5) }]);
  expect(await messagesIn(inbox)).toBeUndefined();
});
