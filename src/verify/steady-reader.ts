/**
 * A mailbox that stays readable: when its connection is lost it is opened again, and whatever was under way is asked anew.
 * Patience ends after several losses without a single message in between.
 */

import { Fault } from '#domain/fault.ts';
import type { Clock } from '#lib/clock.ts';
import type { Log } from '#lib/log.ts';
import type { Reader } from '#ports/mailbox.ts';

/** Opens a mailbox to be read; both `OpenSource` and `OpenTarget` are such. */
export type OpenReader = (signal: AbortSignal) => Promise<Reader>;

/** Losses in a row, with nothing read between them, after which it is given up. */
const lossesMax = 6;
const firstWaitMs = 500;
const longestWaitMs = 60_000;

export class SteadyReader implements AsyncDisposable {
  readonly #open: OpenReader;
  readonly #clock: Clock;
  readonly #log: Log;
  /** Fires when it is stopped, and when it is disposed of. */
  readonly #signal: AbortSignal;
  readonly #left = new AbortController();
  #current: Promise<Reader> | null = null;
  #losses = 0;
  #wasOpen = false;

  constructor(open: OpenReader, clock: Clock, log: Log, signal: AbortSignal) {
    this.#open = open;
    this.#clock = clock;
    this.#log = log;
    this.#signal = AbortSignal.any([signal, this.#left.signal]);
  }

  /**
   * Runs `work` on the open mailbox, again from its beginning on a new one when the connection is lost. Several may be at
   * work at once. Throws faults of another kind, and the last loss when patience has ended.
   */
  async use<T>(work: (reader: Reader) => Promise<T>): Promise<T> {
    for (;;) {
      this.#signal.throwIfAborted();
      const current = (this.#current ??= this.#opened(null));
      try {
        return await work(await current);
      } catch (error) {
        if (!isLoss(error)) throw error;
        // Of several that were at work on one connection, the first to notice opens the next; the others find it there.
        if (this.#current === current) this.#lose(error, current);
      }
    }
  }

  /** Told whenever something has arrived: earlier losses are forgiven. */
  progressed(): void {
    this.#losses = 0;
  }

  /** Whoever is still at work is told that it is over, and nothing is opened any more: nobody would close it. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#left.abort(new Error('the mailbox is not read any more'));
    const current = this.#current;
    this.#current = null;
    await current?.then((reader) => reader[Symbol.asyncDispose]()).catch(() => {});
  }

  #lose(loss: Fault, lost: Promise<Reader>): void {
    // A mailbox that could not be opened even once is told at once: most likely its address or secret is wrong.
    if (!this.#wasOpen || ++this.#losses > lossesMax) throw loss;
    this.#log.info('connection lost, opening again', { fault: loss.code, losses: this.#losses });
    this.#current = this.#opened({ error: loss, lost });
    this.#current.catch(() => {}); // whoever is at work awaits it and is told
  }

  async #opened(after: { readonly error: Fault; readonly lost: Promise<Reader> } | null): Promise<Reader> {
    if (after) {
      await after.lost.then((reader) => reader[Symbol.asyncDispose]()).catch(() => {});
      await this.#clock.sleep(waitMs(after.error, this.#losses), this.#signal);
    }
    const reader = await this.#open(this.#signal);
    this.#wasOpen = true;
    return reader;
  }
}

function isLoss(error: unknown): error is Fault {
  return error instanceof Fault && (error.retry === 'soon' || error.retry === 'paced');
}

/** As long as the server asks for, within reason, else longer with each loss. */
function waitMs(error: Fault, losses: number): number {
  const asked = 'waitMs' in error.about && typeof error.about.waitMs === 'number' ? error.about.waitMs : 0;
  const own = losses <= 1 ? 0 : firstWaitMs * 2 ** (losses - 2);
  return Math.min(longestWaitMs, Math.max(own, asked));
}
