/** What a server has told of itself: its greeting, what it can do, what it has turned on, and that it leaves. */

import { Capabilities } from './capabilities.ts';
import { clean, garbled, ImapError } from './errors.ts';
import type { Opened } from './opened.ts';
import type { Untagged } from './response.ts';
import type { ResponseCode } from './response-code.ts';
import type { LiteralManner } from './writer.ts';

export interface Greeting {
  readonly status: 'OK' | 'PREAUTH';
  readonly code: ResponseCode | null;
  readonly text: string;
}

/** Its last words (RFC 9051 §7.1.5), cleaned. */
export interface Bye {
  readonly code: string | null;
  readonly text: string;
}

export class Told {
  capabilities = Capabilities.none;
  /** Said in answer to ENABLE (RFC 9051 §6.3.1), in capitals. */
  readonly enabled = new Set<string>();
  readonly greeting: Promise<Greeting>;
  bye: Bye | null = null;
  readonly #leaves: () => void;
  #greeted: { resolve(greeting: Greeting): void; reject(error: unknown): void } | null = null;

  /** `leaves` is called at each BYE. */
  constructor(leaves: () => void) {
    this.#leaves = leaves;
    this.greeting = new Promise((resolve, reject) => {
      this.#greeted = { resolve, reject };
    });
    // Whoever signs in without waiting for the greeting hears of its failure through the commands.
    this.greeting.catch(() => {});
  }

  /** How literals may be sent now. */
  get literals(): LiteralManner {
    return this.capabilities.literals;
  }

  /** Whether names are UTF-8 (RFC 6855 §3) instead of modified UTF-7. */
  get isUtf8(): boolean {
    return this.enabled.has('UTF8=ACCEPT');
  }

  /** Whether EXAMINE should ask for HIGHESTMODSEQ (RFC 7162 §3.1.8): ENABLE turns on what it would otherwise ask for. */
  get asksForModSeq(): boolean {
    return this.capabilities.has('CONDSTORE') && this.enabled.size === 0;
  }

  /** Whether the greeting has neither come nor failed. */
  get isUngreeted(): boolean {
    return this.#greeted !== null;
  }

  /** There will be no greeting any more. */
  fails(error: ImapError): void {
    this.#greeted?.reject(error);
    this.#greeted = null;
  }

  /** Takes the greeting while none has come; false afterwards. */
  greets(response: Untagged): boolean {
    const greeted = this.#greeted;
    if (!greeted) return false;
    this.#greeted = null;
    if (
      response.kind !== 'status' ||
      (response.status !== 'OK' && response.status !== 'PREAUTH' && response.status !== 'BYE')
    ) {
      throw new ImapError({ kind: 'garbled', text: 'no greeting' });
    }
    this.code(response.code);
    if (response.status === 'BYE') {
      greeted.reject(new ImapError({ kind: 'bye', ...this.#leave(response.code, response.text) }));
      return true;
    }
    greeted.resolve({ status: response.status, code: response.code, text: clean(response.text) });
    return true;
  }

  /** What no command has asked for; `opened`: the mailbox that is open. */
  unasked(response: Untagged, text: string, opened: Opened | null): void {
    switch (response.kind) {
      case 'capability':
        this.capabilities = new Capabilities(response.names);
        break;
      case 'enabled':
        for (const name of response.names) this.enabled.add(name);
        break;
      case 'exists':
        if (opened) opened.exists = response.count;
        break;
      case 'status':
        this.code(response.code);
        if (response.status === 'BYE') this.#leave(response.code, response.text);
        break;
      case 'other':
        if (response.name === '') throw garbled('a response without a name', text);
        break;
      default:
    }
  }

  /** Capabilities also come in brackets (RFC 9051 §7.1). */
  code(code: ResponseCode | null): void {
    if (code?.kind === 'capability') this.capabilities = new Capabilities(code.capabilities);
  }

  #leave(code: ResponseCode | null, text: string): Bye {
    this.bye ??= { code: code === null ? null : clean(code.name, 40), text: clean(text) };
    this.#leaves();
    return this.bye;
  }
}
