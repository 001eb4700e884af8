/** What a server says it can do (RFC 9051 §7.2.2). Announcements are hints: whoever relies on one has a fallback. */

import type { LiteralManner } from './writer.ts';

export class Capabilities {
  readonly #names: ReadonlySet<string>;

  constructor(names: Iterable<string>) {
    this.#names = new Set([...names].slice(0, 1_000).map((name) => name.slice(0, 200).toUpperCase()));
  }

  static readonly none = new Capabilities([]);

  has(name: string): boolean {
    return this.#names.has(name);
  }

  get isEmpty(): boolean {
    return this.#names.size === 0;
  }

  get names(): readonly string[] {
    return [...this.#names];
  }

  /** How literals may be sent; IMAP4rev2 contains LITERAL- (RFC 9051 §4.3). */
  get literals(): LiteralManner {
    if (this.has('LITERAL+')) return 'plus';
    return this.has('LITERAL-') || this.has('IMAP4REV2') ? 'minus' : 'wait';
  }

  /** `AUTH=` mechanisms, in capitals. */
  get mechanisms(): readonly string[] {
    return this.names.filter((name) => name.startsWith('AUTH=')).map((name) => name.slice(5));
  }

  /** RFC 7889 §2: octets, or null where it does not say or says that it differs by mailbox. */
  get appendLimitBytes(): number | null {
    for (const name of this.#names) {
      const match = /^APPENDLIMIT=([0-9]{1,15})$/.exec(name);
      if (match) return Number(match[1]);
    }
    return null;
  }

  /** LIST-STATUS with what it needs (RFC 5819; RFC 9051 contains it). */
  get hasListStatus(): boolean {
    return (this.has('LIST-STATUS') && this.has('LIST-EXTENDED')) || this.has('IMAP4REV2');
  }

  equals(other: Capabilities): boolean {
    return this.#names.size === other.#names.size && other.names.every((name) => this.#names.has(name));
  }
}
