/**
 * What will happen, by its time: the virtual clock jumps from one entry to the next. A binary heap in typed arrays, since millions
 * of entries pass through it. What is entered for the same moment happens in the order in which it was entered.
 */

/** What there is to happen. */
export const happenings = [
  'weather',
  'hour',
  'wave-starts',
  'eve',
  'window-opens',
  'window-closes',
  'wave-resumes',
  'work-ends',
  'due',
  'mended',
  'let-go',
  'goes-back',
  'look',
  'ask',
] as const;
export type Happening = (typeof happenings)[number];

const numberOf = Object.fromEntries(happenings.map((each, i) => [each, i])) as Readonly<Record<Happening, number>>;

export class Agenda {
  #at = new Float64Array(1_024);
  #order = new Float64Array(1_024);
  #what = new Uint8Array(1_024);
  #whom = new Int32Array(1_024);
  #size = 0;
  #entered = 0;

  get size(): number {
    return this.#size;
  }

  /** When the next thing happens; Infinity where nothing does. */
  get nextAt(): number {
    return this.#size === 0 ? Number.POSITIVE_INFINITY : (this.#at[0] as number);
  }

  get nextWhat(): Happening {
    return happenings[this.#what[0] as number] as Happening;
  }

  /** A mailbox, or a window. */
  get nextWhom(): number {
    return this.#whom[0] as number;
  }

  add(at: number, what: Happening, whom: number): void {
    if (this.#size === this.#at.length) this.#grow();
    let hole = this.#size++;
    const order = this.#entered++;
    while (hole > 0) {
      const parent = (hole - 1) >> 1;
      if (!this.#isBefore(at, order, parent)) break;
      this.#move(parent, hole);
      hole = parent;
    }
    this.#put(hole, at, order, numberOf[what], whom);
  }

  /** Nothing happens any more. */
  clear(): void {
    this.#size = 0;
  }

  /** Takes away what `next…` told of. */
  shift(): void {
    const last = --this.#size;
    if (last <= 0) return;
    const [at, order] = [this.#at[last] as number, this.#order[last] as number];
    const [what, whom] = [this.#what[last] as number, this.#whom[last] as number];
    let hole = 0;
    for (;;) {
      let child = 2 * hole + 1;
      if (child >= last) break;
      if (child + 1 < last && this.#isBefore(this.#at[child + 1] as number, this.#order[child + 1] as number, child))
        child++;
      if (this.#isBefore(at, order, child)) break;
      this.#move(child, hole);
      hole = child;
    }
    this.#put(hole, at, order, what, whom);
  }

  #isBefore(at: number, order: number, other: number): boolean {
    const otherAt = this.#at[other] as number;
    return at < otherAt || (at === otherAt && order < (this.#order[other] as number));
  }

  #move(from: number, to: number): void {
    this.#put(
      to,
      this.#at[from] as number,
      this.#order[from] as number,
      this.#what[from] as number,
      this.#whom[from] as number,
    );
  }

  #put(place: number, at: number, order: number, what: number, whom: number): void {
    this.#at[place] = at;
    this.#order[place] = order;
    this.#what[place] = what;
    this.#whom[place] = whom;
  }

  #grow(): void {
    const most = this.#at.length * 2;
    const [at, order, what, whom] = [this.#at, this.#order, this.#what, this.#whom];
    this.#at = new Float64Array(most);
    this.#at.set(at);
    this.#order = new Float64Array(most);
    this.#order.set(order);
    this.#what = new Uint8Array(most);
    this.#what.set(what);
    this.#whom = new Int32Array(most);
    this.#whom.set(whom);
  }
}
