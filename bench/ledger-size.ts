/**
 * What the ledger of an estate takes up in PostgreSQL, indexes and all that its history left behind included: mailboxes
 * without trouble, first copied and then followed for some days through the ledger as a worker writes it. Nothing is packed
 * by hand afterwards; only the ordinary vacuum runs, as it does by itself on every server.
 */

import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'kysely';
import { DigestSum } from '#domain/digest.ts';
import type { FolderId, Instant, Uid, UidValidity } from '#domain/item.ts';
import type { UidRun } from '#domain/uid-map.ts';
import { uidSet } from '#domain/uid-set.ts';
import type { FolderRecord, Intent, Ledger, SentMessage } from '#ports/ledger.ts';
import type { Database } from '#store/db.ts';
import { companyMs } from '#store/ledger-commit-queue.ts';
import { forgetWay } from '#store/forget-ledgers.ts';
import { testWorker } from '#store/ledger.test-kit.ts';
import { turnLedger } from '#store/ledger-turn.ts';
import { testDatabase } from '#store/test-database.ts';

/** Octets, indexes included. */
const limitBytes = 3_000;
const judgedFrom = 10_000;
const atOnce = 48;
/** So many folders have a batch under way at once. */
const batchesAtOnce = 5;
/** A minute's work at eight mailboxes a second: so often the server does it by itself (`autovacuum_naptime`). */
const betweenVacuums = 500;
const days = 3;

const names =
  'INBOX Drafts Sent Trash Junk Archive Archive/2023 Archive/2024 Archive/2025 Clinics Clinics/Tuesday Clinics/Thursday Rota Training Training/Mandatory Suppliers Projects/Referrals Projects/Ward-7 Personnel Z&APw-rich'.split(
    ' ',
  );
/** Messages that had left each folder before it was copied. */
const missing = 2;
const elsewhere: Readonly<Record<string, string>> = { Sent: 'Sent Items', Trash: 'Deleted Items', Junk: 'Junk Email' };

export interface LedgerSize {
  readonly when: string;
  readonly bytesPerMailbox: number;
  readonly tables: Readonly<Record<string, number>>;
}

export async function runLedgerSize(mailboxes: number, say: (line: string) => void): Promise<readonly LedgerSize[]> {
  await using db = await testDatabase();
  await sql`insert into organisation (code, name) values ('B', 'Bench')`.execute(db.sql);
  await sql`
    insert into mailbox (address, kind, organisation)
    select 'someone' || n || '@bench.example', 'person', 1 from generate_series(1, ${mailboxes}::int) as n`.execute(
    db.sql,
  );
  const { rows } = await sql<{ id: number }>`select id from mailbox order by id`.execute(db.sql);
  const ids = rows.map(({ id }) => id);
  say(
    `${mailboxes} mailboxes of ${names.length} folders, each with the states of both sides, a digest and a map of 3 runs`,
  );
  const sizes: LedgerSize[] = [];
  const measure = async (when: string): Promise<void> => {
    const size = await sizeOf(db, when, mailboxes);
    sizes.push(size);
    const tables = Object.entries(size.tables).map(([table, bytes]) => `${table} ${bytes.toFixed(0)}`);
    say(
      `${when}: ${size.bytesPerMailbox.toFixed(0)} octets per mailbox (${tables.join(', ')}): ${verdictOn(size, mailboxes)}`,
    );
  };
  await inHand(db, ids, firstCopy);
  await measure('after the first copy');
  for (let day = 1; day <= days; day++) await inHand(db, ids, (ledger, mailbox) => follow(ledger, mailbox, day));
  await measure(`after ${days} days of following`);
  await turnAll(db, ids);
  await measure('after the switch');
  return sizes;
}

/** What batches leave behind is the same for few mailboxes as for many, and would be all that one sees of a few. */
function verdictOn({ bytesPerMailbox }: LedgerSize, mailboxes: number): string {
  if (mailboxes < judgedFrom) return `judged from ${judgedFrom} mailboxes on`;
  return bytesPerMailbox <= limitBytes ? 'PASS' : `short: the limit is ${limitBytes}`;
}

