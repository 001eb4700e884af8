/**
 * The flags that messages bore on the source when they were last dealt with, packed: where a platform cannot tell what has
 * changed since, comparing with these does. Neighbours with the same flags are one run of a few octets, so that a folder of
 * 500,000 takes some hundred kilobytes, and 1.5 MB when no two neighbours are alike.
 *
 * Octets: the count of sets; each set as its length and its words, separated by spaces; then runs of three numbers: the gap
 * before the first UID, how many UIDs on the last one is, and which set. Numbers are in base 128, least first.
 */

import type { Listing, Uid } from './item.ts';
import { Octets, Reader } from './packed-numbers.ts';

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

/**
 * What is remembered in `packed`, with the flags of `uids` (ascending) in their place, where only these were dealt with.
 * `flagsOf(i)` gives those of `uids[i]`; without it nothing is remembered of them any more. Null as in `packFlags`.
 */
export function repackFlags(
  packed: Uint8Array | null,
  uids: readonly Uid[],
  flagsOf: ((i: number) => readonly string[]) | null,
): Uint8Array | null {
  const runs = new Runs();
  let next = 0;
  let isAscending = true;
  const putOwn = (): void => {
    const uid = uids[next] as Uid;
    if (next > 0 && uid <= (uids[next - 1] as Uid)) isAscending = false;
    if (flagsOf) runs.put(uid, uid, flagsOf(next).join(' '));
    next++;
  };
  for (const { first, last, text } of remembered(packed)) {
    while (next < uids.length && (uids[next] as Uid) < first) putOwn();
    let from = first;
    while (next < uids.length && (uids[next] as Uid) <= last) {
      const uid = uids[next] as Uid;
      if (uid > from) runs.put(from, uid - 1, text);
      putOwn();
      from = uid + 1;
    }
    if (from <= last) runs.put(from, last, text);
  }
  while (next < uids.length) putOwn();
  return isAscending ? runs.octets() : null;
}

interface Run {
  readonly first: number;
  readonly last: number;
  /** The flags that all of these bear, separated by spaces. */
  readonly text: string;
}

function* remembered(packed: Uint8Array | null): Iterable<Run> {
  if (packed === null) return;
  const reader = new Reader(packed);
  const texts: string[] = [];
  for (let sets = reader.number(); sets > 0 && !reader.isOver; sets--) texts.push(reader.text());
  for (let end = 0; !reader.isOver; ) {
    const first = end + reader.number();
    end = first + reader.number();
    yield { first, last: end, text: texts[reader.number()] ?? '' };
  }
}

/** Runs on their way into octets, those that follow on each other with the same flags as one. */
class Runs {
  readonly #sets = new Map<string, number>();
  readonly #packed = new Octets();
  #open: Run | null = null;
  #end = 0;

  put(first: number, last: number, text: string): void {
    const before = this.#open;
    const isOne = before !== null && before.last + 1 === first && before.text === text;
    if (!isOne) this.#close();
    this.#open = { first: isOne ? before.first : first, last, text };
  }

  octets(): Uint8Array | null {
    this.#close();
    const head = new Octets();
    head.number(this.#sets.size);
    for (const text of this.#sets.keys()) head.text(text);
    return head.length + this.#packed.length > octetsMax ? null : Buffer.concat([head.octets(), this.#packed.octets()]);
  }

  #close(): void {
    if (this.#open === null) return;
    const { first, last, text } = this.#open;
    const set = this.#sets.get(text) ?? this.#sets.size;
    this.#sets.set(text, set);
    this.#packed.number(first - this.#end);
    this.#packed.number(last - first);
    this.#packed.number(set);
    this.#end = last;
  }
}
