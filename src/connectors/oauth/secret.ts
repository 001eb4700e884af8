/**
 * A secret that shows itself to nobody who does not ask: neither a log, nor `JSON.stringify`, nor an inspected error.
 */

export class Secret {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  /** The secret itself, for the request that needs it and nothing else. */
  reveal(): string {
    return this.#text;
  }

  toString(): string {
    return '(secret)';
  }

  toJSON(): string {
    return '(secret)';
  }
}
