/**
 * The open file `ledger.sqlite`: found or made, proven to be ours and whole, and set up so that a commit never waits for
 * the disk (`commit-queue.ts` does the waiting, off the main thread).
 *
 * Nobody in this process may open and close the database file by other means: closing any descriptor of it drops the
 * POSIX locks that SQLite holds on it. Its `-wal` has no locks and may be opened.
 */

import { randomBytes } from 'node:crypto';
import * as fs from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { DatabaseSync } from 'node:sqlite';
import { fault } from '#domain/fault.ts';
import { ledgerFault } from './file-faults.ts';
import { createRootKey, flush, readRootKey } from './root-key.ts';
import { applicationId, formatVersion, schema } from './schema.ts';

/** How long SQLite waits for another process' short transaction. */
const busyTimeoutMs = 10_000;
/** A file of up to this size is proven whole at every start, which takes about a millisecond. */
const alwaysCheckedBytes = 256 * 1024;
/** After an unclean end a file of up to this size is proven whole; a bigger one would keep people waiting. */
const checkedAfterCrashBytes = 16 * 1024 * 1024;

export interface LedgerDatabase {
  readonly file: string;
  readonly database: DatabaseSync;
  readonly rootKey: Uint8Array;
}

export interface WritableLedgerDatabase extends LedgerDatabase {
  /** Our own descriptor of the write-ahead log, to make it durable by. */
  readonly walDescriptor: number;
}

/**
 * Opens the ledger of a state folder, making folder, key and file where there are none. Throws `ledger.*`. Nothing here waits
 * for the disk on the main thread, and nothing at all where the ledger is there already: the first write does.
 */
export async function openForWriting(stateDir: string): Promise<WritableLedgerDatabase> {
  const { file, walFile } = filesOf(stateDir);
  const rootKey = await findOrMake(stateDir).catch((error: unknown) => {
    throw ledgerFault(error, file) ?? error;
  });
  return inLedgerWords(file, () => {
    const unclean = sizeOf(walFile) > 0;
    const database = new DatabaseSync(file, { timeout: busyTimeoutMs });
    try {
      database.exec('pragma foreign_keys = off; pragma temp_store = memory');
      const isEmpty = !isOurs(database, file);
      // Checkpoints are ours, so that none comes in the middle of a batch; after one the log is cut back to nothing, so
      // that its size tells how much is in it.
      database.exec('pragma journal_mode = wal; pragma wal_autocheckpoint = 0; pragma journal_size_limit = 0');
      if (isEmpty) createSchema(database);
      checkWhole(database, file, unclean);
      beginLog(database, walFile);
      return { file, database, rootKey, walDescriptor: fs.openSync(walFile, 'r') };
    } catch (error) {
      database.close();
      throw error;
    }
  });
}

/** Opens it to look only; null where there is no ledger. Makes nothing. Throws `ledger.*`. */
export function openForReading(stateDir: string): LedgerDatabase | null {
  const { file, keyFile, walFile } = filesOf(stateDir);
  return inLedgerWords(file, () => {
    if (!fs.existsSync(file) || sizeOf(file) === 0) return null;
    const rootKey = readRootKey(keyFile, file) ?? keyIsMissing(file);
    // Even a reader makes `-wal` and `-shm` where they are missing, unless it is told that nobody writes. Where there is
    // no log, nobody does, and all that was ever written is in the file itself.
    const nobodyWrites = sizeOf(walFile) === 0;
    const url = pathToFileURL(file);
    if (nobodyWrites) url.searchParams.set('immutable', '1');
    const database = new DatabaseSync(url, { readOnly: true, timeout: busyTimeoutMs });
    try {
      if (isOurs(database, file)) return { file, database, rootKey };
      database.close();
      return null;
    } catch (error) {
      database.close();
      throw error;
    }
  });
}

/** Runs `work`, turning what SQLite and the file system throw into faults about `file`. */
export function inLedgerWords<T>(file: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw ledgerFault(error, file) ?? error;
  }
}

function filesOf(stateDir: string): { file: string; keyFile: string; walFile: string } {
  const file = join(stateDir, 'ledger.sqlite');
  return { file, keyFile: join(stateDir, 'ledger.key'), walFile: `${file}-wal` };
}

