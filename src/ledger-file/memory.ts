/**
 * The ledger port kept in memory, for tests and simulations: the same answers as the file, and crashes that forget exactly
 * what a real one may forget. What was written and is not yet durable is kept apart from what is.
 */

import { createHash } from 'node:crypto';
import { type Fault, fault } from '#domain/fault.ts';
import type { FolderId } from '#domain/item.ts';
import { UidMap } from '#domain/uid-map.ts';
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
import { Contents } from './memory-contents.ts';

export interface MemoryLedger extends LedgerStore {
  /**
   * Ends everything as a power failure would: what was not durable is gone, except the first `surviving` of the writes and
   * notes under way, which the disk happened to have; every ledger claimed before is dead and its mailbox free. With
   * `underWay` of them surviving it is a process that was killed, with 0 the worst of power failures.
   */
  crash(surviving?: number): void;
  /** Writes and notes that are not durable yet, resolved ones too: a note stays among them until a later write is durable. */
  readonly underWay: number;
}

export interface MemoryLedgerOptions {
  /** What being durable takes; rejecting with a fault is a disk that fails. By default the next microtask. */
  readonly becomeDurable?: () => Promise<void>;
}

export function memoryLedger(options: MemoryLedgerOptions = {}): MemoryLedger {
  return new MemoryStore(options.becomeDurable ?? (() => Promise.resolve()));
}

interface Write {
  readonly mailbox: Mailbox;
  readonly changes: readonly LedgerChange[];
  /** Whether the disk is waited for: a note becomes durable with the write that follows it. */
  readonly durable: boolean;
  readonly resolve: () => void;
  readonly reject: (reason: unknown) => void;
}

interface Mailbox {
  readonly pair: MailboxPair;
  durable: Contents;
  seen: Contents;
  holder: MemoryHeld | null;
}

class MemoryStore implements MemoryLedger {
  readonly #becomeDurable: () => Promise<void>;
  readonly #mailboxes = new Map<string, Mailbox>();
  #buffered: Write[] = [];
  #running = false;
  #fault: Fault | null = null;

  constructor(becomeDurable: () => Promise<void>) {
    this.#becomeDurable = becomeDurable;
  }

  get underWay(): number {
    return this.#buffered.length;
  }

