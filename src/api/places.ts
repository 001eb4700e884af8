/** So many do something at a time, and half of them at most for one who asks: nobody keeps all others from it. */

export class Places {
  readonly #most: number;
  readonly #taken = new Map<string, number>();
  #takenInAll = 0;

  constructor(most: number) {
    this.#most = most;
  }

  /** One for as long as it lasts, or null where there is none for them now. */
  take(who: string): Disposable | null {
    const theirs = this.#taken.get(who) ?? 0;
    if (this.#takenInAll >= this.#most || theirs >= this.#most / 2) return null;
    this.#takenInAll++;
    this.#taken.set(who, theirs + 1);
    return { [Symbol.dispose]: () => this.#give(who) };
  }

  #give(who: string): void {
    this.#takenInAll--;
    const left = (this.#taken.get(who) ?? 1) - 1;
    if (left === 0) this.#taken.delete(who);
    else this.#taken.set(who, left);
  }
}
