/** Moves that belong together: what they gain is counted as they are made, and all of them can be taken back. */

import { nowhere, type Seating } from './seating.ts';

export interface Mark {
  readonly moves: number;
  readonly gain: number;
}

export class Trial {
  /** Grant-days that were gained so far; whoever is without a window costs nothing. */
  gain = 0;
  readonly #seating: Seating;
  readonly #moved: { readonly mailbox: number; readonly was: number }[] = [];

  constructor(seating: Seating) {
    this.#seating = seating;
  }

  lift(mailbox: number): void {
    const was = this.#seating.window[mailbox] as number;
    if (was === nowhere) return;
    this.gain += this.#costOf(mailbox);
    this.#seating.lift(mailbox);
    this.#moved.push({ mailbox, was });
  }

  put(mailbox: number, window: number): void {
    this.lift(mailbox);
    this.#seating.put(mailbox, window);
    this.gain -= this.#costOf(mailbox);
    this.#moved.push({ mailbox, was: nowhere });
  }

  /** Where it stands, to come back to. */
  mark(): Mark {
    return { moves: this.#moved.length, gain: this.gain };
  }

  /** Everybody is where they were, at first or at a mark. */
  undo(to: Mark = { moves: 0, gain: 0 }): void {
    while (this.#moved.length > to.moves) {
      const { mailbox, was } = this.#moved.pop() as { readonly mailbox: number; readonly was: number };
      if (was === nowhere) this.#seating.lift(mailbox);
      else this.#seating.put(mailbox, was);
    }
    this.gain = to.gain;
  }

  #costOf(mailbox: number): number {
    return this.#seating.cost(mailbox, this.#seating.day[mailbox] as number);
  }
}