/** The root key; folder, key and file are there from then on. */
async function findOrMake(stateDir: string): Promise<Uint8Array> {
  const { file, keyFile } = filesOf(stateDir);
  fs.mkdirSync(stateDir, { recursive: true, mode: 0o700 });
  const isNew = !fs.existsSync(file);
  const known = readRootKey(keyFile, file);
  if (!isNew) return known ?? keyIsMissing(file);
  const draft = `${file}.${process.pid}.${randomBytes(4).toString('hex')}`;
  try {
    const [rootKey] = await allOf([known ?? createRootKey(keyFile, file), draftLedger(draft)]);
    // The key has its name before the ledger has: there is none without it. Who lost the race takes what it finds.
    linkUnlessThere(draft, file);
    return rootKey;
  } finally {
    fs.rmSync(draft, { force: true });
  }
}

/**
 * A ledger with nothing in it, whole and durable, under a name that nobody else knows: made in place it would cost SQLite
 * six waits for the disk, one after the other, and our descriptor of it would drop the locks of who has it open.
 */
async function draftLedger(draft: string): Promise<void> {
  // SQLite would make the file readable by everyone; its companions get the mode of the file.
  fs.closeSync(fs.openSync(draft, 'wx', 0o600));
  const database = new DatabaseSync(draft);
  try {
    database.exec('pragma synchronous = off; pragma journal_mode = memory');
    createSchema(database);
    database.exec('pragma journal_mode = wal');
  } finally {
    database.close();
  }
  const descriptor = fs.openSync(draft, 'r');
  try {
    await flush(descriptor);
  } finally {
    fs.closeSync(descriptor);
  }
}

/** As `Promise.all`, and leaves nothing under way when one of them fails. */
async function allOf<A, B>([a, b]: [A | Promise<A>, Promise<B>]): Promise<[A, B]> {
  await Promise.allSettled([a, b]);
  return Promise.all([a, b]);
}

function linkUnlessThere(draft: string, file: string): void {
  try {
    fs.linkSync(draft, file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}

/**
 * From here on `normal`: a commit writes the log and does not wait for the disk, but SQLite makes the head of a log durable
 * that it begins anew over old frames, lest some of them be taken for part of it after a power failure. In a log without
 * any frame there are none to be mistaken, so that ours begins without a wait.
 */
function beginLog(database: DatabaseSync, walFile: string): void {
  database.exec('pragma synchronous = off');
  database.exec('begin immediate');
  // Nobody else can write while we look, and any change begins the log.
  if (sizeOf(walFile) === 0) database.exec(`pragma user_version = ${formatVersion}`);
  database.exec('commit');
  database.exec('pragma synchronous = normal');
}

/** False for a file without anything in it yet. Throws `ledger.newer`, `ledger.older`, `ledger.damaged`. */
function isOurs(database: DatabaseSync, file: string): boolean {
  const version = pragma(database, 'user_version') as number;
  const application = pragma(database, 'application_id') as number;
  if (application === 0 && version === 0 && pragma(database, 'schema_version') === 0) return false;
  if (application !== applicationId)
    throw fault('ledger.damaged', { file, detail: 'it is the database of another program.' });
  if (version > formatVersion) throw fault('ledger.newer', { file, version, known: formatVersion });
  if (version < formatVersion) throw fault('ledger.older', { file, version, known: formatVersion });
  return true;
}

/** Makes the tables, unless another process has done so while we waited for our turn. */
function createSchema(database: DatabaseSync): void {
  database.exec('begin immediate');
  if (pragma(database, 'user_version') === 0) database.exec(schema);
  database.exec('commit');
}

function checkWhole(database: DatabaseSync, file: string, unclean: boolean): void {
  const bytes = (pragma(database, 'page_count') as number) * (pragma(database, 'page_size') as number);
  if (bytes > (unclean ? checkedAfterCrashBytes : alwaysCheckedBytes)) return;
  const found = pragma(database, 'quick_check(1)') as string;
  if (found !== 'ok') throw fault('ledger.damaged', { file, detail: found.slice(0, 200) });
}

function pragma(database: DatabaseSync, question: string): number | string {
  const row = database.prepare(`pragma ${question}`).get() as Record<string, number | string>;
  return Object.values(row)[0] as number | string;
}

function sizeOf(file: string): number {
  return fs.statSync(file, { throwIfNoEntry: false })?.size ?? 0;
}

function keyIsMissing(file: string): never {
  const detail = 'its key ledger.key is gone, without which the digests in it mean nothing.';
  throw fault('ledger.damaged', { file, detail });
}
