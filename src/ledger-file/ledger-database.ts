/**
 * The open file `ledger.sqlite`: found or made, proven to be ours and whole, and set up so that a commit never waits for
 * the disk (`commit-queue.ts` does the waiting, off the main thread).
 *
 * Nobody in this process may open and close the database file by other means: closing any descriptor of it drops the
 * POSIX locks that SQLite holds on it. Its `-wal` has no locks and may be opened.
 */

import * as fs from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { DatabaseSync } from 'node:sqlite';
import { fault } from '#domain/fault.ts';
import { ledgerFault } from './file-faults.ts';
import { createRootKey, readRootKey, syncFolder } from './root-key.ts';
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

/** Opens the ledger of a state folder, making folder, key and file where there are none. Throws `ledger.*`. */
export function openForWriting(stateDir: string): WritableLedgerDatabase {
  const { file, keyFile, walFile } = filesOf(stateDir);
  return inLedgerWords(file, () => {
    fs.mkdirSync(stateDir, { recursive: true, mode: 0o700 });
    const isNew = !fs.existsSync(file);
    const rootKey = readRootKey(keyFile, file) ?? (isNew ? createRootKey(keyFile, file) : keyIsMissing(file));
    if (isNew) createEmpty(file);
    const unclean = sizeOf(walFile) > 0;
    const database = new DatabaseSync(file, { timeout: busyTimeoutMs });
    try {
      // `normal`: a commit writes the log and does not wait for the disk. Checkpoints are ours, so that none comes in
      // the middle of a batch; after one the log is cut back to nothing, so that its size tells how much is in it.
      database.exec('pragma synchronous = normal; pragma foreign_keys = off; pragma temp_store = memory');
      const isEmpty = !isOurs(database, file);
      database.exec('pragma journal_mode = wal; pragma wal_autocheckpoint = 0; pragma journal_size_limit = 0');
      if (isEmpty) createSchema(database);
      checkWhole(database, file, unclean);
      const walDescriptor = fs.openSync(walFile, 'r');
      if (isNew) syncFolder(stateDir);
      return { file, database, rootKey, walDescriptor };
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

/** SQLite would make the file readable by everyone; its companions get the mode of the file. */
function createEmpty(file: string): void {
  try {
    // Nobody can have the file open that this call makes, so that closing it drops no locks.
    fs.closeSync(fs.openSync(file, 'wx', 0o600));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}

/** False for a file without anything in it yet. Throws `ledger.newer`, `ledger.damaged`. */
function isOurs(database: DatabaseSync, file: string): boolean {
  const version = pragma(database, 'user_version') as number;
  const application = pragma(database, 'application_id') as number;
  if (application === 0 && version === 0 && pragma(database, 'schema_version') === 0) return false;
  if (application !== applicationId)
    throw fault('ledger.damaged', { file, detail: 'it is the database of another program.' });
  if (version > formatVersion) throw fault('ledger.newer', { file, version, known: formatVersion });
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
