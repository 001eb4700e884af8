/** PostgreSQL is killed and comes back while mailboxes are being written: everything waits, goes on, and is there once. */

import fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import { afterAll, expect, test } from 'vitest';
import type { FolderId, Uid } from '#domain/item.ts';
import { startEmbedded } from '#postgres/embedded.ts';
import { memoryLedger } from '#ledger-file/index.ts';
import { inbox, intent, record, run } from '#ledger-file/ledger-samples.ts';
import type { Ledger, LedgerChange, LedgerReader } from '#ports/ledger.ts';
import { type Database, oneRow, openDatabase } from './db.ts';
import { mailboxAt, testWorker } from './ledger.test-kit.ts';
import { migrate } from './migrations.ts';

const mailboxes = 6;
const steps = 60;
const kills = 3;

const folder = fs.mkdtempSync(join(tmpdir(), 'godwit-ledger-'));
afterAll(() => fs.rmSync(folder, { recursive: true, force: true }));

/** What a worker writes in one batch: of every kind of row some. */
function batch(n: number): readonly (readonly LedgerChange[])[] {
  const message = { uid: n as Uid, sizeBytes: n, internalDate: null, element: new Uint8Array(32).fill(n) };
  return [
    [{ kind: 'intent', intent: intent(n) }],
    [{ kind: 'sent', intent: n, messages: [message] }],
    [
      { kind: 'mapped', folder: inbox, runs: [run(n * 3, n * 2, 1)] },
      { kind: 'folder', record: record(inbox, n) },
      { kind: 'folder', record: record(`Folder ${n % 30}` as FolderId, n) },
      // Every third batch stays open.
      ...(n % 3 === 0 ? [] : [{ kind: 'settled', intent: n } as const]),
    ],
  ];
}

async function writeBatch(ledger: Ledger, n: number): Promise<void> {
  const [begun, learnt, stored] = batch(n);
  await ledger.write(begun ?? []);
  void ledger.note(learnt ?? []);
  await ledger.write(stored ?? []);
}

async function whole(reader: LedgerReader): Promise<unknown> {
  return { folders: await reader.folders(), map: (await reader.map(inbox)).runs, intents: await reader.intents() };
}

async function killServer(db: Database): Promise<void> {
  const row = await oneRow(db.sql, sql<{ lines: string }>`select pg_read_file('postmaster.pid') as lines`);
  process.kill(Number.parseInt(row.lines, 10), 'SIGKILL');
}

/** Until the server says that it is another one than it was. */
async function untilBack(db: Database, started: string): Promise<string> {
  for (;;) {
    const now = await startedAt(db).catch(() => started);
    if (now !== started) return now;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

async function startedAt(db: Database): Promise<string> {
  return (await oneRow(db.sql, sql<{ at: string }>`select pg_postmaster_start_time()::text as at`)).at;
}

test('a server killed again and again in the middle of writes costs waiting, and not one write', async () => {
  await using server = await startEmbedded(folder, { fleeting: true }, AbortSignal.timeout(60_000));
  await using db = await openDatabase({ url: server.url, connectionsMax: 6, applicationName: 'godwit tests' });
  await migrate(db);
  await using worker = await testWorker(db);
  await using expected = memoryLedger();
  let done = 0;
  const writers = Array.from({ length: mailboxes }, async (_, i) => {
    const pair = { source: `number${i}@old.example`, target: `number${i}@new.example` };
    const lease = await worker.take(await mailboxAt(db, pair.source));
    await using ledger = await worker.ledgers.under(lease, 'there').claim(pair);
    await using model = await expected.claim(pair);
    for (let n = 1; n <= steps; n++) {
      await Promise.all([ledger, model].map((each) => writeBatch(each, n)));
      done++;
    }
    return { mailbox: lease.mailbox, held: await whole(ledger), model: await whole(model) };
  });
  const killing = (async () => {
    for (let kill = 1, started = await startedAt(db); kill <= kills; kill++) {
      while (done < (kill * mailboxes * steps) / (kills + 1)) await new Promise((resolve) => setImmediate(resolve));
      await killServer(db);
      started = await untilBack(db, started);
    }
  })();
  for (const { mailbox, held, model } of await Promise.all(writers)) {
    expect(held).toEqual(model);
    const reader = await worker.ledgers.peek(mailbox, 'there');
    expect(reader && (await whole(reader))).toEqual(model);
  }
  await killing;
  const { parts } = await oneRow(db.sql, sql<{ parts: number }>`select count(*) as parts from ledger_sent`);
  expect(parts).toBe((mailboxes * steps) / 3);
});
