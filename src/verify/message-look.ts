/** Looks at the octets of one message after another for what servers are known to trip over. Keeps nothing of them. */

import { isAscii } from 'node:buffer';
import type { DeepKind } from '#domain/probe-report.ts';
import type { Taker } from './read-contents.ts';

type Kind = Extract<DeepKind, 'nul' | 'header8bit' | 'bareLineFeed' | 'longLine' | 'brokenHeader' | 'empty'>;

/** Told of each whole message: its row, its octets, and what is in it. */
export type Looked = (row: number, bytes: number, kinds: ReadonlyMap<Kind, string>) => void;

/** Exchange refuses or folds lines beyond about this (docs/quirks.md: 9,900 to 10,239). */
const longLineOctets = 9_900;
const cr = 0x0d;
const lf = 0x0a;
/** How much of a header line is looked at for its field name. */
const fieldOctetsMax = 120;
/** `field-name ":"` (RFC 5322 §2.2) or the continuation of one (§2.2.3). */
const headerLine = /^(?:[!-9;-~]+:|[ \t])/;
/** What mbox files put before the first field, which servers let pass. */
const mboxLine = /^>?From /;

export class MessageLook implements Taker {
  readonly #looked: Looked;
  #row = 0;
  #seen = 0;
  #lineOctets = 0;
  #lastOctet = 0;
  #inHeader = true;
  #lines = 0;
  /** The beginning of the header line at hand. */
  #lineStart = '';
  #kinds = new Map<Kind, string>();

  constructor(looked: Looked) {
    this.#looked = looked;
  }

  begin(row: number): void {
    this.#row = row;
    this.#seen = 0;
    this.#lineOctets = 0;
    this.#lastOctet = 0;
    this.#inHeader = true;
    this.#lines = 0;
    this.#lineStart = '';
    this.#kinds = new Map();
  }

  data(chunk: Uint8Array): void {
    const nul = chunk.indexOf(0);
    if (nul >= 0) this.#note('nul', `the first at octet ${this.#seen + nul}`);
    let from = 0;
    for (let end = chunk.indexOf(lf); end >= 0; end = chunk.indexOf(lf, from)) {
      this.#header(chunk, from, end);
      const before = end > 0 ? chunk[end - 1] : this.#lastOctet;
      if (before !== cr) this.#note('bareLineFeed', `the first at octet ${this.#seen + end}`);
      this.#lineEnds(this.#lineOctets + end - from, before === cr);
      from = end + 1;
    }
    this.#header(chunk, from, chunk.length);
    this.#lineOctets += chunk.length - from;
    if (chunk.length > 0) this.#lastOctet = chunk[chunk.length - 1] as number;
    this.#seen += chunk.length;
  }

  end(): void {
    if (this.#seen === 0) this.#note('empty', 'no octets');
    else if (this.#lineOctets > 0) this.#lineEnds(this.#lineOctets, false);
    this.#looked(this.#row, this.#seen, this.#kinds);
  }

  /** Part of a line, as far as it is of interest while the header lasts. */
  #header(chunk: Uint8Array, from: number, to: number): void {
    if (!this.#inHeader || from >= to) return;
    const part = chunk.subarray(from, to);
    const room = fieldOctetsMax - this.#lineStart.length;
    if (room > 0) this.#lineStart += Buffer.from(part.subarray(0, room)).toString('latin1');
    if (isAscii(part)) return;
    this.#note('header8bit', `the first at octet ${this.#seen + from + part.findIndex((octet) => octet > 0x7f)}`);
  }

  #lineEnds(octets: number, withCr: boolean): void {
    if (octets > longLineOctets) this.#note('longLine', `a line of ${octets} octets`);
    if (this.#inHeader) {
      if (octets === 0 || (octets === 1 && withCr)) this.#inHeader = false;
      else if (!headerLine.test(this.#lineStart) && !(this.#lines === 0 && mboxLine.test(this.#lineStart))) {
        this.#note('brokenHeader', `its line ${this.#lines + 1} is no header field`);
      }
      this.#lineStart = '';
    }
    this.#lines++;
    this.#lineOctets = 0;
  }

  #note(kind: Kind, detail: string): void {
    if (!this.#kinds.has(kind)) this.#kinds.set(kind, detail);
  }
}
