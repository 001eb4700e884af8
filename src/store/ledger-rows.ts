/** What the database knows of one ledger: every question that is asked of its tables (ledger-writing.ts changes them). */

import { sql } from 'kysely';
import { fault } from '#domain/fault.ts';
import type { FolderId, Uid, UidValidity } from '#domain/item.ts';
import type { Direction } from '#domain/ledger-turn.ts';
import type { Exception, Intent, SentMessage } from '#ports/ledger.ts';
import type { Database } from './db.ts';
import { textKept } from './kept-text.ts';
import { unpackSent, unpackUids } from './ledger-batches.ts';
import { type LedgerFolder, type PageRow, unpackPage } from './ledger-pages.ts';
import type { MapPiece } from './ledger-runs.ts';

/** One of the ledgers of a mailbox. */
export interface LedgerKey {
  /** Its id in the estate. */
  readonly mailbox: number;
  readonly direction: Direction;
}

/** What is read of a ledger before anything else; the rest is seldom wanted, and read when it is. */
export interface LedgerStart {
  /** Whether anybody had it in hand before, though perhaps without learning anything. */
  readonly isKnown: boolean;
  readonly folders: readonly LedgerFolder[];
  /** Numbers of the folders whose flags are kept. */
  readonly flagged: readonly number[];
  readonly intents: readonly Intent[];
  /** The number of the next note of what was sent. */
  readonly nextPart: number;
  readonly hasExceptions: boolean;
  /** Of the accounts with which it was made; null where they are not known. */
  readonly pair: Uint8Array | null;
  /** How often was written under the lease that was asked about; null when that is not in force. */
  readonly writes: number | null;
}

interface StartRow {
  readonly page: number | null;
  readonly names: string;
  readonly records: Buffer;
  readonly pair: Buffer | null;
  readonly has_intents: boolean;
  readonly has_exceptions: boolean;
  readonly flagged: readonly number[];
  readonly writes: number | null;
}

interface IntentRow {
  readonly id: number;
  readonly source: string;
  readonly target: string;
  readonly source_uid_validity: UidValidity;
  readonly target_uid_validity: UidValidity;
  readonly target_uid_next: Uid;
  readonly uids: Buffer;
  readonly part: number | null;
  readonly messages: Buffer | null;
}

interface ExceptionRow {
  readonly folder: string;
  readonly source_uid_validity: UidValidity;
  readonly uid: Uid;
  readonly kind: Exception['kind'];
  readonly code: string;
  readonly detail: string;
  readonly size_bytes: number | null;
  readonly message_id: string | null;
  readonly element_read: Buffer | null;
  readonly element_served: Buffer | null;
}

/** One question for a mailbox in which nothing is under way. `token`: of the lease that is to be in force, if any. */
export async function readStart(db: Database, key: LedgerKey, token: number | null): Promise<LedgerStart> {
  const { mailbox, direction } = key;
  const { rows } = await sql<StartRow>`
    select p.page, p.names, p.records, p.pair, about.*
      from (
        select exists (select from ledger_intent where mailbox = ${mailbox} and direction = ${direction}) as has_intents,
               exists (select from ledger_exception where mailbox = ${mailbox} and direction = ${direction})
                 as has_exceptions,
               array(select folder from ledger_flags where mailbox = ${mailbox} and direction = ${direction}) as flagged,
               (select writes from mailbox_lease where mailbox = ${mailbox} and token = ${token}::bigint) as writes
      ) as about
      left join ledger_page p on p.mailbox = ${mailbox} and p.direction = ${direction}
     order by p.page`.execute(db.sql);
  const about = rows[0] as StartRow;
  const batches = about.has_intents ? await readIntents(db, key) : { intents: [], nextPart: 1 };
  return {
    isKnown: about.page !== null,
    folders: rows.flatMap((row) => (row.page === null ? [] : foldersOf(db, { ...row, page: row.page }))),
    flagged: about.flagged,
    ...batches,
    hasExceptions: about.has_exceptions,
    pair: about.pair,
    writes: about.writes,
  };
}

function foldersOf(db: Database, row: PageRow): readonly LedgerFolder[] {
  const folders = unpackPage(row);
  if (folders === null) throw fault('database.newer', { name: db.name, migration: 'format of ledger_page' });
  return folders;
}

async function readIntents(
  db: Database,
  { mailbox, direction }: LedgerKey,
): Promise<{ readonly intents: readonly Intent[]; readonly nextPart: number }> {
  const { rows } = await sql<IntentRow>`
    select i.id, i.source, i.target, i.source_uid_validity, i.target_uid_validity, i.target_uid_next, i.uids,
           s.part, s.messages
      from ledger_intent i
      left join ledger_sent s on s.mailbox = i.mailbox and s.direction = i.direction and s.intent = i.id
     where i.mailbox = ${mailbox} and i.direction = ${direction}
     order by i.id, s.part`.execute(db.sql);
  const intents = new Map<number, Intent & { readonly sent: SentMessage[] }>();
  for (const row of rows) {
    const intent = intents.get(row.id) ?? { ...intentOf(row), sent: [] };
    intents.set(row.id, intent);
    if (row.messages) intent.sent.push(...unpackSent(row.messages));
  }
  const nextPart = Math.max(0, ...rows.map(({ part }) => part ?? 0)) + 1;
  return { intents: [...intents.values()], nextPart };
}

function intentOf(row: IntentRow): Intent {
  return {
    id: row.id,
    source: textKept(row.source) as FolderId,
    target: textKept(row.target) as FolderId,
    sourceUidValidity: row.source_uid_validity,
    targetUidValidity: row.target_uid_validity,
    targetUidNext: row.target_uid_next,
    uids: unpackUids(row.uids),
    sent: [],
  };
}

/** The map of a folder that has rows of its own. */
export async function readPieces(
  db: Database,
  { mailbox, direction }: LedgerKey,
  folder: number,
): Promise<readonly MapPiece[]> {
  const { rows } = await sql<MapPiece>`
    select first, runs as packed from ledger_runs
     where mailbox = ${mailbox} and direction = ${direction} and folder = ${folder}
     order by first`.execute(db.sql);
  return rows;
}

export async function readFlags(
  db: Database,
  { mailbox, direction }: LedgerKey,
  folder: number,
): Promise<Uint8Array | null> {
  const { rows } = await sql<{ packed: Buffer }>`
    select packed from ledger_flags
     where mailbox = ${mailbox} and direction = ${direction} and folder = ${folder}`.execute(db.sql);
  return rows[0]?.packed ?? null;
}

export async function readExceptions(db: Database, { mailbox, direction }: LedgerKey): Promise<readonly Exception[]> {
  const { rows } = await sql<ExceptionRow>`
    select folder, source_uid_validity, uid, kind, code, detail, size_bytes, message_id, element_read, element_served
      from ledger_exception
     where mailbox = ${mailbox} and direction = ${direction}
     order by number, uid, kind`.execute(db.sql);
  return rows.map((row) => ({
    folder: textKept(row.folder) as FolderId,
    sourceUidValidity: row.source_uid_validity,
    uid: row.uid,
    kind: row.kind,
    code: textKept(row.code),
    detail: textKept(row.detail),
    sizeBytes: row.size_bytes,
    messageId: row.message_id === null ? null : textKept(row.message_id),
    elementRead: row.element_read && new Uint8Array(row.element_read),
    elementServed: row.element_served && new Uint8Array(row.element_served),
  }));
}
