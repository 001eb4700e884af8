/**
 * Holds the bytes of all mailboxes together to what the timetable allows: a token bucket that may be overdrawn. Bytes are
 * reported after they have gone, so the one who overdraws waits until the debt is paid, and so do all who come after.
 */

import { type Slot, slotAt } from './timetable.ts';

/** Time and waiting; a test has its own. `wait` resolves early when the signal aborts, and never rejects. */
export interface PaceClock {
  now(): number;
  wait(ms: number, signal: AbortSignal): Promise<void>;
}

const realClock: PaceClock = {
  now: () => Date.now(),
  wait: (ms, signal) =>
    new Promise((resolve) => {
      const timer = setTimeout(done, ms);
      signal.addEventListener('abort', done, { once: true });
      function done(): void {
        clearTimeout(timer);
        signal.removeEventListener('abort', done);
        resolve();
      }
    }),
};

/** What may go at once after a pause: a fifth of a second's worth, so that the line never sees more than the limit for long. */
const burstSeconds = 0.2;
/** Longer sleeps are divided, so that another rate, a clock that was set forward or a machine that slept is noticed. */
const longestSleepMs = 5_000;

export class Pace {
  #slots: readonly Slot[];
  readonly #signal: AbortSignal;
  readonly #clock: PaceClock;
  #tokens = 0;
  #filledMs: number;
  #paid: Promise<void> | null = null;

  /** After `signal` nobody waits any more: whoever is stopping must be able to end what is under way. */
  constructor(slots: readonly Slot[], signal: AbortSignal, clock: PaceClock = realClock) {
    this.#slots = slots;
    this.#signal = signal;
    this.#clock = clock;
    this.#filledMs = clock.now();
  }

  /** From now on these hold: a share of a rate that several have in common changes with their number. What is owed is owed. */
  follow(slots: readonly Slot[]): void {
    this.#fill();
    this.#slots = slots;
  }

  /** `bytes` have just gone: null to go on at once, else a promise for when to. */
  take(bytes: number): Promise<void> | null {
    if (this.#signal.aborted) return null;
    if (this.#fill() === null) return null;
    this.#tokens -= bytes;
    if (this.#tokens >= 0) return null;
    this.#paid ??= this.#payment().finally(() => {
      this.#paid = null;
    });
    return this.#paid;
  }

  /** Waits until the debt is paid, at whatever rates hold meanwhile; a slot without limit forgives it. */
  async #payment(): Promise<void> {
    while (!this.#signal.aborted) {
      const rate = this.#fill();
      if (rate === null || this.#tokens >= 0) return;
      const { msLeft } = slotAt(this.#slots, new Date(this.#clock.now()));
      const dueMs = Math.ceil((-this.#tokens / rate) * 1000);
      await this.#clock.wait(Math.max(1, Math.min(dueMs, msLeft, longestSleepMs)), this.#signal);
    }
  }

  /** Adds what time has brought since the last call, at the rate that held then; gives the rate that holds now. */
  #fill(): number | null {
    const now = this.#clock.now();
    const before = slotAt(this.#slots, new Date(this.#filledMs)).slot.bytesPerSecond;
    const rate = slotAt(this.#slots, new Date(now)).slot.bytesPerSecond;
    // A clock that was set back brings nothing.
    const seconds = Math.max(0, now - this.#filledMs) / 1000;
    this.#filledMs = now;
    if (rate === null) this.#tokens = Math.max(0, this.#tokens);
    else this.#tokens = Math.min(rate * burstSeconds, before === null ? 0 : this.#tokens + seconds * before);
    return rate;
  }
}
