/**
 * Some millions of addresses in few, large buffers, found again by their octets without a string being made. As text and in a Map
 * they would take several times the memory and the time, and all that is done with most of them is to look them up.
 *
 * Addresses are compared as `addressKey` has them: without case. Each that is added has the next number, also one that is there
 * already; that is found by its first number ever after.
 */

import { addressKey } from '#domain/estate.ts';

/** ASCII letters in lower case, every other octet as it is. */
const lowered = Uint8Array.from({ length: 256 }, (_, octet) => (octet >= 0x41 && octet <= 0x5a ? octet + 0x20 : octet));

export class AddressBook {
  /** All addresses, one behind the other, as they were written. */
  #octets = Buffer.allocUnsafeSlow(1 << 12);
  /** Where each ends, and the next begins. */
  #ends = new Uint32Array(1 << 8);
  /** In pairs: a hash, and one more than the number of the address that has it; 0 for nobody. At most five in eight are taken. */
  #table = new Int32Array(1 << 9);
  /** The keys of addresses that lower-case octets do not tell: those with letters beyond ASCII. */
  readonly #keys = new Map<number, Buffer>();
  #size = 0;
  /** Of the addresses that are asked for together: their hashes, who may be meant, and where that begins. */
  #hashes = new Int32Array(0);
  #starts = new Uint32Array(0);
  #firsts = new Uint8Array(0);

  get size(): number {
    return this.#size;
  }

  /** Makes room for so many, as long as those that are here; others find room as well. */
  reserve(addresses: number): void {
    const each = this.#size === 0 ? 0 : this.#startOf(this.#size) / this.#size;
    this.#widen(addresses, Math.ceil(each * addresses));
  }

