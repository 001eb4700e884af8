/**
 * A JSON document that may be longer than memory should hold: written as it comes, in the same form as `JSON.stringify` with
 * two blanks would give it, but with each item of a list on one line. However its making ends, it ends as a document.
 */

export class LongDocument {
  readonly #write: (text: string) => void;
  #isBegun = false;
  #isListOpen = false;
  #isEnded = false;

  constructor(write: (text: string) => void) {
    this.#write = write;
  }

  value(key: string, value: unknown): void {
    this.#write(`${this.#next(key)}${JSON.stringify(value, null, 2).replaceAll('\n', '\n  ')}`);
  }

  /** A list whose items come page by page. */
  async list(key: string, pages: AsyncIterable<readonly unknown[]>): Promise<void> {
    this.#write(`${this.#next(key)}[`);
    this.#isListOpen = true;
    let separator = '';
    for await (const page of pages) {
      if (page.length === 0) continue;
      this.#write(`${separator}\n    ${page.map((item) => JSON.stringify(item)).join(',\n    ')}`);
      separator = ',';
    }
    this.#closeList();
  }

  /** Ends it in the middle, with what went wrong; nothing where it has ended. */
  fail(error: unknown): void {
    if (this.#isEnded) return;
    this.value('error', error);
    this.end();
  }

  /** Ends it, with an open list if there is one; what comes later is not written. */
  end(): void {
    if (this.#isEnded) return;
    this.#closeList();
    this.#write(this.#isBegun ? '\n}\n' : '{}\n');
    this.#isEnded = true;
  }

  #next(key: string): string {
    if (this.#isEnded) throw new Error(`the document has ended, and ${key} comes too late`);
    this.#closeList();
    const before = this.#isBegun ? ',\n' : '{\n';
    this.#isBegun = true;
    return `${before}  ${JSON.stringify(key)}: `;
  }

  #closeList(): void {
    if (this.#isListOpen) this.#write('\n  ]');
    this.#isListOpen = false;
  }
}
