/**
 * What a platform may be asked for in a second, octets or commands, by its timetable: those who work at one time share it, and each
 * piece of work is through when its part has come through after all that were begun before it.
 */

const slotMs = 30 * 60_000;
/** However much is taken by others, so much comes through. */
const leastShare = 0.05;
/** Nobody waits longer for a timetable that gives nothing. */
const longestMs = 400 * 24 * 3_600_000;

export class Flow {
  /** By the half hour: what may be asked for in a millisecond; Infinity without limit. */
  readonly #perMs = new Map<number, number>();
  readonly #perSecondAt: (at: number) => number | null;
  #freeAt = Number.NEGATIVE_INFINITY;

  constructor(perSecondAt: (at: number) => number | null) {
    this.#perSecondAt = perSecondAt;
  }

  /** When `amount` more has come through. `share`: what the governor asks for of it now; `besides`: what else goes, in a millisecond. */
  through(amount: number, now: number, share: number, besides: number): number {
    const begins = Math.max(now, this.#freeAt);
    let left = amount;
    for (let at = begins; at < begins + longestMs; ) {
      const rate = this.#rateAt(at);
      // It comes through at once, and what was before it has too.
      if (rate === Number.POSITIVE_INFINITY) return this.#till(at);
      const perMs = Math.max(rate * share - besides, rate * share * leastShare);
      const ends = (Math.floor(at / slotMs) + 1) * slotMs;
      if (left <= perMs * (ends - at)) return this.#till(at + left / perMs);
      left -= perMs * (ends - at);
      at = ends;
    }
    return this.#till(begins + longestMs);
  }

  #till(at: number): number {
    this.#freeAt = at;
    return at;
  }

  #rateAt(at: number): number {
    const slot = Math.floor(at / slotMs);
    let rate = this.#perMs.get(slot);
    if (rate === undefined) {
      const perSecond = this.#perSecondAt(slot * slotMs);
      rate = perSecond === null ? Number.POSITIVE_INFINITY : perSecond / 1_000;
      this.#perMs.set(slot, rate);
    }
    return rate;
  }
}
