/**
 * Room for as many connections as were leased, for one piece of work on one side. Whoever opens one takes a berth and leaves
 * it when the connection is closed, so that a server never counts more of them than the budget has, not even for the moment in
 * which a new one is there and the one before it has not gone.
 */

import type { Clock } from '#lib/clock.ts';

export interface Berth {
  /** `isMutual`: the server has closed the connection as well. */
  leave(isMutual: boolean): void;
}

/** What a server takes to notice that a connection was broken off: its answer to a FIN or RST that is on its way. */
const noticeMs = 300;

export class Berths {
  readonly #clock: Pick<Clock, 'sleep'>;
  #free: number;
  #taken = 0;
  readonly #waiting: (() => void)[] = [];
  #allLeft: PromiseWithResolvers<void> | null = null;

  constructor(count: number, clock: Pick<Clock, 'sleep'>) {
    this.#free = count;
    this.#clock = clock;
  }

  /** Waits until there is one. Rejects with the signal's reason. */
  async take(signal: AbortSignal): Promise<Berth> {
    signal.throwIfAborted();
    while (this.#free === 0) {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#waiting.push(resolve);
      signal.addEventListener('abort', () => resolve(), { once: true });
      await promise;
      signal.throwIfAborted();
    }
    this.#free--;
    this.#taken++;
    let isLeft = false;
    return {
      leave: (isMutual) => {
        if (isLeft) return;
        isLeft = true;
        void this.#left(isMutual);
      },
    };
  }

  /** Resolves when nothing is open any more. */
  async allLeft(): Promise<void> {
    if (this.#taken === 0) return;
    this.#allLeft ??= Promise.withResolvers<void>();
    await this.#allLeft.promise;
  }

  async #left(isMutual: boolean): Promise<void> {
    if (!isMutual) await this.#clock.sleep(noticeMs, new AbortController().signal);
    this.#free++;
    this.#taken--;
    // All are woken: one may have been called off meanwhile, and leaves it to the next.
    for (const wake of this.#waiting.splice(0)) wake();
    if (this.#taken === 0) this.#allLeft?.resolve();
  }
}
