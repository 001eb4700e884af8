/**
 * Which name lies where: open addressing in 256 parts, each of which grows by itself. A name is looked for in one of them, and when one
 * has to be made larger, some milliseconds go by and not a second.
 */

import { type NameOctets, nameBytesMost, type NamePlace } from './route-table-octets.ts';

interface Part {
  /** Where the names lie; 0 where there is none. */
  places: Uint32Array;
  /** Eight more bits of what each was mixed to, so that a name is hardly ever looked at in vain. */
  marks: Uint8Array;
  names: number;
}

const partsCount = 256;
const roomAtFirst = 64;
/** Beyond that the way to an empty place grows long. */
const fullAt = 0.7;

export class NameIndex {
  readonly #octets: NameOctets;
  readonly #parts: Part[];
  readonly #seed: number;
  readonly #reread = Buffer.alloc(nameBytesMost);

  /** `seed`: any number that strangers do not know, since they choose the names that are asked for. */
  constructor(octets: NameOctets, seed: number, rooms: readonly number[] | null = null) {
    this.#octets = octets;
    this.#seed = seed;
    this.#parts = Array.from({ length: partsCount }, (_, i) => emptyPart(rooms?.[i] ?? roomAtFirst));
  }

  /** Where the first `length` octets of `name` lie; 0 where they do not. */
  find(name: Uint8Array, length: number): NamePlace {
    const mixed = mixedOf(name, length, this.#seed);
    const { places, marks } = this.#parts[mixed >>> 24] as Part;
    const round = places.length - 1;
    const mark = (mixed >>> 16) & 0xff;
    for (let at = mixed & round; ; at = (at + 1) & round) {
      const place = places[at] as number;
      if (place === 0) return 0;
      if (marks[at] === mark && this.#octets.isAt(place, name, length)) return place;
    }
  }

  /** Enters a name that is not there. */
  enter(name: Uint8Array, length: number, place: NamePlace): void {
    const mixed = mixedOf(name, length, this.#seed);
    const part = this.#parts[mixed >>> 24] as Part;
    if (part.names + 1 > part.places.length * fullAt) this.#enlarge(part);
    put(part, mixed, place);
    part.names++;
  }

  get names(): number {
    return this.#parts.reduce((sum, { names }) => sum + names, 0);
  }

  /** How much room each part has, and its memory, to be kept and read back. */
  get rooms(): readonly number[] {
    return this.#parts.map(({ places }) => places.length);
  }

  memory(): readonly Uint8Array[] {
    return this.#parts.flatMap(({ places, marks }) => [octetsOf(places), marks]);
  }

  /** To be called when the memory of an empty one was filled with what another had. */
  recount(): void {
    for (const part of this.#parts) part.names = part.places.reduce((sum, place) => sum + (place === 0 ? 0 : 1), 0);
  }

  #enlarge(part: Part): void {
    const larger = emptyPart(part.places.length * 2);
    for (const place of part.places) {
      if (place === 0) continue;
      const length = this.#octets.copy(place, this.#reread);
      put(larger, mixedOf(this.#reread, length, this.#seed), place);
    }
    part.places = larger.places;
    part.marks = larger.marks;
  }
}

/** The memory of an array of numbers. */
export function octetsOf(numbers: Uint32Array): Uint8Array {
  return new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength);
}

function emptyPart(room: number): Part {
  return { places: new Uint32Array(room), marks: new Uint8Array(room), names: 0 };
}

function put({ places, marks }: Part, mixed: number, place: NamePlace): void {
  const round = places.length - 1;
  let at = mixed & round;
  while (places[at] !== 0) at = (at + 1) & round;
  places[at] = place;
  marks[at] = (mixed >>> 16) & 0xff;
}

/** FNV-1a from a beginning of our own, and the end of MurmurHash3 to spread what it found over all bits. */
function mixedOf(name: Uint8Array, length: number, seed: number): number {
  let mixed = seed;
  for (let i = 0; i < length; i++) mixed = Math.imul(mixed ^ (name[i] as number), 0x01000193);
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}
