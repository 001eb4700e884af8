/**
 * Who asks the same as others while those are answered is answered together with them, by a look that begins after all of them have asked:
 * fifty screens that show how the estate stands cost what one costs, and nobody is told what was true before they asked.
 */

interface Look<Answer> {
  readonly running: Promise<Answer>;
  /** For those who came since it began. */
  next: Promise<Answer> | null;
}

export class Together<Answer> {
  readonly #looks = new Map<string, Look<Answer>>();

  /** `key`: all that the answer depends on. One that fails fails for all who wait for it, and for nobody else. */
  answer(key: string, look: () => Promise<Answer>): Promise<Answer> {
    const under = this.#looks.get(key);
    if (!under) return this.#begin(key, look);
    under.next ??= under.running.then(
      () => this.#begin(key, look),
      () => this.#begin(key, look),
    );
    return under.next;
  }

  #begin(key: string, look: () => Promise<Answer>): Promise<Answer> {
    const begun: Look<Answer> = { running: look(), next: null };
    this.#looks.set(key, begun);
    const over = (): void => {
      // Whoever waits for the next one begins it, and puts it here.
      if (begun.next === null) this.#looks.delete(key);
    };
    begun.running.then(over, over);
    return begun.running;
  }
}
