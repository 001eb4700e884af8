/** The ledger of one mailbox as whoever holds it sees it: read, written in the order told, and left when it is closed. */

import type { Fault } from '#domain/fault.ts';
import type { FolderId } from '#domain/item.ts';
import type { UidMap } from '#domain/uid-map.ts';
import type { Exception, FolderRecord, Intent, Ledger, LedgerChange, MailboxPair } from '#ports/ledger.ts';
import { checkClaim, leaveClaim } from './claims.ts';
import type { Change, CommitQueue } from './commit-queue.ts';
import type { MailboxRows } from './mailbox-rows.ts';
import { digestKeyOf } from './root-key.ts';
import type { Statements } from './statements.ts';

export interface Holding {
  readonly rows: MailboxRows;
  /** Whether the process that had it before left without a word, so that what it noted last may not be durable. */
  readonly isInherited: boolean;
  readonly pair: MailboxPair;
  readonly token: number;
  readonly ask: Statements;
  readonly queue: CommitQueue;
  readonly rootKey: Uint8Array;
  readonly left: () => void;
}

/** A mailbox that this process holds. What it was told is entered in the order told, and stops for good when the claim was lost. */
export class HeldLedger implements Ledger {
  readonly #holding: Holding;
  #digestKey: Uint8Array | null = null;
  /** What stopped this mailbox for good: its claim was lost, or a change could not be applied. */
  #fault: Fault | Error | null = null;
  #closed = false;
  #last: Promise<void> = Promise.resolve();
  /** Calls that changed something, and how many of them are known to be durable. */
  #told: number;
  #durable = 0;
  /** Of `neighbours`, when the claim was last seen to be ours. */
  #checkedAt: number | null = null;

  constructor(holding: Holding) {
    this.#holding = holding;
    this.#told = holding.isInherited ? 1 : 0;
  }

  get digestKey(): Uint8Array {
    this.#digestKey ??= digestKeyOf(this.#holding.rootKey, this.#holding.pair);
    return this.#digestKey;
  }

  get mailbox(): number {
    return this.#holding.rows.mailbox;
  }

  get token(): number {
    return this.#holding.token;
  }

  async folders(): Promise<readonly FolderRecord[]> {
    return this.#read().folders();
  }

  async map(folder: FolderId): Promise<UidMap> {
    return this.#read().map(folder);
  }

  async flags(folder: FolderId): Promise<Uint8Array | null> {
    return this.#read().flags(folder);
  }

  async intents(): Promise<readonly Intent[]> {
    return this.#read().intents();
  }

  async exceptions(): Promise<readonly Exception[]> {
    return this.#read().exceptions();
  }

  write(changes: readonly LedgerChange[]): Promise<void> {
    const { queue } = this.#holding;
    if (changes.length > 0) this.#told++;
    else if (this.#durable === this.#told) return this.#entered(() => this.#nothingElse());
    const told = this.#told;
    return this.#entered(async () => {
      await queue.write(this.#change(changes));
      this.#durable = Math.max(this.#durable, told);
    });
  }

  note(changes: readonly LedgerChange[]): Promise<void> {
    if (changes.length > 0) this.#told++;
    return this.#entered(() => this.#holding.queue.tell(this.#change(changes)));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    const { queue, ask, token, left } = this.#holding;
    left();
    await this.#last;
    // A claim that cannot be taken back ends with this process, and why it cannot has been told to whoever wrote.
    const leaving = queue.tell({ apply: () => leaveClaim(ask, this.mailbox, token) });
    leaving.catch(() => {});
    try {
      // It does not wait for company: the next mailbox waits for it.
      queue.commitPending();
      await leaving;
    } catch {
      // As above.
    }
  }

  #read(): MailboxRows {
    this.#holding.queue.commitPending();
    return this.#holding.rows;
  }

  #entered(enter: () => Promise<void>): Promise<void> {
    const entered = this.#closed ? Promise.reject(new Error('A ledger that was left takes no more writes.')) : enter();
    // An engine may leave a write to be covered by the await of a later one, which then rejects with the same.
    const settled = entered.catch(() => {});
    const before = this.#last;
    this.#last = settled.then(() => before);
    return entered;
  }

  /** All that was told is durable, unless this ledger has stopped for good. */
  async #nothingElse(): Promise<void> {
    const stopped = this.#holding.queue.fault ?? this.#fault;
    if (stopped) throw stopped;
  }

  #change(changes: readonly LedgerChange[]): Change {
    const { rows } = this.#holding;
    return {
      apply: (neighbours) => this.#apply(changes, neighbours),
      undone: () => rows.undone(),
      failed: (error) => {
        rows.undone();
        this.#fault ??= error instanceof Error ? error : new Error(String(error));
      },
    };
  }

  #apply(changes: readonly LedgerChange[], neighbours: number): void {
    if (this.#fault) throw this.#fault;
    const { rows, ask, pair, token } = this.#holding;
    if (this.#checkedAt !== neighbours) checkClaim(ask, pair, this.mailbox, token);
    this.#checkedAt = neighbours;
    for (const change of changes) rows.apply(change);
  }
}
