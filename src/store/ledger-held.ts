/** The ledger of one mailbox as the worker that holds it sees it: read from memory, written in the order told. */

import type { FolderId } from '#domain/item.ts';
import { UidMap } from '#domain/uid-map.ts';
import type { Exception, FolderRecord, Intent, Ledger, LedgerChange } from '#ports/ledger.ts';
import type { MailboxLease } from '#ports/workforce.ts';
import { answered } from './answered.ts';
import type { Database } from './db.ts';
import { type LedgerCommitQueue, Line } from './ledger-commit-queue.ts';
import type { LedgerContents } from './ledger-contents.ts';
import type { LedgerFolder } from './ledger-pages.ts';
import { type LedgerKey, readExceptions, readFlags, readPieces } from './ledger-rows.ts';

export interface Holding extends LedgerKey {
  readonly db: Database;
  readonly queue: LedgerCommitQueue;
  /** Fires when this process may no longer count the lease as its own. */
  readonly lapsed: AbortSignal;
  readonly lease: MailboxLease;
  /** For people. */
  readonly name: string;
  readonly digestKey: Uint8Array;
  readonly contents: LedgerContents;
  /** How often was written under the lease. */
  readonly writes: number;
  readonly left: () => void;
}

export class HeldLedger implements Ledger {
  readonly digestKey: Uint8Array;
  readonly #holding: Holding;
  readonly #line: Line;
  /** Resolves when all that was told is in the contents. */
  #told: Promise<void> = Promise.resolve();
  /** Resolves when all of it is durable. */
  #last: Promise<void> = Promise.resolve();
  #isLeft = false;

  constructor(holding: Holding) {
    const { mailbox, direction, name, lease, contents, writes } = holding;
    this.digestKey = holding.digestKey;
    this.#holding = holding;
    this.#line = new Line({ mailbox, direction, name, lease, take: () => contents.take() }, writes);
  }

  async folders(): Promise<readonly FolderRecord[]> {
    await this.#told;
    return this.#holding.contents.folders();
  }

  async map(folder: FolderId): Promise<UidMap> {
    await this.#told;
    const known = this.#holding.contents.folder(folder);
    if (!known) return UidMap.empty;
    if (known.runs.isUnread) await this.#readMap(known);
    return known.runs.map();
  }

  async flags(folder: FolderId): Promise<Uint8Array | null> {
    await this.#told;
    const { contents } = this.#holding;
    const known = contents.folder(folder);
    if (!known || !contents.hasFlags(known)) return null;
    await this.write([]);
    return this.#ask((db) => readFlags(db, this.#holding, known.number));
  }

  async intents(): Promise<readonly Intent[]> {
    await this.#told;
    return this.#holding.contents.intents();
  }

  async exceptions(): Promise<readonly Exception[]> {
    await this.#told;
    if (!this.#holding.contents.hasExceptions) return [];
    await this.write([]);
    return this.#ask((db) => readExceptions(db, this.#holding));
  }

  write(changes: readonly LedgerChange[]): Promise<void> {
    return this.#enter(changes, true);
  }

  note(changes: readonly LedgerChange[]): Promise<void> {
    return this.#enter(changes, false);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#isLeft) return;
    this.#isLeft = true;
    try {
      await this.#told;
      await this.#written(this.#holding.contents.isUnwritten, true);
    } catch {
      // Whoever wrote what could not be written was told so.
    }
    this.#holding.left();
  }

  #enter(changes: readonly LedgerChange[], isUrgent: boolean): Promise<void> {
    if (this.#isLeft) return unwatched(Promise.reject(new Error('A ledger that was left takes no more writes.')));
    this.#told = this.#told.then(() => this.#tell(changes));
    return unwatched(this.#told.then(() => this.#written(changes.length > 0, isUrgent)));
  }

  /** Puts changes into the contents. What cannot be put there stops this ledger: all that follows would rest on it. */
  async #tell(changes: readonly LedgerChange[]): Promise<void> {
    if (this.#line.fault) return;
    const { contents } = this.#holding;
    try {
      for (const folder of contents.unreadIn(changes)) await this.#readMap(folder);
      for (const change of changes) contents.apply(change);
    } catch (error) {
      this.#line.fail(error instanceof Error ? error : new Error(String(error)));
    }
  }

  /** Resolves when what was told by now is durable. */
  #written(isNews: boolean, isUrgent: boolean): Promise<void> {
    const { queue } = this.#holding;
    if (isNews) this.#last = unwatched(queue.enter(this.#line, isUrgent));
    else if (isUrgent) queue.hurry(this.#line);
    return this.#line.fault ? Promise.reject(this.#line.fault) : this.#last;
  }

  async #readMap({ number, runs }: LedgerFolder): Promise<void> {
    const pieces = await this.#ask((db) => readPieces(db, this.#holding, number));
    // Someone else may have asked for it meanwhile, and it may have changed since.
    if (runs.isUnread) runs.read(pieces);
  }

  /** Reads, however often the database has to be asked while this mailbox is ours. */
  #ask<Answer>(question: (db: Database) => Promise<Answer>): Promise<Answer> {
    const { db, lapsed } = this.#holding;
    return answered(db, question, lapsed);
  }
}

/** A write may be left to be covered by the await of a later one, which then rejects with the same. */
function unwatched<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => undefined);
  return promise;
}
