/** Looks at the octets of one message after another for what servers are known to trip over. Keeps nothing of them. */

import { isAscii } from 'node:buffer';
import type { DeepKind } from '#domain/probe-report.ts';
import type { Taker } from './read-contents.ts';

type Kind = Extract<DeepKind, 'nul' | 'header8bit' | 'bareLineFeed' | 'longLine' | 'noHeader' | 'empty'>;

/** Told of each whole message: its row, its octets, and what is in it. */
export type Looked = (row: number, bytes: number, kinds: ReadonlyMap<Kind, string>) => void;

/** Exchange refuses or folds lines beyond about this (docs/quirks.md: 9,900 to 10,239). */
const longLineOctets = 9_900;
const cr = 0x0d;
const lf = 0x0a;
/** `field-name ":"` (RFC 5322 §2.2). */
const fieldName = /^[!-9;-~]+[ \t]*:/;

export class MessageLook implements Taker {
  readonly #looked: Looked;
  #row = 0;
  #seen = 0;
  #lineOctets = 0;
  #lastOctet = 0;
  #inHeader = true;
  #start: number[] = [];
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
    this.#start = [];
    this.#kinds = new Map();
  }

  data(chunk: Uint8Array): void {
    if (this.#start.length < 80) this.#start.push(...chunk.subarray(0, 80 - this.#start.length));
    const nul = chunk.indexOf(0);
    if (nul >= 0) this.#note('nul', `the first at octet ${this.#seen + nul}`);
    let from = 0;
    for (let end = chunk.indexOf(lf); end >= 0; end = chunk.indexOf(lf, from)) {
      this.#look(chunk, from, end);
      const before = end > 0 ? chunk[end - 1] : this.#lastOctet;
      if (before !== cr) this.#note('bareLineFeed', `the first at octet ${this.#seen + end}`);
      const octets = this.#lineOctets + end - from;
      if (octets === 0 || (octets === 1 && before === cr)) this.#inHeader = false;
      this.#measure(octets);
      this.#lineOctets = 0;
      from = end + 1;
    }
    this.#look(chunk, from, chunk.length);
    this.#lineOctets += chunk.length - from;
    if (chunk.length > 0) this.#lastOctet = chunk[chunk.length - 1] as number;
    this.#seen += chunk.length;
  }

  end(): void {
    this.#measure(this.#lineOctets);
    if (this.#seen === 0) this.#note('empty', 'no octets');
    else if (!fieldName.test(Buffer.from(this.#start).toString('latin1'))) {
      // A message may begin with the empty line that ends its header (RFC 5322 §3.5): servers take that.
      if (this.#start[0] !== cr && this.#start[0] !== lf) this.#note('noHeader', 'its first line is no header field');
    }
    this.#looked(this.#row, this.#seen, this.#kinds);
  }

  #look(chunk: Uint8Array, from: number, to: number): void {
    if (!this.#inHeader || from >= to) return;
    if (!isAscii(chunk.subarray(from, to)))
      this.#note('header8bit', `in the header, at or after octet ${this.#seen + from}`);
  }

  #measure(octets: number): void {
    if (octets > longLineOctets) this.#note('longLine', `a line of ${octets} octets`);
  }

  #note(kind: Kind, detail: string): void {
    if (!this.#kinds.has(kind)) this.#kinds.set(kind, detail);
  }
}
