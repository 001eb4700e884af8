/**
 * Group commit. Writes of one moment become one transaction (60 µs), and being durable is waited for off the main thread:
 * one `fdatasync` of the write-ahead log at a time, shared by everyone who came while the one before was under way. So
 * hundreds of mailboxes can each wait for their intents while no socket of the process stands still.
 *
 * After a commit or a sync has failed, nobody can say what is on the disk: everything later fails with the same fault.
 */

import * as fs from 'node:fs';
import { Fault } from '#domain/fault.ts';
import { ledgerFault } from './file-faults.ts';
import type { WritableLedgerDatabase } from './ledger-database.ts';

/** The log is folded into the file when it has grown to this; until then reopening after a crash reads it in ~50 ms. */
const checkpointBytes = 32 * 1024 * 1024;
/** The log is weighed after so many syncs: it grows by some 20 kB with each. */
const weighEvery = 64;

/** So many writes of full batches (10 kB each) are a transaction of 2 to 4 ms; sockets have their turn before the next. */
const writesAtOnce = 24;

interface Write {
  readonly apply: () => void;
  /** Whether the disk is waited for. */
  readonly durable: boolean;
  readonly resolve: () => void;
  readonly reject: (reason: unknown) => void;
}

export class CommitQueue {
  /** What stopped this ledger for good, once something has. */
  fault: Fault | null = null;
  readonly #ledger: WritableLedgerDatabase;
  #pending: Write[] = [];
  /** Committed, not yet durable. */
  #committed: Write[] = [];
  #running: Promise<void> | null = null;
  #syncs = 0;

  constructor(ledger: WritableLedgerDatabase) {
    this.#ledger = ledger;
  }

  /**
   * Runs `apply` inside a transaction, in the order of the calls, and resolves when what it did is durable. What `apply`
   * throws undoes `apply` alone and rejects alone, unless the file is at fault.
   */
  write(apply: () => void): Promise<void> {
    return this.#enter(apply, true);
  }

  /** As `write`, and resolves when others can see it: it is durable no later than the next write. */
  tell(apply: () => void): Promise<void> {
    return this.#enter(apply, false);
  }

  /** Commits what waits, so that a reader sees it; throws the fault when there is one. */
  commitPending(): void {
    while (this.#pending.length > 0) this.#commit();
    if (this.fault) throw this.fault;
  }

  /** Resolves when nothing is under way any more; never rejects (whoever wrote is told). */
  async idle(): Promise<void> {
    while (this.#running) await this.#running;
  }

  #enter(apply: () => void, durable: boolean): Promise<void> {
    if (this.fault) return Promise.reject(this.fault);
    return new Promise((resolve, reject) => {
      this.#pending.push({ apply, durable, resolve, reject });
      this.#running ??= this.#run();
    });
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
        await synchronise(this.#ledger.walDescriptor);
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
    const writes = this.#pending.splice(0, writesAtOnce);
    if (writes.length === 0) return;
    const { database } = this.#ledger;
    const done: Write[] = [];
    const mistaken: { write: Write; error: unknown }[] = [];
    try {
      database.exec('begin immediate');
      for (const write of writes) {
        database.exec('savepoint one');
        try {
          write.apply();
          done.push(write);
        } catch (error) {
          if (!(error instanceof Fault) && ledgerFault(error, this.#ledger.file)) throw error;
          database.exec('rollback to one');
          mistaken.push({ write, error });
        }
        database.exec('release one');
      }
      database.exec('commit');
    } catch (error) {
      this.#rollBack();
      this.#fail(error, writes);
      return;
    }
    for (const write of done) {
      if (write.durable) this.#committed.push(write);
      else write.resolve();
    }
    for (const { write, error } of mistaken) write.reject(error);
  }

  /** Rejects `writes` and everything else that waits or will come. */
  #fail(error: unknown, writes: readonly Write[]): void {
    const known = ledgerFault(error, this.#ledger.file, () => this.#whyNoWrite());
    if (known) this.fault ??= known;
    const others = [...this.#committed, ...this.#pending];
    this.#committed = [];
    this.#pending = [];
    for (const write of [...writes, ...others]) write.reject(this.fault ?? error);
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
