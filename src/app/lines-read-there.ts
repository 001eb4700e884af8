/** Lines of a server, read one by one, or page by page where several of a kind come together. */

export class LinesThere<Line> {
  readonly #parts: AsyncGenerator<readonly Line[]>;
  readonly #rankOf: (line: Line) => number;
  /** What has come and was not read. */
  #waiting: readonly Line[] = [];

  /** `rankOf`: kinds that come in pages, by the order in which they come; less or more for what comes before or behind them. */
  constructor(parts: AsyncGenerator<readonly Line[]>, rankOf: (line: Line) => number) {
    [this.#parts, this.#rankOf] = [parts, rankOf];
  }

  /** The next; null behind the last. */
  async next(): Promise<Line | null> {
    if (!(await this.#isMore())) return null;
    const [line] = this.#waiting;
    this.#waiting = this.#waiting.slice(1);
    return line ?? null;
  }

  /** Those of this rank, in the parts in which they come; what comes before them is passed over. */
  async *pages<Value>(rank: number, of: (line: Line) => Value | null): AsyncGenerator<readonly Value[]> {
    while (await this.#isMore()) {
      const end = this.#waiting.findIndex((line) => this.#rankOf(line) > rank);
      const theirs = (end < 0 ? this.#waiting : this.#waiting.slice(0, end)).filter(
        (line) => this.#rankOf(line) === rank,
      );
      this.#waiting = end < 0 ? [] : this.#waiting.slice(end);
      if (theirs.length > 0) yield theirs.flatMap((line) => of(line) ?? []);
      if (this.#waiting.length > 0) return;
    }
  }

  async #isMore(): Promise<boolean> {
    while (this.#waiting.length === 0) {
      const part = await this.#parts.next();
      if (part.done === true) return false;
      this.#waiting = part.value;
    }
    return true;
  }
}
