/**
 * A closer look at a message that has no counterpart of the same content: its content with one or more of the changes
 * levelled that servers are known to make, so that the same message as served by two servers is recognised, and the change
 * named. Measured on Dovecot 2.3.19 and Cyrus 3.6.1 (docs/quirks.md).
 */

import { type Hash, createHash } from 'node:crypto';
import type { DifferenceClass } from '#domain/verify-report.ts';
import { cleanText } from '#lib/clean-text.ts';
import type { Taker } from './read-contents.ts';

type Levelled = Extract<DifferenceClass, 'lineEnds' | 'nul' | 'header8bit'>;

/** The changes a form levels, fewest first: the first form in which two messages are equal names what differs. */
export const levellings: readonly (readonly Levelled[])[] = [
  ['lineEnds'],
  ['nul'],
  ['header8bit'],
  ['lineEnds', 'nul'],
  ['lineEnds', 'header8bit'],
  ['nul', 'header8bit'],
  ['lineEnds', 'nul', 'header8bit'],
];

export interface Forms {
  readonly row: number;
  /** One per entry of `levellings`; short, since they only look for a counterpart in one folder. */
  readonly levelled: readonly string[];
  /** Header and body apart, with everything levelled. */
  readonly header: string;
  readonly body: string;
  readonly messageId: string | null;
}

const cr = 0x0d;
const lf = 0x0a;
/** How much of a header is kept while a message passes, to find its Message-ID. */
const headerOctetsMax = 64 * 1024;
const messageIdOctetsMax = 300;

/** Takes in messages and gives the forms of each. With `namesOnly` nothing is levelled: only the Message-ID is looked for. */
export class FormsTaker implements Taker {
  readonly #found: (forms: Forms) => void;
  readonly #namesOnly: boolean;
  #row = 0;
  #levellers: readonly Leveller[] = [];
  #header: Leveller | null = null;
  #body: Leveller | null = null;
  #kept: Buffer[] = [];
  #keptOctets = 0;

  constructor(found: (forms: Forms) => void, namesOnly: boolean) {
    this.#found = found;
    this.#namesOnly = namesOnly;
  }

  begin(row: number): void {
    const all = levellings.at(-1) as readonly Levelled[];
    this.#row = row;
    this.#levellers = this.#namesOnly ? [] : levellings.map((levels) => new Leveller(levels, 'both'));
    this.#header = this.#namesOnly ? null : new Leveller(all, 'header');
    this.#body = this.#namesOnly ? null : new Leveller(all, 'body');
    this.#kept = [];
    this.#keptOctets = 0;
  }

  data(chunk: Uint8Array): void {
    for (const leveller of this.#levellers) leveller.data(chunk);
    this.#header?.data(chunk);
    this.#body?.data(chunk);
    if (this.#keptOctets >= headerOctetsMax) return;
    // The bytes are lent: what is kept is copied.
    this.#kept.push(Buffer.from(chunk.subarray(0, headerOctetsMax - this.#keptOctets)));
    this.#keptOctets += chunk.length;
  }

  end(): void {
    this.#found({
      row: this.#row,
      levelled: this.#levellers.map((leveller) => leveller.end()),
      header: this.#header?.end() ?? '',
      body: this.#body?.end() ?? '',
      messageId: messageIdOf(Buffer.concat(this.#kept).toString('latin1')),
    });
  }
}

/** Hashes a message, or a part of it, with some changes levelled. */
class Leveller {
  readonly #hash: Hash = createHash('sha256');
  readonly #lineEnds: boolean;
  readonly #nul: boolean;
  readonly #header8bit: boolean;
  readonly #part: 'both' | 'header' | 'body';
  #inHeader = true;
  #lineIsEmpty = true;
  /** Line ends not yet hashed: at the very end of a message they are levelled away, since some servers add one. */
  #pendingLineEnds = 0;

  constructor(levels: readonly Levelled[], part: 'both' | 'header' | 'body') {
    this.#lineEnds = levels.includes('lineEnds');
    this.#nul = levels.includes('nul');
    this.#header8bit = levels.includes('header8bit');
    this.#part = part;
  }

  data(chunk: Uint8Array): void {
    const out = Buffer.allocUnsafe(chunk.length + this.#pendingLineEnds);
    let length = 0;
    for (const octet of chunk) {
      const inPart = this.#part === 'both' || (this.#part === 'header') === this.#inHeader;
      if (octet === lf) {
        if (this.#lineIsEmpty) this.#inHeader = false;
        this.#lineIsEmpty = true;
        if (this.#lineEnds && inPart) {
          this.#pendingLineEnds++;
          continue;
        }
      } else if (octet === cr) {
        if (this.#lineEnds) continue;
      } else this.#lineIsEmpty = false;
      if (!inPart) continue;
      for (; this.#pendingLineEnds > 0; this.#pendingLineEnds--) out[length++] = lf;
      out[length++] = this.#level(octet);
    }
    this.#hash.update(out.subarray(0, length));
  }

  end(): string {
    return this.#hash.digest().toString('latin1', 0, 16);
  }

  #level(octet: number): number {
    const levelled = this.#nul && octet === 0 ? 0x80 : octet;
    return this.#header8bit && this.#inHeader && levelled > 0x7f ? 0x58 : levelled;
  }
}

function messageIdOf(start: string): string | null {
  const end = start.search(/\r?\n\r?\n/);
  const header = (end === -1 ? start : start.slice(0, end)).replace(/\r?\n(?=[ \t])/g, '');
  const id = /^message-id[ \t]*:(.*)$/im.exec(header)?.[1]?.trim();
  return id ? cleanText(id, messageIdOctetsMax) : null;
}

/** Rows by the forms found, for those that were asked for. */
export type FormsOf = ReadonlyMap<number, Forms>;