/** One pass over all mailboxes, some of them at a time, each under a lease of its own. */
async function inHand(
  db: Database,
  ids: readonly number[],
  pass: (ledger: Ledger, mailbox: number) => Promise<void>,
): Promise<void> {
  await using worker = await testWorker(db);
  let since = 0;
  const waiting = ids.values();
  const hands = Array.from({ length: atOnce }, async () => {
    for (const mailbox of waiting) {
      if (++since === betweenVacuums) {
        since = 0;
        await vacuum(db);
      }
      const lease = await worker.take(mailbox);
      {
        await using ledger = await worker.ledgers.under(lease, 'there').claim({ source: 'old', target: 'new' });
        await pass(ledger, mailbox);
      }
      await worker.member.releaseMailbox(lease);
    }
  });
  await Promise.all(hands);
}

/** What a batch makes of a folder. */
interface Step {
  readonly id: number;
  readonly before: FolderRecord;
  readonly after: FolderRecord;
}

/** As the switch does it: of mailboxes without trouble the ledger that leads back knows all that the other did. */
async function turnAll(db: Database, ids: readonly number[]): Promise<void> {
  await using worker = await testWorker(db);
  const waiting = ids.values();
  let since = 0;
  const hands = Array.from({ length: atOnce }, async () => {
    for (const mailbox of waiting) {
      if (++since % betweenVacuums === 0) await vacuum(db);
      const lease = await worker.take(mailbox);
      const turning = await turnLedger(worker.ledgers, lease, 'there', { source: 'new', target: 'old' });
      if (turning.kind === 'turned' && turning.isAll) await forgetWay(db.sql, mailbox, 'there');
      await worker.member.releaseMailbox(lease);
    }
  });
  await Promise.all(hands);
}

/** As `sync/` does it: folders, then batch by batch, then the states. */
async function firstCopy(ledger: Ledger, mailbox: number): Promise<void> {
  const folders = names.map((_, i) => recordOf(mailbox, i, 0));
  await ledger.write(folders.map((record) => ({ kind: 'folder', record })));
  const steps = folders.map((before, i) => ({ id: i + 1, before, after: recordOf(mailbox, i, messagesIn(i)) }));
  for (let i = 0; i < steps.length; i += batchesAtOnce) await bring(ledger, steps.slice(i, i + batchesAtOnce));
  await ledger.write(steps.map(({ after }) => ({ kind: 'folder', record: stated(after) })));
}

/** Some new mail in the inbox, what was sent, and one other folder. */
async function follow(ledger: Ledger, mailbox: number, day: number): Promise<void> {
  const records = new Map((await ledger.folders()).map((record) => [record.source, record]));
  const steps = [0, 2, 3 + ((mailbox + day) % 17)].map((i, nth) => {
    const before = records.get(names[i] as FolderId) as FolderRecord;
    return { id: day * 10 + nth, before, after: recordOf(mailbox, i, before.messages + 9) };
  });
  await bring(ledger, steps);
  await ledger.write(steps.map(({ after }) => ({ kind: 'folder', record: stated(after) })));
}

/** Batches: their intents, what was learnt of them, and what they made of the maps. */
async function bring(ledger: Ledger, steps: readonly Step[]): Promise<void> {
  await ledger.write(steps.map((step) => ({ kind: 'intent', intent: intentOf(step) })));
  for (const { id, before, after } of steps) {
    const messages = newUids(before, after)
      .slice(0, 200)
      .map((uid) => sentMessage(uid, id));
    void ledger.note([{ kind: 'sent', intent: id, messages }]);
  }
  // The target's answer comes later than what is written down in one go.
  await sleep(2 * companyMs);
  for (const { id, before, after } of steps) {
    const runs = runsOf(before.messages, newUids(before, after));
    void ledger.note([
      { kind: 'mapped', folder: after.source, runs },
      { kind: 'folder', record: after },
      { kind: 'settled', intent: id },
    ]);
  }
}

