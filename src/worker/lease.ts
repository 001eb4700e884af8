/**
 * How long this worker may still count itself as alive: `leaseSeconds` after it asked the database last, less a margin, by a
 * clock that nobody sets. So it stops before the database gives what it holds to others, also when the network is cut, the
 * process was stopped, or the machine slept; and whoever writes what must not be written twice asks `msLeft` just before.
 *
 * A signal comes too late for that: after a stop, what had arrived on sockets is handled before any timer.
 */

import { steadyClock } from '#lib/steady-clock.ts';
import { leaseMarginSeconds, leaseSeconds } from '#ports/workforce.ts';

/** Milliseconds from some beginning, never set, never backwards; a test has its own. */
export interface MonotonicClock {
  now(): number;
  /** Calls `then` after `ms`; answers with what calls that off. */
  after(ms: number, then: () => void): () => void;
}

function systemClock(): MonotonicClock {
  return {
    now: steadyClock(),
    after(ms, then) {
      const timer = setTimeout(then, ms);
      // What is to be guarded keeps the process alive by itself.
      timer.unref();
      return () => clearTimeout(timer);
    },
  };
}

const lastsMs = (leaseSeconds - leaseMarginSeconds) * 1000;

export class Lease implements Disposable {
  readonly #clock: MonotonicClock;
  readonly #lapse = new AbortController();
  #until: number;
  #callOff: () => void = () => undefined;

  /** Made before the call that registers us, from which the database counts. */
  constructor(clock: MonotonicClock = systemClock()) {
    this.#clock = clock;
    this.#until = clock.now() + lastsMs;
    this.#watch();
  }

  /** Fires once, when the lease lapses; its connections are to be destroyed before anything else is done. */
  get lapsed(): AbortSignal {
    return this.#lapse.signal;
  }

  /** For `renew`: to be read before the database is asked, since it may count from any moment after that. */
  now(): number {
    return this.#clock.now();
  }

  /** The database has heard a heartbeat that was sent after `askedAt`. What has lapsed stays lapsed. */
  renew(askedAt: number): void {
    if (this.msLeft() === 0) return;
    this.#until = Math.max(this.#until, askedAt + lastsMs);
    this.#watch();
  }

  /** Milliseconds that are left; 0 for ever once it has lapsed. */
  msLeft(): number {
    const left = this.#until - this.#clock.now();
    if (left > 0 && !this.#lapse.signal.aborted) return left;
    this.lapse();
    return 0;
  }

  /** Ends it at once: the database has counted us as gone. */
  lapse(): void {
    this.#callOff();
    if (!this.#lapse.signal.aborted) this.#lapse.abort(new Error('the lease has lapsed'));
  }

  /** Stops watching: all that was held was given back in good order. */
  [Symbol.dispose](): void {
    this.#callOff();
  }

  #watch(): void {
    this.#callOff();
    // A timer that fires early, or after a renewal, watches on.
    this.#callOff = this.#clock.after(Math.ceil(this.#until - this.#clock.now()), () => {
      if (this.msLeft() > 0) this.#watch();
    });
  }
}
