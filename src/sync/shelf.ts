/**
 * What one side of a folder holds, by content, in packed columns: an object and two texts per message would take 400 octets
 * each, and a folder that another tool has filled before us has half a million of them. Messages are found by their digest
 * and taken, each once.
 */

import type { Uid } from '#domain/item.ts';
import type { FoundContent } from './content.ts';

const digestOctets = 32;

export class Shelf {
  /** Ascending; row `r` everywhere is the message `#uids[r]`. */
  readonly #uids: Uint32Array;
  readonly #sizes: Uint32Array;
  readonly #exact: Buffer;
  readonly #levelled: Buffer;
  readonly #states: Uint8Array;
  #byExact: Chains | null = null;
  #byLevelled: Chains | null = null;

  /** Room for these messages; what is not asked for here is not put there. `uids`: in any order. */
  constructor(uids: Iterable<Uid>, count: number) {
    this.#uids = new Uint32Array(count);
    let row = 0;
    for (const uid of uids) this.#uids[row++] = uid;
    this.#uids.sort();
    this.#sizes = new Uint32Array(count);
    // Pages that nothing is written to take no memory.
    this.#exact = Buffer.alloc(count * digestOctets);
    this.#levelled = Buffer.alloc(count * digestOctets);
    this.#states = new Uint8Array(count);
  }

  get length(): number {
    return this.#uids.length;
  }

  /** A server may answer for a message twice, or for one that nobody asked for: neither is taken in. */
  put({ uid, sizeBytes, sha256, levelled }: FoundContent): void {
    const row = this.rowOf(uid);
    if (row === -1 || this.isKnown(row)) return;
    this.#states[row] = known;
    this.#sizes[row] = sizeBytes;
    this.#exact.set(sha256, row * digestOctets);
    this.#levelled.write(levelled ?? '', row * digestOctets, digestOctets, 'base64');
  }

  rowOf(uid: number): number {
    let low = 0;
    let high = this.#uids.length - 1;
    while (low <= high) {
      const middle = (low + high) >> 1;
      const at = this.#uids[middle] as number;
      if (at === uid) return middle;
      if (at < uid) low = middle + 1;
      else high = middle - 1;
    }
    return -1;
  }

  uid(row: number): Uid {
    return this.#uids[row] as Uid;
  }

  /** Whether its content was read; it may be taken since. */
  isKnown(row: number): boolean {
    return ((this.#states[row] as number) & known) !== 0;
  }

  isTaken(row: number): boolean {
    return ((this.#states[row] as number) & taken) !== 0;
  }

  sizeBytes(row: number): number {
    return this.#sizes[row] as number;
  }

  /** A view of 32 octets. */
  sha256(row: number): Buffer {
    return this.#exact.subarray(row * digestOctets, (row + 1) * digestOctets);
  }

  /** A view of 32 octets. */
  levelled(row: number): Buffer {
    return this.#levelled.subarray(row * digestOctets, (row + 1) * digestOctets);
  }

  take(row: number): void {
    this.#states[row] = (this.#states[row] as number) | taken;
  }

  /** Takes the first message that is still free with these octets, or with the same once levelled; -1 where there is none. */
  takeEqual(kind: 'exact' | 'levelled', digest: Uint8Array): number {
    const column = kind === 'exact' ? this.#exact : this.#levelled;
    const chains =
      kind === 'exact' ? (this.#byExact ??= this.#chain(column)) : (this.#byLevelled ??= this.#chain(column));
    const { heads, next } = chains;
    const slot = slotOf(digest, 0, heads.length);
    let before = -1;
    for (let row = heads[slot] as number; row !== -1; row = next[row] as number) {
      const isFree = !this.isTaken(row);
      if (isFree && column.compare(digest, 0, digestOctets, row * digestOctets, (row + 1) * digestOctets) !== 0) {
        before = row;
        continue;
      }
      // Taken now or by another name: nobody need meet it here again, be there ever so many alike.
      if (before === -1) heads[slot] = next[row] as number;
      else next[before] = next[row] as number;
      if (!isFree) continue;
      this.take(row);
      return row;
    }
    return -1;
  }

  #chain(column: Buffer): Chains {
    const count = this.length;
    const heads = new Int32Array(2 ** Math.ceil(Math.log2(count + 1))).fill(-1);
    const next = new Int32Array(count);
    for (let row = count - 1; row >= 0; row--) {
      if (!this.isKnown(row)) continue;
      const slot = slotOf(column, row * digestOctets, heads.length);
      next[row] = heads[slot] as number;
      heads[slot] = row;
    }
    return { heads, next };
  }
}

/** Rows whose digests begin alike, the smallest UID first. */
interface Chains {
  readonly heads: Int32Array;
  readonly next: Int32Array;
}

/** Bits of a row's state. */
const known = 1;
const taken = 2;

function slotOf(digests: Uint8Array, at: number, slots: number): number {
  const word =
    (digests[at] as number) |
    ((digests[at + 1] as number) << 8) |
    ((digests[at + 2] as number) << 16) |
    ((digests[at + 3] as number) << 24);
  return word & (slots - 1);
}
