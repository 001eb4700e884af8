/**
 * Who tries and fails, and tries again: so many times from one place, and then not for a minute. It keeps nobody from guessing what nobody
 * guesses; it keeps them from having a database or a provider work for them.
 */

/** So many may be wrong from one place, and then none for so long. */
const wrongMost = 10;
const restMs = 60_000;
/** Some megabytes. The oldest makes room. */
const placesMost = 10_000;

export class WrongTries {
  readonly #now: () => number;
  readonly #places = new Map<string, { readonly count: number; readonly since: number }>();

  /** `now`: milliseconds that never go back. */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** For how many seconds nobody may try from there; null where they may. */
  restOf(place: string): number | null {
    const wrong = this.#places.get(place);
    if (!wrong) return null;
    const left = wrong.since + restMs - this.#now();
    if (left <= 0) this.#places.delete(place);
    return left > 0 && wrong.count >= wrongMost ? Math.ceil(left / 1000) : null;
  }

  count(place: string): void {
    const count = (this.#places.get(place)?.count ?? 0) + 1;
    this.#places.delete(place);
    this.#places.set(place, { count, since: this.#now() });
    const [oldest] = this.#places.keys();
    if (this.#places.size > placesMost && oldest !== undefined) this.#places.delete(oldest);
  }
}