function intentOf({ id, before, after }: Step): Intent {
  const { source, target, sourceUidValidity, targetUidValidity } = after;
  const uids = newUids(before, after);
  return {
    id,
    source,
    target,
    sourceUidValidity: sourceUidValidity ?? uidValidity(0),
    targetUidValidity: targetUidValidity ?? uidValidity(0),
    targetUidNext: (before.messages + 1) as Uid,
    uids: uidSet(uids),
    sent: [],
  };
}

function newUids(before: FolderRecord, after: FolderRecord): Uid[] {
  const first = before.messages === 0 ? 1 : before.messages + 1 + missing;
  return Array.from({ length: after.messages - before.messages }, (_, i) => (first + i) as Uid);
}

function sentMessage(uid: Uid, id: number): SentMessage {
  return {
    uid,
    sizeBytes: 40_000 + uid,
    internalDate: (1_700_000_000 + uid) as Instant,
    element: digestOf(uid, id),
  };
}

/** Two messages had been removed from the folder before it was copied; later mail continues the last run. */
function runsOf(before: number, uids: readonly Uid[]): readonly UidRun[] {
  const run = (source: number, target: number, count: number): UidRun => ({
    source: source as Uid,
    target: target as Uid,
    count,
    adopted: false,
  });
  const part = Math.floor(uids.length / 3);
  if (before > 0) return [run(before + 1 + missing, before + 1, uids.length)];
  return [run(1, 1, part), run(part + 2, part + 1, part), run(2 * part + 3, 2 * part + 1, uids.length - 2 * part)];
}

function messagesIn(i: number): number {
  return i === 0 ? 2_400 : 30 + i * 17;
}

function recordOf(mailbox: number, i: number, messages: number): FolderRecord {
  const source = names[i] as string;
  return {
    source: source as FolderId,
    target: (elsewhere[source] ?? source) as FolderId,
    sourceState: null,
    targetState: null,
    sourceUidValidity: messages === 0 ? null : uidValidity(mailbox + i),
    targetUidValidity: messages === 0 ? null : uidValidity(i),
    digest: messages === 0 ? new Uint8Array(32) : digestOf(mailbox, messages * 32 + i),
    messages,
    bytes: messages * 83_211,
  };
}

/** With both sides as the pass left them. */
function stated(record: FolderRecord): FolderRecord {
  const { messages, sourceUidValidity, targetUidValidity } = record;
  const state = (validity: UidValidity | null, modSeq: number) => ({
    uidValidity: validity ?? uidValidity(0),
    uidNext: (messages + 1 + missing) as Uid,
    messages,
    highestModSeq: BigInt(modSeq),
  });
  return {
    ...record,
    sourceState: state(sourceUidValidity, messages * 12 + 70_000),
    targetState: state(targetUidValidity, messages + 3),
  };
}

/** Seconds since 1970, as servers give them. */
function uidValidity(n: number): UidValidity {
  return (1_600_000_000 + n * 1_009) as UidValidity;
}

/** As good as chance, and nothing that could be compressed. */
function digestOf(a: number, b: number): Uint8Array {
  const octets = new Uint8Array(32);
  for (let i = 0, state = a * 2_654_435_761 + b * 40_503 + 1; i < 32; i++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    octets[i] = state >>> 24;
  }
  return new DigestSum(octets).octets();
}

async function vacuum(db: Database): Promise<void> {
  const client = await db.connect();
  try {
    await client.query('vacuum ledger_page, ledger_runs, ledger_flags, ledger_intent, ledger_sent, ledger_exception');
  } finally {
    await client.end();
  }
}

async function sizeOf(db: Database, when: string, mailboxes: number): Promise<LedgerSize> {
  await vacuum(db);
  const { rows } = await sql<{ name: string; bytes: number }>`
    select relname as name, pg_total_relation_size(oid) as bytes
      from pg_class where relkind = 'r' and relname like 'ledger\\_%' order by 1`.execute(db.sql);
  const tables = Object.fromEntries(rows.map(({ name, bytes }) => [name, bytes / mailboxes]));
  return { when, tables, bytesPerMailbox: Object.values(tables).reduce((sum, bytes) => sum + bytes, 0) };
}
