/** The ledger of `godwit copy`: all mailboxes of a state folder in one SQLite file, each held by one process at a time. */

import * as fs from 'node:fs';
import { randomInt } from 'node:crypto';
import type { Log } from '#lib/log.ts';
import type { Ledger, LedgerReader, LedgerStore, MailboxPair } from '#ports/ledger.ts';
import { mailboxOf, renewClaim, takeClaim } from './claims.ts';
import { CommitQueue } from './commit-queue.ts';
import { HeldLedger } from './held-ledger.ts';
import { renewEveryMs } from './holder.ts';
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
        for (const held of this.#held) renewClaim(this.#ask, held.mailbox, held.token, now);
      },
    });
    renewed.catch((error: unknown) => {
      this.#log.warn('claims not renewed', { detail: error instanceof Error ? error.message : null });
    });
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
