/**
 * Group commit. Writes of one moment become one transaction (60 µs), and being durable is waited for off the main thread:
 * one `fdatasync` of the write-ahead log at a time, shared by everyone who came while the one before was under way. So
 * hundreds of mailboxes can each wait for their intents while no socket of the process stands still.
 *
 * What need not be durable yet joins the next transaction, and has one of its own, one for all of them, when none has come
 * within a few milliseconds. From then on it is in the log, where the process may be killed and it stays.
 *
 * After a commit or a sync has failed, nobody can say what is on the disk: everything later fails with the same fault.
 */

import * as fs from 'node:fs';
import { dirname } from 'node:path';
import type { StatementSync } from 'node:sqlite';
import { Fault } from '#domain/fault.ts';
import { ledgerFault } from './file-faults.ts';
import type { WritableLedgerDatabase } from './ledger-database.ts';
import { syncFolder } from './root-key.ts';

/** The log is folded into the file when it has grown to this; until then reopening after a crash reads it in ~50 ms. */
const checkpointBytes = 32 * 1024 * 1024;
/** The log is weighed after so many syncs: it grows by some 20 kB with each. */
const weighEvery = 64;

/** So many writes of full batches (10 kB each) are a transaction of 2 to 4 ms; sockets have their turn before the next. */
const writesAtOnce = 24;

/** What need not be durable waits so long for company: on many small folders that halves what is written to the log. */
const companyMs = 10;

export interface Change {
  /**
   * Makes the change, inside a transaction. `neighbours` is another number than before whenever another process may have
   * changed the file since, so that what was read under the same number still holds.
   */
  readonly apply: (neighbours: number) => void;
  /** What `apply` did was undone because of another change; it will be called again. */
  readonly undone?: () => void;
  /** What `apply` did was undone, and is rejected, because of what it threw. */
  readonly failed?: (error: unknown) => void;
}

interface Entry {
  readonly change: Change;
  /** Whether the disk is waited for. */
  readonly durable: boolean;
  readonly resolve: () => void;
  readonly reject: (reason: unknown) => void;
}

export class CommitQueue {
  /** What stopped this ledger for good, once something has. */
  fault: Error | null = null;
  readonly #ledger: WritableLedgerDatabase;
  readonly #dataVersion: StatementSync;
  #pending: Entry[] = [];
  /** Committed, not yet durable. */
  #committed: Entry[] = [];
  #running: Promise<void> | null = null;
  #soon: Promise<void> | null = null;
  #syncs = 0;

  constructor(ledger: WritableLedgerDatabase) {
    this.#ledger = ledger;
    this.#dataVersion = ledger.database.prepare('pragma data_version');
  }

  /**
   * Makes the change inside a transaction, in the order of the calls, and resolves when it is durable. What `apply` throws
   * undoes this change alone and rejects alone, unless the file is at fault.
   */
  write(change: Change): Promise<void> {
    return this.#enter(change, true);
  }

  /** As `write`, and resolves when others can see it: it is durable no later than the next write. */
  tell(change: Change): Promise<void> {
    return this.#enter(change, false);
  }

