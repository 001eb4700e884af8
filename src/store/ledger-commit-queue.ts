/**
 * Group commit, over all mailboxes that this process holds: what they have to write is sent together, one statement at a time
 * on each of a few connections, and those that come while all of these are busy share the next. The wait for the database's
 * disk is so shared by everyone, and PostgreSQL shares it once more among its connections.
 *
 * A statement of which nobody knows how it ended, since the server went away meanwhile, is sent again until it is known: it
 * lands once (ledger-writing.ts). Whoever's lease has lapsed by then is told that its mailbox is lost.
 */

import { setTimeout as sleep } from 'node:timers/promises';
import { fault } from '#domain/fault.ts';
import type { MailboxLease } from '#ports/workforce.ts';
import type { Database } from './db.ts';
import { databaseFault, isPassing } from './database-fault.ts';
import type { RowChanges } from './ledger-changes.ts';
import type { LedgerKey } from './ledger-rows.ts';
import { type Landing, type LedgerWrite, writeLedgers } from './ledger-writing.ts';

/** While one statement waits for the disk the next is on its way. */
const lanesMax = 2;
/** So many mailboxes, or about so many octets, are one statement. */
const mailboxesAtOnce = 64;
const octetsAtOnce = 2 * 1024 * 1024;
/** What need not be durable waits so long for company: much of it is outdated by then and never written. */
export const companyMs = 20;
/** Between two attempts to reach a server that is away. */
const waitMinMs = 20;
const waitMaxMs = 500;

/** Whoever has something to write. */
export interface Writer extends LedgerKey {
  /** For people. */
  readonly name: string;
  readonly lease: MailboxLease;
  /** What has changed since it was last asked. */
  take(): RowChanges;
}

interface Waiter {
  readonly resolve: () => void;
  readonly reject: (reason: unknown) => void;
}

/** One mailbox's place in the queue. What it was told is written in order, and after a failure nothing is any more. */
export class Line {
  readonly writer: Writer;
  /** What stopped it for good. */
  fault: Error | null = null;
  /** How often was written under its lease. */
  writes: number;
  waiting: Waiter[] = [];
  isUrgent = false;
  isUnderWay = false;

  constructor(writer: Writer, writes: number) {
    this.writer = writer;
    this.writes = writes;
  }

  /** Ends it: those who wait, and all who will, are told why. */
  fail(why: Error, others: readonly Waiter[] = []): void {
    this.fault ??= why;
    const waiting = [...others, ...this.waiting];
    this.waiting = [];
    for (const { reject } of waiting) reject(this.fault);
  }
}

/** What was taken of a line, on its way to the database. */
interface Taken {
  readonly line: Line;
  readonly write: LedgerWrite;
  readonly waiters: readonly Waiter[];
}

export class LedgerCommitQueue {
  readonly #db: Database;
  readonly #lapsed: AbortSignal;
  /** Those that have something to write. */
  readonly #lines = new Set<Line>();
  #lanes = 0;
  /** Whether what is in no hurry will be sent before long. */
  #isAwaitingCompany = false;
  #idle: PromiseWithResolvers<void> | null = null;

  /** `lapsed` fires when this process may no longer count its leases as its own. */
  constructor(db: Database, lapsed: AbortSignal) {
    this.#db = db;
    this.#lapsed = lapsed;
  }

