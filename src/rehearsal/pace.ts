/** How long a piece of work takes in a rehearsal: by the rates, by what is in a mailbox, and by its luck. */

import type { Rates, WorkRate } from '#domain/rates.ts';
import { draw, drawNormal, lots } from './draws.ts';

const dayMs = 24 * 3_600_000;

export class Pace {
  readonly #rates: Rates;
  readonly #seed: number;

  constructor(rates: Rates, seed: number) {
    this.#rates = rates;
    this.#seed = seed;
  }

  /** What is left of the first copy, or of one that was done before and rests. */
  copyMs(mailbox: number, pass: number, left: number, items: number, bytes: number): number {
    const { copy } = this.#rates;
    return this.#ms(copy, left * items, left * bytes, mailbox, lots.copyTime, pass);
  }

  /** The switch, and the way home: what came since the last look is carried. */
  switchMs(mailbox: number, pass: number, sinceMs: number): number {
    const { newItemsPerDay, newBytesPerDay } = this.#rates;
    const days = sinceMs / dayMs;
    return this.#ms(this.#rates.switch, days * newItemsPerDay, days * newBytesPerDay, mailbox, lots.switchTime, pass);
  }

  /** What comes to a mailbox in such a time. */
  newIn(ms: number): { readonly items: number; readonly bytes: number } {
    const { newItemsPerDay, newBytesPerDay } = this.#rates;
    return { items: (ms / dayMs) * newItemsPerDay, bytes: (ms / dayMs) * newBytesPerDay };
  }

  /** How far a mailbox was behind at the end of its last look before the window, which is as long as that took. */
  lagMs(mailbox: number, everyMs: number): number {
    const days = everyMs / dayMs;
    const { newItemsPerDay, newBytesPerDay, follow } = this.#rates;
    return this.#ms(follow, days * newItemsPerDay, days * newBytesPerDay, mailbox, lots.followTime, 0);
  }

  /** How long before its window opened a mailbox was looked at last. */
  lastLookMs(mailbox: number, everyMs: number): number {
    return draw(this.#seed, mailbox, lots.lastLook) * everyMs;
  }

  /** How many mailboxes are in work at one time, on average, where each of `followers` is looked at so often. */
  followLoad(followers: number, everyMs: number): number {
    const { newItemsPerDay, newBytesPerDay, follow } = this.#rates;
    const days = everyMs / dayMs;
    const passMs = follow.fixedMs + follow.msPerItem * newItemsPerDay * days + follow.msPerByte * newBytesPerDay * days;
    return (followers * passMs) / everyMs;
  }

  #ms(rate: WorkRate, items: number, bytes: number, mailbox: number, lot: number, turn: number): number {
    const usualMs = rate.fixedMs + rate.msPerItem * items + rate.msPerByte * bytes;
    // So that the mean is what the rate says, however far single ones lie from it.
    const luck = Math.exp(rate.sigma * drawNormal(this.#seed, mailbox, lot, turn) - rate.sigma ** 2 / 2);
    return Math.max(1, Math.round(usualMs * luck));
  }
}