  /** Commits what waits, so that a reader sees it; throws the fault when there is one. */
  commitPending(): void {
    while (this.#pending.length > 0) this.#commit();
    if (this.fault) throw this.fault;
  }

  /** Resolves when nothing is under way any more; never rejects (whoever wrote is told). */
  async idle(): Promise<void> {
    while (this.#running || this.#soon) await (this.#running ?? this.#soon);
  }

  #enter(change: Change, durable: boolean): Promise<void> {
    if (this.fault) return Promise.reject(this.fault);
    return new Promise((resolve, reject) => {
      this.#pending.push({ change, durable, resolve, reject });
      if (durable) this.#running ??= this.#run();
      else this.#soon ??= this.#commitSoon();
    });
  }

  /** Commits before long what no write has taken along by then; it does not wait for a sync under way. */
  async #commitSoon(): Promise<void> {
    await sleep(companyMs);
    while (this.#pending.length > 0) {
      this.#commit();
      if (this.#pending.length > 0) await otherWork();
    }
    this.#soon = null;
  }

  async #run(): Promise<void> {
    // One turn of the microtasks, so that mailboxes that write in the same moment share a transaction.
    await Promise.resolve();
    while (this.#pending.length > 0 || this.#committed.length > 0) {
      this.#commit();
      if (this.#pending.length > 0) {
        await otherWork();
        continue;
      }
      const synced = this.#committed;
      this.#committed = [];
      if (synced.length === 0) continue;
      try {
        // Until the first of them, nothing says that the names of the files are durable: the log may be a new one.
        const isFirst = this.#syncs === 0;
        const names = isFirst ? syncFolder(dirname(this.#ledger.file)) : null;
        await Promise.all([synchronise(this.#ledger.walDescriptor), names]);
        if (++this.#syncs % weighEvery === 0) await this.#checkpointIfLong();
      } catch (error) {
        this.#fail(error, synced);
        continue;
      }
      for (const write of synced) write.resolve();
    }
    this.#running = null;
  }

  #commit(): void {
    const entries = this.#pending.splice(0, writesAtOnce);
    if (entries.length === 0) return;
    let mistakes: ReadonlyMap<Entry, unknown>;
    try {
      mistakes = this.#transact(entries, false);
    } catch (error) {
      this.#rollBack();
      this.#fail(error, entries);
      return;
    }
    for (const entry of entries) {
      if (mistakes.has(entry)) entry.reject(mistakes.get(entry));
      else if (entry.durable) this.#committed.push(entry);
      else entry.resolve();
    }
  }

  /**
   * One transaction of all `entries`; returns those that could not be applied, which changed nothing. Savepoints, by which
   * one can be undone `singly`, cost more than what most changes do: they are set only when one of them is known to fail.
   */
  #transact(entries: readonly Entry[], singly: boolean): ReadonlyMap<Entry, unknown> {
    const { database, file } = this.#ledger;
    const mistakes = new Map<Entry, unknown>();
    database.exec('begin immediate');
    const { data_version: neighbours } = this.#dataVersion.get() as { data_version: number };
    for (const entry of entries) {
      if (singly) database.exec('savepoint one');
      try {
        entry.change.apply(neighbours);
      } catch (error) {
        if (!(error instanceof Fault) && ledgerFault(error, file)) throw error;
        if (!singly) {
          this.#rollBack();
          for (const { change } of entries) change.undone?.();
          return this.#transact(entries, true);
        }
        database.exec('rollback to one');
        entry.change.failed?.(error);
        mistakes.set(entry, error);
      }
      if (singly) database.exec('release one');
    }
    database.exec('commit');
    return mistakes;
  }

  /** Rejects `entries` and everything else that waits or will come: a change is never kept when one before it was lost. */
  #fail(error: unknown, entries: readonly Entry[]): void {
    const known = ledgerFault(error, this.#ledger.file, () => this.#whyNoWrite());
    this.fault ??= known ?? (error instanceof Error ? error : new Error(String(error)));
    const others = [...this.#committed, ...this.#pending];
    this.#committed = [];
    this.#pending = [];
    for (const entry of [...entries, ...others]) entry.reject(this.fault);
  }

  #rollBack(): void {
    if (!this.#ledger.database.isTransaction) return;
    try {
      this.#ledger.database.exec('rollback');
    } catch {
      // SQLite has rolled back by itself, as it does when the disk is full: what failed is reported by the caller.
    }
  }

  async #checkpointIfLong(): Promise<void> {
    if ((await weigh(this.#ledger.walDescriptor)) < checkpointBytes) return;
    // `passive` waits for nobody. A few distinct pages are changed over and over, so there is little to copy.
    this.#ledger.database.exec('pragma wal_checkpoint(passive)');
  }

  /** Why the file system takes no more: the code it gives to a write behind the end of the log, in a file of our own. */
  #whyNoWrite(): string | null {
    const probe = `${this.#ledger.file}.probe`;
    try {
      const descriptor = fs.openSync(probe, 'w', 0o600);
      try {
        fs.writeSync(descriptor, Buffer.alloc(65_536), 0, 65_536, fs.fstatSync(this.#ledger.walDescriptor).size);
      } finally {
        fs.closeSync(descriptor);
        fs.unlinkSync(probe);
      }
      return null;
    } catch (error) {
      return (error as NodeJS.ErrnoException).code ?? null;
    }
  }
}

function sleep(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

/** Lets sockets and timers have their turn. */
function otherWork(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

function synchronise(descriptor: number): Promise<void> {
  return new Promise((resolve, reject) => {
    fs.fdatasync(descriptor, (error) => (error ? reject(error) : resolve()));
  });
}

function weigh(descriptor: number): Promise<number> {
  return new Promise((resolve, reject) => {
    fs.fstat(descriptor, (error, stats) => (error ? reject(error) : resolve(stats.size)));
  });
}
