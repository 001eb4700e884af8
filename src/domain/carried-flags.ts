/**
 * The flags that messages bore on the source when they were last dealt with, packed: where a platform cannot tell what has
 * changed since, comparing with these does. Neighbours with the same flags are one run of a few octets, so that a folder of
 * 500,000 takes some hundred kilobytes, and 1.5 MB when no two neighbours are alike.
 *
 * Octets: the count of sets; each set as its length and its words, separated by spaces; then runs of three numbers: the gap
 * before the first UID, how many UIDs on the last one is, and which set. Numbers are in base 128, least first.
 */

import type { Listing } from './item.ts';

/** More than three million runs need: a server that gives each message keywords of its own is not remembered so. */
const octetsMax = 16 * 1024 * 1024;

/**
 * Packs the flags of `rows` of a listing, ascending by UID. Between two of them that are neighbours in the listing nobody else
 * has a place, so a run covers them. Null where UIDs are not ascending, or the flags too many to be kept.
 */
export function packFlags(listing: Listing, rows: readonly number[]): Uint8Array | null {
  const sets = new Map<readonly string[], number>();
  const runs = new Octets();
  let [first, last, set, end] = [0, 0, -1, 0];
  let previousRow = -2;
  const close = (): void => {
    if (set === -1) return;
    runs.number(first - end);
    runs.number(last - first);
    runs.number(set);
    end = last;
  };
  for (const row of rows) {
    const uid = listing.uid(row);
    if (uid <= last) return null;
    const flags = listing.flags(row);
    let number = sets.get(flags);
    if (number === undefined) {
      number = sets.size;
      sets.set(flags, number);
    }
    if (number !== set || row !== previousRow + 1) {
      close();
      [first, set] = [uid, number];
    }
    last = uid;
    previousRow = row;
  }
  close();
  const head = new Octets();
  head.number(sets.size);
  for (const flags of sets.keys()) head.text(flags.join(' '));
  if (head.length + runs.length > octetsMax) return null;
  return Buffer.concat([head.octets(), runs.octets()]);
}

/**
 * Of `rows` of a listing, ascending by UID, those whose flags are not as remembered in `packed`, or of which nothing is
 * remembered. All of them where nothing is.
 */
export function rowsWithOtherFlags(
  packed: Uint8Array | null,
  listing: Listing,
  rows: readonly number[],
): readonly number[] {
  if (packed === null) return rows;
  const reader = new Reader(packed);
  const remembered: string[] = [];
  for (let sets = reader.number(); sets > 0 && !reader.isOver; sets--) remembered.push(reader.text());
  const texts = new Map<readonly string[], string>();
  const textOf = (flags: readonly string[]): string => {
    let text = texts.get(flags);
    if (text === undefined) {
      text = flags.join(' ');
      texts.set(flags, text);
    }
    return text;
  };
  let [first, last, set] = [0, 0, -1];
  const others: number[] = [];
  for (const row of rows) {
    const uid = listing.uid(row);
    while (last < uid && !reader.isOver) {
      first = last + reader.number();
      last = first + reader.number();
      set = reader.number();
    }
    if (uid < first || uid > last || remembered[set] !== textOf(listing.flags(row))) others.push(row);
  }
  return others;
}

/** Octets that grow as they are written. */
class Octets {
  length = 0;
  #octets = Buffer.allocUnsafe(1024);

  number(value: number): void {
    if (this.length + 8 > this.#octets.length) this.#grow(8);
    let rest = value;
    while (rest > 127) {
      this.#octets[this.length++] = (rest % 128) + 128;
      rest = Math.floor(rest / 128);
    }
    this.#octets[this.length++] = rest;
  }

  text(text: string): void {
    const octets = Buffer.from(text, 'utf8');
    this.number(octets.length);
    if (this.length + octets.length > this.#octets.length) this.#grow(octets.length);
    octets.copy(this.#octets, this.length);
    this.length += octets.length;
  }

  octets(): Buffer {
    return this.#octets.subarray(0, this.length);
  }

  #grow(by: number): void {
    const grown = Buffer.allocUnsafe((this.#octets.length + by) * 2);
    this.#octets.copy(grown, 0, 0, this.length);
    this.#octets = grown;
  }
}

/** Reads what `Octets` wrote; beyond the end everything is 0 or empty. */
class Reader {
  #at = 0;
  readonly #octets: Buffer;

  constructor(packed: Uint8Array) {
    this.#octets = Buffer.from(packed.buffer, packed.byteOffset, packed.byteLength);
  }

  get isOver(): boolean {
    return this.#at >= this.#octets.length;
  }

  number(): number {
    let value = 0;
    for (let place = 1; ; place *= 128) {
      const octet = this.#octets[this.#at++] ?? 0;
      if (octet < 128) return value + octet * place;
      value += (octet - 128) * place;
    }
  }

  text(): string {
    const length = this.number();
    const text = this.#octets.toString('utf8', this.#at, this.#at + length);
    this.#at += length;
    return text;
  }
}
