/**
 * Which name lies where: open addressing in 256 parts, each of which grows by itself. A name is looked for in one of them, and when one
 * has to be made larger, a millisecond goes by and not a second.
 */

import type { NameOctets, NamePlace } from './route-table-octets.ts';

interface Part {
  /** Of each name its place, 0 where there is none, and beside it what it was mixed to: they are looked at together. */
  pairs: Uint32Array;
  names: number;
}

const partsCount = 256;
const roomAtFirst = 64;
/** Beyond that the way to an empty place grows long. */
const fullAt = 0.7;

export class NameIndex {
  readonly #octets: NameOctets;
  readonly #parts: Part[];

  /** `rooms`: of an index that was kept, whose memory is filled in afterwards. */
  constructor(octets: NameOctets, rooms: readonly number[] | null = null) {
    this.#octets = octets;
    this.#parts = Array.from({ length: partsCount }, (_, i) => emptyPart(rooms?.[i] ?? roomAtFirst));
  }

  /** Where the first `length` octets of `name` lie, which are mixed to that; 0 where they do not. */
  find(name: Uint8Array, length: number, mixed: number): NamePlace {
    const { pairs } = this.#parts[mixed >>> 24] as Part;
    const round = (pairs.length >> 1) - 1;
    for (let at = mixed & round; ; at = (at + 1) & round) {
      const place = pairs[2 * at] as number;
      if (place === 0) return 0;
      if (pairs[2 * at + 1] === mixed && this.#octets.isAt(place, name, length)) return place;
    }
  }

  /** Enters a name that is not there. */
  enter(mixed: number, place: NamePlace): void {
    const part = this.#parts[mixed >>> 24] as Part;
    if (part.names + 1 > (part.pairs.length >> 1) * fullAt) enlarge(part);
    put(part.pairs, mixed, place);
    part.names++;
  }

  get names(): number {
    return this.#parts.reduce((sum, { names }) => sum + names, 0);
  }

  /** How many names each part has room for, and its memory, to be kept and read back. */
  get rooms(): readonly number[] {
    return this.#parts.map(({ pairs }) => pairs.length >> 1);
  }

  memory(): readonly Uint8Array[] {
    return this.#parts.map(({ pairs }) => octetsOf(pairs));
  }

  /** To be called when the memory of an empty one was filled with what another had. */
  recount(): void {
    for (const part of this.#parts) {
      part.names = 0;
      for (let at = 0; at < part.pairs.length; at += 2) if (part.pairs[at] !== 0) part.names++;
    }
  }
}

/** The memory of an array of numbers. */
export function octetsOf(numbers: Uint32Array): Uint8Array {
  return new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength);
}

function emptyPart(room: number): Part {
  return { pairs: new Uint32Array(2 * room), names: 0 };
}

function enlarge(part: Part): void {
  const { pairs } = part;
  const larger = new Uint32Array(2 * pairs.length);
  for (let at = 0; at < pairs.length; at += 2)
    if (pairs[at] !== 0) put(larger, pairs[at + 1] as number, pairs[at] as number);
  part.pairs = larger;
}

function put(pairs: Uint32Array, mixed: number, place: NamePlace): void {
  const round = (pairs.length >> 1) - 1;
  let at = mixed & round;
  while (pairs[2 * at] !== 0) at = (at + 1) & round;
  pairs[2 * at] = place;
  pairs[2 * at + 1] = mixed;
}

/** One more octet of a name (FNV-1a). It begins with a number that strangers do not know, since they choose what is asked for. */
export function mixedIn(mixed: number, octet: number): number {
  return Math.imul(mixed ^ octet, 0x01000193);
}

/** What all of a name is mixed to: spread over all bits (the end of MurmurHash3). */
export function spread(before: number): number {
  let mixed = Math.imul(before ^ (before >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}
