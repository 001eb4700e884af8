/**
 * What is lent to sinks out of memory that Node or zlib has chosen, so that no slab (`slabs.ts`) bounds it: when too much of it
 * is out, nothing more is read until enough has been returned.
 */

/** What may be lent at once. */
const lentMax = 1024 * 1024;

/** Where octets come from. */
export interface Pausable {
  pause(): unknown;
  resume(): unknown;
}

export class Loans {
  #octets = 0;
  readonly #readOn: (from: Pausable) => void;

  /** `readOn`: reads again from where it was paused. */
  constructor(readOn: (from: Pausable) => void) {
    this.#readOn = readOn;
  }

  /** Counts octets as lent until `returned`, which never rejects. */
  lend(octets: number, returned: Promise<void>, from: Pausable): void {
    this.#octets += octets;
    if (this.#octets > lentMax) from.pause();
    void returned.then(() => {
      const wasHeld = this.#octets > lentMax;
      this.#octets -= octets;
      if (wasHeld && this.#octets <= lentMax) this.#readOn(from);
    });
  }
}
