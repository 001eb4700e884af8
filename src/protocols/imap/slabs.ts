/**
 * The memory that is read into. A slab is filled from its beginning to its end, in as many reads as it takes (TLS hands on
 * one record of 4 to 16 kB at a time), and is written over only when everything that was lent out of it has been returned. A
 * connection has four at most, and when the last is taken it stops reading: that is the whole back-pressure of a source.
 */

/** Large enough that one read takes all a socket has; measured against 64 kB: a tenth of the wall time (docs/decisions). */
const slabOctets = 256 * 1024;
/** What a connection begins with; most of them never carry a message. */
const firstSlabOctets = 32 * 1024;
/** Less than this is not read into: a TLS record has 16 kB. */
const roomMin = 16 * 1024;
const slabsMax = 4;
/** Slabs kept for the next connection, process-wide: 8 MiB. */
const sparesMax = 32;
const spares: Buffer[] = [];
/** The same of those that a connection begins with: 2 MiB. Who moves an estate opens connections all day. */
const firstSparesMax = 64;
const firstSpares: Buffer[] = [];

interface Slab {
  readonly octets: Buffer;
  used: number;
  lent: number;
}

export class Slabs {
  readonly #all: Slab[];
  #current: Slab;
  #region: Buffer;
  #waiting = false;
  /** Called when there is room again after `turnOver` said that there was none. */
  readonly #roomAgain: () => void;

  constructor(roomAgain: () => void) {
    this.#roomAgain = roomAgain;
    const octets = firstSpares.pop() ?? Buffer.allocUnsafeSlow(firstSlabOctets);
    this.#current = { octets, used: 0, lent: 0 };
    this.#all = [this.#current];
    this.#region = this.#current.octets;
  }

  /** Where the next read goes. */
  get region(): Buffer {
    return this.#region;
  }

  /** `octets` were read into `region`. False when the slab is full, or too small for so much: then `turnOver` must follow. */
  filled(octets: number): boolean {
    const slab = this.#current;
    slab.used += octets;
    const size = slab.octets.length;
    if (size - slab.used < roomMin || (octets >= roomMin && size < slabOctets)) return false;
    this.#region = slab.octets.subarray(slab.used);
    return true;
  }

  /** Notes that what was read so far is lent until `returned`, which never rejects. */
  lend(returned: Promise<void>): void {
    const slab = this.#current;
    slab.lent++;
    void returned.then(() => this.#back(slab));
  }

  /** Goes on in a slab that is free; false when there should be no read until `roomAgain`. */
  turnOver(): boolean {
    const full = this.#current;
    const isOutgrown = full.octets.length < slabOctets && full.used > roomMin;
    if (full.lent === 0 && !isOutgrown) {
      full.used = 0;
      this.#region = full.octets;
      return true;
    }
    if (isOutgrown) {
      this.#all.splice(this.#all.indexOf(full), 1);
      if (full.lent === 0) keep(full.octets);
    }
    let next = this.#all.find((slab) => slab.lent === 0 && slab !== full);
    if (!next) {
      next = { octets: spares.pop() ?? Buffer.allocUnsafeSlow(slabOctets), used: 0, lent: 0 };
      this.#all.push(next);
    }
    next.used = 0;
    this.#current = next;
    this.#region = next.octets;
    // One slab is always left to read into, because the next region must be known before reading stops.
    this.#waiting = this.#all.length >= slabsMax && !this.#all.some((slab) => slab !== next && slab.lent === 0);
    return !this.#waiting;
  }

  /**
   * Gives the slabs back for other connections. What is still lent is left to the garbage collector, and so is the slab in
   * hand where `isUnasked`: something of it may be lent that nobody was asked about.
   */
  release(isUnasked: boolean): void {
    for (const slab of this.#all) {
      if (isUnasked && slab === this.#current) continue;
      if (slab.lent === 0) keep(slab.octets);
    }
    this.#all.length = 0;
  }

  #back(slab: Slab): void {
    slab.lent--;
    if (slab.lent > 0 || slab === this.#current || !this.#waiting) return;
    this.#waiting = false;
    this.#roomAgain();
  }
}

/** For the next connection, as long as there is room for it. */
function keep(octets: Buffer): void {
  if (octets.length === slabOctets && spares.length < sparesMax) spares.push(octets);
  if (octets.length === firstSlabOctets && firstSpares.length < firstSparesMax) firstSpares.push(octets);
}