  async claim(pair: MailboxPair): Promise<Ledger> {
    const key = JSON.stringify([pair.source, pair.target]);
    let mailbox = this.#mailboxes.get(key);
    if (mailbox?.holder) {
      throw fault('ledger.in-use', { mailbox: `${pair.source} → ${pair.target}`, holder: `process ${process.pid}` });
    }
    if (!mailbox) {
      mailbox = { pair, durable: new Contents(), seen: new Contents(), holder: null };
      this.#mailboxes.set(key, mailbox);
    }
    mailbox.holder = new MemoryHeld(mailbox, (of, changes, durable) => this.#enter(of, changes, durable));
    return mailbox.holder;
  }

  async peek(pair: MailboxPair): Promise<LedgerReader | null> {
    const mailbox = this.#mailboxes.get(JSON.stringify([pair.source, pair.target]));
    return mailbox ? new MemoryReader(mailbox) : null;
  }

  crash(surviving = 0): void {
    for (const write of this.#buffered.slice(0, surviving)) write.mailbox.durable.applyAll(write.changes);
    const lost = this.#buffered;
    this.#buffered = [];
    this.#fault = null;
    for (const mailbox of this.#mailboxes.values()) {
      mailbox.holder?.die();
      mailbox.holder = null;
      mailbox.seen = mailbox.durable.copy();
    }
    for (const write of lost) write.reject(crashed());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const mailbox of this.#mailboxes.values()) await mailbox.holder?.[Symbol.asyncDispose]();
    // A file that is closed in good order is folded, which makes all of it durable.
    for (const write of this.#buffered.splice(0)) write.mailbox.durable.applyAll(write.changes);
  }

  #enter(mailbox: Mailbox, changes: readonly LedgerChange[], durable: boolean): Promise<void> {
    if (this.#fault) return Promise.reject(this.#fault);
    mailbox.seen.applyAll(changes);
    return new Promise((resolve, reject) => {
      this.#buffered.push({ mailbox, changes, durable, resolve, reject });
      if (!durable) resolve();
      else if (!this.#running) void this.#run();
    });
  }

  async #run(): Promise<void> {
    this.#running = true;
    for (;;) {
      const batch = this.#buffered;
      // Notes that no write has followed stay at risk for as long as the port allows.
      const size = batch.findLastIndex((write) => write.durable) + 1;
      if (size === 0) break;
      try {
        await this.#becomeDurable();
      } catch (error) {
        this.#fail(error);
        continue;
      }
      // A crash in the meantime has put another list in place of ours, and what we waited for is settled already.
      if (this.#buffered !== batch) continue;
      this.#buffered = batch.slice(size);
      for (const write of batch.slice(0, size)) {
        write.mailbox.durable.applyAll(write.changes);
        write.resolve();
      }
    }
    this.#running = false;
  }

  #fail(error: unknown): void {
    this.#fault = error as Fault;
    const failed = this.#buffered;
    this.#buffered = [];
    for (const write of failed) write.reject(error);
  }
}

class MemoryReader implements LedgerReader {
  readonly digestKey: Uint8Array;
  protected readonly mailbox: Mailbox;

  constructor(mailbox: Mailbox) {
    this.mailbox = mailbox;
    const { source, target } = mailbox.pair;
    this.digestKey = createHash('sha256')
      .update(JSON.stringify([source, target]))
      .digest();
  }

  async folders(): Promise<readonly FolderRecord[]> {
    return [...this.mailbox.seen.folders.values()];
  }

  async map(folder: FolderId): Promise<UidMap> {
    return this.mailbox.seen.maps.get(folder) ?? UidMap.empty;
  }

  async flags(folder: FolderId): Promise<Uint8Array | null> {
    return this.mailbox.seen.flags.get(folder) ?? null;
  }

  async intents(): Promise<readonly Intent[]> {
    const { intents, sent } = this.mailbox.seen;
    return [...intents.values()]
      .sort((a, b) => a.id - b.id)
      .map((intent) => ({ ...intent, sent: [...(sent.get(intent.id)?.values() ?? [])] }));
  }

  async exceptions(): Promise<readonly Exception[]> {
    return [...this.mailbox.seen.exceptions.values()];
  }
}

type Send = (mailbox: Mailbox, changes: readonly LedgerChange[], durable: boolean) => Promise<void>;

class MemoryHeld extends MemoryReader implements Ledger {
  readonly #send: Send;
  #last: Promise<void> = Promise.resolve();
  #over: 'no' | 'left' | 'crashed' = 'no';

  constructor(mailbox: Mailbox, send: Send) {
    super(mailbox);
    this.#send = send;
  }

  write(changes: readonly LedgerChange[]): Promise<void> {
    return this.#enter(changes, true);
  }

  note(changes: readonly LedgerChange[]): Promise<void> {
    return this.#enter(changes, false);
  }

  #enter(changes: readonly LedgerChange[], durable: boolean): Promise<void> {
    const entered = this.#refusal() ?? this.#send(this.mailbox, changes, durable);
    // As with the file: a write or note may be left to be covered by the await of a later one.
    const settled = entered.catch(() => {});
    if (durable) this.#last = settled;
    return entered;
  }

  #refusal(): Promise<never> | null {
    if (this.#over === 'crashed') return Promise.reject(crashed());
    if (this.#over === 'left') return Promise.reject(new Error('A ledger that was left takes no more writes.'));
    return null;
  }

  die(): void {
    this.#over = 'crashed';
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#over !== 'no') return;
    this.#over = 'left';
    await this.#last;
    if (this.mailbox.holder === this) this.mailbox.holder = null;
  }
}

function crashed(): Error {
  return new Error('The ledger crashed under this write.');
}
