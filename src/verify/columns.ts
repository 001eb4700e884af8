/**
 * The messages of one side of a folder, in columns: 500,000 of them take 30 MB. Contents are SHA-256; bodies are never
 * kept.
 */

import type { Instant, Listing, Uid } from '#domain/item.ts';

/** What is known of a message's content; nothing (0) in a fresh column. */
export const hashed = 1;
/** Not in the sample: the digest words stand for size and date. */
export const outlined = 2;
/** It was listed and has left since. */
export const gone = 3;
/** It is listed and not given out. */
export const withheld = 4;

/** SHA-256 as eight words. */
const words = 8;
const noDate = Number.NEGATIVE_INFINITY;

/** Rows are ascending by UID. */
export class Columns {
  readonly length: number;
  readonly uidValidity: number;
  /** Every message of the listing has a smaller UID than this, and every later one this or a larger one. */
  readonly uidNext: number;
  readonly uids: Uint32Array;
  readonly sizes: Float64Array;
  readonly content: Uint8Array;
  readonly flagSets: Uint32Array;
  readonly #dates: Float64Array;
  readonly #digests: Uint32Array;
  readonly #digestOctets: Buffer;

  /** Takes over the rows of `listing` that `isWanted`. */
  constructor(listing: Listing, flagSets: FlagSets, isWanted: (listing: Listing, row: number) => boolean) {
    const rows = wantedRows(listing, isWanted);
    this.length = rows.length;
    this.uidValidity = listing.state.uidValidity;
    this.uidNext = Math.max(listing.state.uidNext, largestUid(listing) + 1);
    this.uids = new Uint32Array(rows.length);
    this.sizes = new Float64Array(rows.length);
    this.content = new Uint8Array(rows.length);
    this.flagSets = new Uint32Array(rows.length);
    this.#dates = new Float64Array(rows.length);
    this.#digests = new Uint32Array(rows.length * words);
    this.#digestOctets = Buffer.from(this.#digests.buffer);
    for (const [at, row] of rows.entries()) {
      this.uids[at] = listing.uid(row);
      this.sizes[at] = listing.sizeBytes(row) ?? -1;
      this.flagSets[at] = flagSets.id(listing.flags(row));
      this.#dates[at] = listing.internalDate(row) ?? noDate;
    }
  }

  uid(row: number): Uid {
    return this.uids[row] as Uid;
  }

  internalDate(row: number): Instant | null {
    const date = this.#dates[row] as number;
    return date === noDate ? null : (date as Instant);
  }

  /** Null where neither the platform told it nor the message was read. */
  sizeBytes(row: number): number | null {
    const size = this.sizes[row] as number;
    return size < 0 ? null : size;
  }

  /** The row of a UID, or -1. `hint` is where it is looked for first: messages come in order. */
  rowOf(uid: number, hint: number): number {
    if (this.uids[hint] === uid) return hint;
    let low = 0;
    let high = this.length - 1;
    while (low <= high) {
      const middle = (low + high) >> 1;
      const there = this.uids[middle] as number;
      if (there === uid) return middle;
      if (there < uid) low = middle + 1;
      else high = middle - 1;
    }
    return -1;
  }

  /** SHA-256 of a message that was read: 32 octets, to be looked at and not kept. */
  sha256(row: number): Uint8Array {
    return this.#digestOctets.subarray(row * words * 4, (row + 1) * words * 4);
  }

  setDigest(row: number, sha256InHex: string, sizeBytes: number): void {
    this.#digestOctets.write(sha256InHex, row * words * 4, 'hex');
    this.sizes[row] = sizeBytes;
    this.content[row] = hashed;
  }

  /** Leaves the content of a message unread: its size and date stand for it. */
  outline(row: number): void {
    const at = row * words;
    const date = this.internalDate(row);
    this.#digests.fill(0, at, at + words);
    this.#digests[at] = (this.sizes[row] as number) >>> 0;
    this.#digests[at + 1] = Math.floor((this.sizes[row] as number) / 2 ** 32);
    this.#digests[at + 2] = date === null ? 1 : 0;
    this.#digests[at + 3] = (date ?? 0) >>> 0;
    this.#digests[at + 4] = Math.floor((date ?? 0) / 2 ** 32);
    this.content[row] = outlined;
  }

  /** A number spread evenly over [0, 1) that messages of equal size and date share, whichever side they are on. */
  lot(row: number): number {
    let mixed = Math.imul((this.sizes[row] as number) >>> 0, 0x9e3779b1) ^ ((this.internalDate(row) ?? 7) >>> 0);
    mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
    mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
    return ((mixed ^ (mixed >>> 16)) >>> 0) / 2 ** 32;
  }

  /** Negative, zero or positive as the content of `row` sorts before, with or after that of `otherRow` of `other`. */
  compareContent(row: number, other: Columns, otherRow: number): number {
    if (this.content[row] !== other.content[otherRow]) {
      return (this.content[row] as number) - (other.content[otherRow] as number);
    }
    const [at, otherAt] = [row * words, otherRow * words];
    for (let word = 0; word < words; word++) {
      const difference = (this.#digests[at + word] as number) - (other.#digests[otherAt + word] as number);
      if (difference !== 0) return difference;
    }
    return 0;
  }

  compareDate(row: number, other: Columns, otherRow: number): number {
    const [date, otherDate] = [this.#dates[row] as number, other.#dates[otherRow] as number];
    return date === otherDate ? 0 : date < otherDate ? -1 : 1;
  }

  /** As `compareContent` for what else is compared: date, then flags. */
  compareRest(row: number, other: Columns, otherRow: number): number {
    return (
      this.compareDate(row, other, otherRow) || (this.flagSets[row] as number) - (other.flagSets[otherRow] as number)
    );
  }
}

/** Sets of flags by small numbers, shared by both sides of a folder. Keywords are told apart without regard to case. */
export class FlagSets {
  readonly #sets: (readonly string[])[] = [];
  readonly #ids = new Map<string, number>();
  readonly #idOfArray = new WeakMap<readonly string[], number>();

  id(flags: readonly string[]): number {
    // Rows with equal flags share one array (`domain/item.ts`).
    let id = this.#idOfArray.get(flags);
    if (id !== undefined) return id;
    const key = flags
      .map((flag) => flag.toLowerCase())
      .sort()
      .join(' ');
    id = this.#ids.get(key) ?? this.#sets.push(flags) - 1;
    this.#ids.set(key, id);
    this.#idOfArray.set(flags, id);
    return id;
  }

  flags(id: number): readonly string[] {
    return this.#sets[id] as readonly string[];
  }
}

/** Mail may come between the opening of a folder and its listing. */
function largestUid(listing: Listing): number {
  let largest = 0;
  for (let row = 0; row < listing.length; row++) largest = Math.max(largest, listing.uid(row));
  return largest;
}

function wantedRows(listing: Listing, isWanted: (listing: Listing, row: number) => boolean): Uint32Array {
  const rows = new Uint32Array(listing.length);
  let count = 0;
  let sorted = true;
  for (let row = 0; row < listing.length; row++) {
    if (!isWanted(listing, row)) continue;
    if (count > 0 && listing.uid(row) <= listing.uid(rows[count - 1] as number)) sorted = false;
    rows[count++] = row;
  }
  const wanted = rows.subarray(0, count);
  if (sorted) return wanted;
  wanted.sort((a, b) => listing.uid(a) - listing.uid(b));
  // Some servers tell a message twice.
  return wanted.filter((row, i) => i === 0 || listing.uid(row) !== listing.uid(wanted[i - 1] as number));
}
