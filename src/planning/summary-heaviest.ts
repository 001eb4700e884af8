/** The first few of many by some order, without keeping the many. */

export class Heaviest<T extends object> {
  readonly #most: number;
  readonly #compare: (a: T, b: T) => number;
  readonly #kept: T[] = [];

  /** `compare` as for sorting: what comes first is kept. */
  constructor(most: number, compare: (a: T, b: T) => number) {
    [this.#most, this.#compare] = [most, compare];
  }

  /** Takes a copy, so that whoever offers may fill one object again and again. */
  offer(item: Readonly<T>): void {
    const last = this.#kept.at(-1);
    if (this.#kept.length >= this.#most && last !== undefined && this.#compare(item, last) >= 0) return;
    let at = this.#kept.length;
    while (at > 0 && this.#compare(item, this.#kept[at - 1] as T) < 0) at--;
    this.#kept.splice(at, 0, { ...item });
    if (this.#kept.length > this.#most) this.#kept.pop();
  }

  all(): readonly T[] {
    return this.#kept;
  }
}
