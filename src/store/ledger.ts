/**
 * The ledger port (`ports/ledger.ts`) kept in PostgreSQL, for estates: two ledgers of each mailbox, one that leads to the target
 * and one that leads back, or only that of them which knows all of the other. Whoever writes holds the mailbox's lease, and each
 * write sees that it still does.
 */

import { hkdfSync } from 'node:crypto';
import { fault } from '#domain/fault.ts';
import type { FolderId } from '#domain/item.ts';
import type { Direction } from '#domain/ledger-turn.ts';
import { UidMap } from '#domain/uid-map.ts';
import type { Ledger, LedgerLook, LedgerReader, LedgerStore, MailboxPair } from '#ports/ledger.ts';
import type { MailboxLease } from '#ports/workforce.ts';
import { answered } from './answered.ts';
import type { Database } from './db.ts';
import { LedgerCommitQueue } from './ledger-commit-queue.ts';
import { LedgerContents } from './ledger-contents.ts';
import { HeldLedger } from './ledger-held.ts';
import { otherAccounts, pairDigest } from './ledger-pair.ts';
import { type LedgerKey, readExceptions, readFlags, readPieces, readStart } from './ledger-rows.ts';

export interface EstateLedgerOptions {
  /** 32 octets that are kept outside of the database: without them the digests in it say nothing. */
  readonly rootKey: Uint8Array;
  /** Fires when this process may no longer count its leases as its own (`worker/lease.ts`). */
  readonly lapsed: AbortSignal;
}

/** All ledgers of an estate, as one worker sees them. */
export interface EstateLedgers extends AsyncDisposable {
  /**
   * The ledger of the mailbox that `lease` is about, in one direction. `claim` throws `ledger.lost` where the lease is not in
   * force, `ledger.in-use` while a ledger is held under it, `mailbox.other-account` where it was made with other accounts than
   * the pair; `write` and `note` reject with `ledger.lost` when another has it, or may have it, and from then on.
   */
  under(lease: MailboxLease, direction: Direction): LedgerStore;
  /** As `LedgerStore.peek`, by the mailbox's id. */
  peek(mailbox: number, direction: Direction): Promise<LedgerReader | null>;
  /** As it stands at this moment, read once: for whoever holds the mailbox, when nobody is writing to it. */
  standing(mailbox: number, direction: Direction): Promise<LedgerReader | null>;
}

const keyOctets = 32;

export function estateLedgers(db: Database, { rootKey, lapsed }: EstateLedgerOptions): EstateLedgers {
  if (rootKey.length !== keyOctets) throw new RangeError(`a root key has ${keyOctets} octets, not ${rootKey.length}`);
  return new PostgresLedgers(db, rootKey, lapsed);
}

class PostgresLedgers implements EstateLedgers {
  readonly #db: Database;
  readonly #rootKey: Uint8Array;
  readonly #lapsed: AbortSignal;
  readonly #queue: LedgerCommitQueue;
  /** Tokens of leases under which a ledger is held. */
  readonly #held = new Set<number>();

  constructor(db: Database, rootKey: Uint8Array, lapsed: AbortSignal) {
    this.#db = db;
    this.#rootKey = rootKey;
    this.#lapsed = lapsed;
    this.#queue = new LedgerCommitQueue(db, lapsed);
  }

  under(lease: MailboxLease, direction: Direction): LedgerStore {
    return {
      claim: (pair) => this.#claim(lease, direction, pair),
      peek: () => this.peek(lease.mailbox, direction),
      [Symbol.asyncDispose]: () => this.#queue.idle(),
    };
  }

  async peek(mailbox: number, direction: Direction): Promise<LedgerReader | null> {
    const key: LedgerKey = { mailbox, direction };
    // Asked anew each time: another may be writing.
    const contents = (): Promise<LedgerContents> => contentsOf(this.#db, key);
    return (await contents()).isKnown ? this.#reader(key, contents) : null;
  }

  async standing(mailbox: number, direction: Direction): Promise<LedgerReader | null> {
    const key: LedgerKey = { mailbox, direction };
    const contents = await contentsOf(this.#db, key);
    return contents.isKnown ? this.#reader(key, () => Promise.resolve(contents)) : null;
  }

  #reader(key: LedgerKey, contents: () => Promise<LedgerContents>): LedgerReader {
    return { digestKey: digestKeyOf(this.#rootKey, key.mailbox), ...lookOf(this.#db, key, contents) };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#queue.idle();
  }

  async #claim(lease: MailboxLease, direction: Direction, pair: MailboxPair): Promise<Ledger> {
    const { mailbox, token } = lease;
    const name = `${pair.source} → ${pair.target}`;
    if (this.#held.has(token)) throw fault('ledger.in-use', { mailbox: name, holder: `process ${process.pid}` });
    this.#held.add(token);
    const left = (): void => void this.#held.delete(token);
    try {
      const [db, queue, lapsed] = [this.#db, this.#queue, this.#lapsed];
      const start = await answered(db, () => readStart(db, { mailbox, direction }, token), lapsed);
      const { writes } = start;
      if (lapsed.aborted || writes === null) throw fault('ledger.lost', { mailbox: name });
      const others = start.pair === null ? [] : otherAccounts(start.pair, pair);
      if (others.length > 0) throw fault('mailbox.other-account', { account: others.join(' and ') });
      const contents = new LedgerContents(start, pairDigest(pair));
      const digestKey = digestKeyOf(this.#rootKey, mailbox);
      return new HeldLedger({ db, queue, lapsed, lease, mailbox, direction, name, digestKey, contents, writes, left });
    } catch (error) {
      left();
      throw error;
    }
  }
}

/** As `EstateLedgers.standing`, for those who have no key and compute no digest. */
export async function lookIntoLedger(db: Database, mailbox: number, direction: Direction): Promise<LedgerLook | null> {
  const key: LedgerKey = { mailbox, direction };
  const contents = await contentsOf(db, key);
  return contents.isKnown ? lookOf(db, key, () => Promise.resolve(contents)) : null;
}

async function contentsOf(db: Database, key: LedgerKey): Promise<LedgerContents> {
  return new LedgerContents(await answered(db, () => readStart(db, key, null), null));
}

function lookOf(db: Database, key: LedgerKey, contents: () => Promise<LedgerContents>): LedgerLook {
  const once = <Answer>(question: (db: Database) => Promise<Answer>) => answered(db, question, null);
  return {
    folders: async () => (await contents()).folders(),
    intents: async () => (await contents()).intents(),
    exceptions: async () => ((await contents()).hasExceptions ? once(() => readExceptions(db, key)) : []),
    async map(folder: FolderId) {
      const known = (await contents()).folder(folder);
      if (!known) return UidMap.empty;
      if (known.runs.isUnread) known.runs.read(await once(() => readPieces(db, key, known.number)));
      return known.runs.map();
    },
    async flags(folder: FolderId) {
      const known = (await contents()).folder(folder);
      return known && once(() => readFlags(db, key, known.number));
    },
  };
}

/**
 * 32 octets for one mailbox's digests: HKDF-SHA-256 (RFC 5869). The same in both directions, so that a digest still holds
 * when the ledger is turned round.
 */
export function digestKeyOf(rootKey: Uint8Array, mailbox: number): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', rootKey, `mailbox ${mailbox}`, 'godwit estate digest 1', keyOctets));
}
