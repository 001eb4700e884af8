/** Moves that belong together: what they gain is counted as they are made, and all of them can be taken back. */

import { nowhere, type Seating } from './seating.ts';

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

  /** Everybody is where they were. */
  undo(): void {
    for (let move = this.#moved.pop(); move; move = this.#moved.pop()) {
      const { mailbox, was } = move;
      if (was === nowhere) this.#seating.lift(mailbox);
      else this.#seating.put(mailbox, was);
    }
  }

  #costOf(mailbox: number): number {
    return this.#seating.cost(mailbox, this.#seating.day[mailbox] as number);
  }
}
