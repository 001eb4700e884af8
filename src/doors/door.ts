/** What all doors have in common: a place, a name, and a count of what they have answered. */

import type { DoorPlace } from '#domain/door-place.ts';

export interface Door extends AsyncDisposable {
  /** In words for people, such as `Postfix`. */
  readonly serves: string;
  /** Where it listens; a port of 0 has become one. */
  readonly at: DoorPlace;
  readonly answers: Answers;
}

/** How often what was answered, by words of ours: they are labels of a metric and name nobody. */
export class Answers {
  readonly #counts = new Map<string, number>();

  count(answer: string): void {
    this.#counts.set(answer, (this.#counts.get(answer) ?? 0) + 1);
  }

  [Symbol.iterator](): IterableIterator<[answer: string, count: number]> {
    return this.#counts[Symbol.iterator]();
  }

  of(answer: string): number {
    return this.#counts.get(answer) ?? 0;
  }
}