  /**
   * Has the line written, as it stands then, and resolves when that is durable. Not `urgent`: with what others write, or
   * before long.
   */
  enter(line: Line, urgent: boolean): Promise<void> {
    if (line.fault) return Promise.reject(line.fault);
    return new Promise((resolve, reject) => {
      line.waiting.push({ resolve, reject });
      line.isUrgent ||= urgent;
      this.#lines.add(line);
      if (urgent) queueMicrotask(() => this.#start());
      else this.#awaitCompany();
    });
  }

  /** What the line has waiting is waited for now. */
  hurry(line: Line): void {
    if (!this.#lines.has(line)) return;
    line.isUrgent = true;
    this.#start();
  }

  /** Resolves when nothing waits and nothing is under way. */
  async idle(): Promise<void> {
    if (this.#lanes === 0 && this.#lines.size === 0) return;
    this.#idle ??= Promise.withResolvers();
    await this.#idle.promise;
  }

  #awaitCompany(): void {
    if (this.#isAwaitingCompany) return;
    this.#isAwaitingCompany = true;
    setTimeout(() => {
      this.#isAwaitingCompany = false;
      for (const line of this.#lines) line.isUrgent = true;
      this.#start();
    }, companyMs);
  }

  #start(): void {
    while (this.#lanes < lanesMax) {
      const taken = this.#take();
      if (taken.length === 0) break;
      this.#lanes++;
      void this.#write(taken).finally(() => this.#ended(taken));
    }
    if (this.#lanes > 0 || this.#lines.size > 0) return;
    this.#idle?.resolve();
    this.#idle = null;
  }

  #ended(taken: readonly Taken[]): void {
    this.#lanes--;
    for (const { line } of taken) line.isUnderWay = false;
    this.#start();
  }

  /** What goes with the next statement: nothing while nobody is in a hurry. */
  #take(): readonly Taken[] {
    const lines = [...this.#lines].filter(({ isUnderWay }) => !isUnderWay);
    if (!lines.some(({ isUrgent }) => isUrgent)) return [];
    const taken: Taken[] = [];
    const mailboxes = new Set<number>();
    let octets = 0;
    for (const line of lines) {
      if (mailboxes.size === mailboxesAtOnce || octets > octetsAtOnce) break;
      // Of two leases of one mailbox one is over. Each is asked about in a statement of its own.
      if (mailboxes.has(line.writer.mailbox)) continue;
      mailboxes.add(line.writer.mailbox);
      this.#lines.delete(line);
      const one = takenOf(line);
      if (!one) continue;
      taken.push(one);
      octets += octetsOf(one.write.rows);
    }
    return taken;
  }

  async #write(taken: readonly Taken[]): Promise<void> {
    let left = taken;
    for (let waitMs = waitMinMs; ; waitMs = Math.min(waitMs * 2, waitMaxMs)) {
      if (this.#lapsed.aborted) return left.forEach(lose);
      try {
        left = await this.#send(left);
        if (left.length === 0) return;
      } catch (error) {
        if (!isPassing(error)) return this.#refused(left, error);
      }
      await sleep(waitMs);
    }
  }

  /** Sends them once, and answers with those of which nothing is known yet. */
  async #send(taken: readonly Taken[]): Promise<readonly Taken[]> {
    const sent = writeLedgers(
      this.#db.sql,
      taken.map(({ write }) => write),
    );
    sent.catch(() => undefined);
    // A dead network may never answer.
    const lapsed = Promise.withResolvers<null>();
    const lapse = (): void => lapsed.resolve(null);
    this.#lapsed.addEventListener('abort', lapse);
    try {
      const landings = await Promise.race([sent, lapsed.promise]);
      return taken.filter((one, i) => !settle(one, landings?.[i] ?? 'unclear'));
    } finally {
      this.#lapsed.removeEventListener('abort', lapse);
    }
  }

  /** PostgreSQL would not have it, so nothing of it landed: one of them is to blame, and the others are not to suffer for it. */
  async #refused(taken: readonly Taken[], error: unknown): Promise<void> {
    const [one] = taken;
    if (one && taken.length === 1) {
      const why = databaseFault.of(error, this.#db.name) ?? (error instanceof Error ? error : new Error(String(error)));
      one.line.fail(why, one.waiters);
      return;
    }
    for (const each of taken) await this.#write([each]);
  }
}

/** Null where the line has stopped: who waits there is told so. */
function takenOf(line: Line): Taken | null {
  const { writer, writes } = line;
  const { mailbox, direction, lease } = writer;
  const waiters = line.waiting;
  line.waiting = [];
  line.isUrgent = false;
  try {
    if (line.fault) throw line.fault;
    const rows = writer.take();
    line.isUnderWay = true;
    return { line, write: { mailbox, direction, token: lease.token, writes, rows }, waiters };
  } catch (error) {
    line.fail(error instanceof Error ? error : new Error(String(error)), waiters);
    return null;
  }
}

/** Tells whoever waits for the outcome; false where it is not known. */
function settle(one: Taken, landing: Landing): boolean {
  switch (landing) {
    case 'unclear':
      return false;
    case 'refused':
      lose(one);
      return true;
    case 'landed':
      one.line.writes++;
      for (const { resolve } of one.waiters) resolve();
      return true;
  }
}

function lose({ line, waiters }: Taken): void {
  line.fail(fault('ledger.lost', { mailbox: line.writer.name }), waiters);
}

function octetsOf({ pages, pieces, flags, sent }: RowChanges): number {
  const packed = [
    ...pages.map(({ records }) => records),
    ...pieces.map((of) => of.packed),
    ...flags.map((of) => of.packed),
  ];
  const elements = sent.reduce((sum, { messages }) => sum + messages.length, 0) * 50;
  return packed.reduce((sum, { length }) => sum + length, elements);
}
