/** The ledger of `godwit copy`: all mailboxes of a state folder in one SQLite file, each held by one process at a time. */

import * as fs from 'node:fs';
import { randomInt } from 'node:crypto';
import { fault, type Fault } from '#domain/fault.ts';
import type { FolderId } from '#domain/item.ts';
import type { UidMap } from '#domain/uid-map.ts';
import type { Log } from '#lib/log.ts';
import type {
  Exception,
  FolderRecord,
  Intent,
  Ledger,
  LedgerChange,
  LedgerReader,
  LedgerStore,
  MailboxPair,
} from '#ports/ledger.ts';
import { type Change, CommitQueue } from './commit-queue.ts';
import { type Holder, lives, nameOf, ourselves, renewEveryMs } from './holder.ts';
import { inLedgerWords, type LedgerDatabase, type WritableLedgerDatabase } from './ledger-database.ts';
import { MailboxRows } from './mailbox-rows.ts';
import { digestKeyOf } from './root-key.ts';
import { Statements } from './statements.ts';

export class LedgerFileStore implements LedgerStore {
  readonly #ledger: WritableLedgerDatabase;
  readonly #ask: Statements;
  readonly #queue: CommitQueue;
  readonly #held = new Set<HeldLedger>();
  readonly #renewal: NodeJS.Timeout;
  readonly #log: Log;
  #closed = false;

  constructor(ledger: WritableLedgerDatabase, log: Log) {
    this.#ledger = ledger;
    this.#ask = new Statements(ledger.database);
    this.#queue = new CommitQueue(ledger);
    this.#log = log;
    this.#renewal = setInterval(() => this.#renew(), renewEveryMs).unref();
  }

  async claim(pair: MailboxPair): Promise<Ledger> {
    const token = randomInt(1, 2 ** 47);
    let taken = { mailbox: 0, isInherited: false };
    await this.#queue.tell({
      apply: () => {
        taken = takeClaim(this.#ask, pair, token);
      },
    });
    const held: HeldLedger = new HeldLedger({
      rows: new MailboxRows(this.#ask, taken.mailbox),
      isInherited: taken.isInherited,
      pair,
      token,
      ask: this.#ask,
      queue: this.#queue,
      rootKey: this.#ledger.rootKey,
      left: () => this.#held.delete(held),
    });
    this.#held.add(held);
    return held;
  }

  async peek(pair: MailboxPair): Promise<LedgerReader | null> {
    this.#queue.commitPending();
    return inLedgerWords(this.#ledger.file, () => peekAt(this.#ask, this.#ledger, pair));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    clearInterval(this.#renewal);
    for (const held of this.#held) await held[Symbol.asyncDispose]();
    await this.#queue.idle();
    try {
      // The last one out folds the log into the file and removes it: that is SQLite's own checkpoint on close.
      this.#ledger.database.close();
    } catch (error) {
      this.#log.warn('ledger not folded', { detail: error instanceof Error ? error.message : null });
    }
    fs.closeSync(this.#ledger.walDescriptor);
  }

  /** Says that we live, for processes in places that cannot see us. Whoever lost a claim learns it at its next write. */
  #renew(): void {
    if (this.#held.size === 0 || this.#queue.fault) return;
    const now = Date.now();
    const renewed = this.#queue.tell({
      apply: () => {
        for (const held of this.#held) this.#ask.of('renew-claim').run(now, held.mailbox, held.token);
      },
    });
    renewed.catch((error: unknown) => {
      this.#log.warn('claims not renewed', { detail: error instanceof Error ? error.message : null });
    });
  }
}

interface Holding {
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

class HeldLedger implements Ledger {
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
    await queue.tell({ apply: () => void ask.of('leave-claim').run(this.mailbox, token) }).catch(() => {});
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
    if (this.#checkedAt !== neighbours) this.#checkClaim();
    this.#checkedAt = neighbours;
    for (const change of changes) this.#holding.rows.apply(change);
  }

  /** Held up for longer than a claim lasts (a machine put to sleep), we may have been taken for dead. */
  #checkClaim(): void {
    const { ask, token, pair } = this.#holding;
    const claim = ask.of('claim-token').get(this.mailbox) as { token: number } | undefined;
    if (claim?.token !== token) throw inUse(pair, 'it took this process for dead');
  }
}

/** What is known of a pair, or null; never takes, never writes. */
export function peekAt(ask: Statements, ledger: LedgerDatabase, pair: MailboxPair): LedgerReader | null {
  const mailbox = mailboxOf(ask, pair);
  if (mailbox === null) return null;
  // The rows are asked anew each time: another process may be writing them.
  const rows = () => new MailboxRows(ask, mailbox);
  return {
    get digestKey() {
      return digestKeyOf(ledger.rootKey, pair);
    },
    folders: async () => inLedgerWords(ledger.file, () => rows().folders()),
    map: async (folder) => inLedgerWords(ledger.file, () => rows().map(folder)),
    flags: async (folder) => inLedgerWords(ledger.file, () => rows().flags(folder)),
    intents: async () => inLedgerWords(ledger.file, () => rows().intents()),
    exceptions: async () => inLedgerWords(ledger.file, () => rows().exceptions()),
  };
}

interface ClaimRow extends Holder {
  readonly token: number;
  readonly holder: string;
  readonly renewed_ms: number;
}

/** The mailbox's number, held by us from now on, and whether a dead process held it. Inside a transaction. Throws `ledger.in-use`. */
function takeClaim(ask: Statements, pair: MailboxPair, token: number): { mailbox: number; isInherited: boolean } {
  const mailbox = mailboxOf(ask, pair) ?? Number(ask.of('new-mailbox').run(pair.source, pair.target).lastInsertRowid);
  const claim = ask.of('claim').get(mailbox) as unknown as ClaimRow | undefined;
  const now = Date.now();
  if (claim && lives(claim, claim.renewed_ms, now)) throw inUse(pair, claim.holder);
  const us = ourselves();
  ask.of('take-claim').run(mailbox, token, us.pid, us.started, us.place, nameOf(us), now);
  return { mailbox, isInherited: claim !== undefined };
}

function mailboxOf(ask: Statements, pair: MailboxPair): number | null {
  const row = ask.of('mailbox').get(pair.source, pair.target) as { id: number } | undefined;
  return row?.id ?? null;
}

function inUse(pair: MailboxPair, holder: string): Fault {
  return fault('ledger.in-use', { mailbox: `${pair.source} → ${pair.target}`, holder });
}