  /**
   * Finds many: `places` holds where in `octets` each begins and ends, `found` gets their numbers, -1 where there is none.
   *
   * An address is somewhere in far more memory than is near at hand, and to wait for one after the other would be most of the
   * time. So each step asks for what it needs of all of them before the next one looks at the first.
   */
  findAll(octets: Uint8Array, places: Int32Array, count: number, found: Int32Array): void {
    this.#askFor(octets, places, count, found);
    const [hashes, starts, firsts] = [this.#hashes, this.#starts, this.#firsts];
    for (let i = 0; i < count; i++) starts[i] = (found[i] as number) > 0 ? this.#startOf(found[i] as number) : 0;
    for (let i = 0; i < count; i++) firsts[i] = this.#octets[starts[i] as number] as number;
    for (let i = 0; i < count; i++) {
      const from = places[i * 2] as number;
      const to = places[i * 2 + 1] as number;
      const number = found[i] as number;
      const mayBe = number >= 0 && lowered[firsts[i] as number] === lowered[octets[from] as number];
      if (!mayBe || !this.#isThat(number, octets, from, to))
        found[i] = this.#find(octets, from, to, hashes[i] as number);
    }
  }

  /** Adds many, in their order and ASCII all of them; `found` gets the number of who is there already, -1 where nobody is. */
  addAll(octets: Uint8Array, places: Int32Array, count: number, found: Int32Array): void {
    this.#widen(this.#size + count, 0);
    this.#askFor(octets, places, count, found);
    for (let i = 0; i < count; i++)
      found[i] = this.#add(octets, places[i * 2] as number, places[i * 2 + 1] as number, this.#hashes[i] as number);
  }

  findText(address: string): number {
    const key = Buffer.from(addressKey(address));
    return this.find(key, 0, key.length);
  }

  find(octets: Uint8Array, from: number, to: number): number {
    return this.#find(octets, from, to, hashOf(octets, from, to));
  }

  /** Adds any address. */
  addText(address: string): number {
    const key = Buffer.from(addressKey(address));
    const written = Buffer.from(address.trim());
    if (isLowered(written, key)) return this.#add(written, 0, written.length, hashOf(key, 0, key.length));
    const known = this.find(key, 0, key.length);
    this.#keys.set(this.#size, key);
    this.#enter(written, 0, written.length, hashOf(key, 0, key.length), known < 0);
    return known;
  }

  /** An address as it was written. */
  text(number: number): string {
    return this.#octets.toString('utf8', this.#startOf(number), this.#ends[number]);
  }

  #startOf(number: number): number {
    return number === 0 ? 0 : (this.#ends[number - 1] as number);
  }

  /** Makes a hash of each and looks who has it, if the first who may does. */
  #askFor(octets: Uint8Array, places: Int32Array, count: number, found: Int32Array): void {
    if (this.#hashes.length < count) {
      this.#hashes = new Int32Array(count);
      this.#starts = new Uint32Array(count);
      this.#firsts = new Uint8Array(count);
    }
    const [hashes, table] = [this.#hashes, this.#table];
    const mask = table.length - 2;
    for (let i = 0; i < count; i++) hashes[i] = hashOf(octets, places[i * 2] as number, places[i * 2 + 1] as number);
    for (let i = 0; i < count; i++) {
      const at = ((hashes[i] as number) << 1) & mask;
      found[i] = table[at] === hashes[i] ? (table[at + 1] as number) - 1 : -1;
    }
  }

  #find(octets: Uint8Array, from: number, to: number, hash: number): number {
    const table = this.#table;
    const mask = table.length - 2;
    for (let at = (hash << 1) & mask; ; at = (at + 2) & mask) {
      const number = (table[at + 1] as number) - 1;
      if (number < 0) return -1;
      if (table[at] === hash && this.#isThat(number, octets, from, to)) return number;
    }
  }

  #isThat(number: number, octets: Uint8Array, from: number, to: number): boolean {
    const key = this.#keys.size > 0 ? this.#keys.get(number) : undefined;
    if (key) return key.length === to - from && areAlike(key, 0, octets, from, key.length);
    const start = this.#startOf(number);
    const length = (this.#ends[number] as number) - start;
    return length === to - from && areAlike(this.#octets, start, octets, from, length);
  }

  #add(octets: Uint8Array, from: number, to: number, hash: number): number {
    const known = this.#find(octets, from, to, hash);
    this.#enter(octets, from, to, hash, known < 0);
    return known;
  }

  #enter(octets: Uint8Array, from: number, to: number, hash: number, isFound: boolean): void {
    const number = this.#size;
    const start = this.#startOf(number);
    this.#widen(number + 1, start + to - from);
    const all = this.#octets;
    for (let i = from, at = start; i < to; i++, at++) all[at] = octets[i] as number;
    this.#ends[number] = start + to - from;
    this.#size++;
    if (isFound) place(this.#table, hash, number + 1);
  }

  /** Makes room for so many in all, and so many octets. */
  #widen(addresses: number, octets: number): void {
    if (octets > this.#octets.length) {
      const wider = Buffer.allocUnsafeSlow(Math.max(octets, this.#octets.length * 2));
      this.#octets.copy(wider);
      this.#octets = wider;
    }
    if (addresses > this.#ends.length) {
      const wider = new Uint32Array(Math.max(addresses, this.#ends.length * 2));
      wider.set(this.#ends);
      this.#ends = wider;
    }
    while (addresses * 16 > this.#table.length * 5) this.#table = rehashed(this.#table);
  }
}

/** The same in twice the room. */
function rehashed(table: Int32Array<ArrayBuffer>): Int32Array<ArrayBuffer> {
  const wider = new Int32Array(table.length * 2);
  for (let at = 0; at < table.length; at += 2)
    if (table[at + 1] !== 0) place(wider, table[at] as number, table[at + 1] as number);
  return wider;
}

function place(table: Int32Array, hash: number, entry: number): void {
  const mask = table.length - 2;
  let at = (hash << 1) & mask;
  while (table[at + 1] !== 0) at = (at + 2) & mask;
  table[at] = hash;
  table[at + 1] = entry;
}

/** The bit that tells small letters from capitals; setting it makes some other octets alike, which a hash may. */
const small = 0x2020_2020;

/** FNV-1a, but four octets at a time, and without regard to case. */
function hashOf(octets: Uint8Array, from: number, to: number): number {
  let hash = 0x811c_9dc5 | 0;
  let at = from;
  for (; at + 4 <= to; at += 4) {
    const low = (octets[at] as number) | ((octets[at + 1] as number) << 8);
    const high = (octets[at + 2] as number) | ((octets[at + 3] as number) << 8);
    hash = Math.imul(hash ^ (low | (high << 16) | small), 0x0100_0193);
    // What a multiplication has moved up has to come down again, or the last octets would say nothing about the low bits.
    hash ^= hash >>> 15;
  }
  for (; at < to; at++) hash = Math.imul(hash ^ ((octets[at] as number) | 0x20), 0x0100_0193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x21f0_aaad);
  return hash ^ (hash >>> 15);
}

/** Whether they differ in the case of ASCII letters at most. */
function areAlike(a: Uint8Array, from: number, b: Uint8Array, start: number, length: number): boolean {
  for (let i = 0; i < length; i++) {
    const one = a[from + i] as number;
    const other = b[start + i] as number;
    if (one !== other && lowered[one] !== lowered[other]) return false;
  }
  return true;
}

function isLowered(written: Uint8Array, key: Uint8Array): boolean {
  return written.length === key.length && written.every((octet, i) => lowered[octet] === key[i]);
}
