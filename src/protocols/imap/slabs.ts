/**
 * The memory that is read into. A slab is filled from its beginning to its end, in as many reads as it takes (TLS hands on at
 * most 16 kB at a time); it is written over only when everything that was lent out of it has been returned. A connection has
 * four at most, and when the last is taken it stops reading: that is the whole back-pressure of a source.
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
  /** Called when there is room again after `filled` said that there was none. */
  readonly #roomAgain: () => void;

  constructor(roomAgain: () => void) {
    this.#roomAgain = roomAgain;
    this.#current = { octets: Buffer.allocUnsafeSlow(firstSlabOctets), used: 0, lent: 0 };
    this.#all = [this.#current];
    this.#region = this.#current.octets;
  }

  /** Where the next read goes. */
  get region(): Buffer {
    return this.#region;
  }

  /**
   * `octets` were read into `region` and have been dealt with; `returned` tells when what was lent of them is free again.
   * Chooses the next region; false when there should be no read until `roomAgain`.
   */
  filled(octets: number, returned: Promise<void> | null): boolean {
    const slab = this.#current;
    slab.used += octets;
    if (returned) {
      slab.lent++;
      // `returned` never rejects (see `MessageSink.returned`).
      void returned.then(() => this.#back(slab));
    } else if (slab.lent === 0) slab.used = 0;
    const isBusy = octets >= roomMin && slab.octets.length < slabOctets;
    if (isBusy || slab.octets.length - slab.used < roomMin) return this.#turnOver();
    this.#region = slab.used === 0 ? slab.octets : slab.octets.subarray(slab.used);
    return true;
  }

  /** Gives the slabs back for other connections; what is still lent is left to the garbage collector. */
  release(): void {
    for (const slab of this.#all) {
      if (slab.lent === 0 && slab.octets.length === slabOctets && spares.length < sparesMax) spares.push(slab.octets);
    }
    this.#all.length = 0;
  }

  #turnOver(): boolean {
    const first = this.#all[0] as Slab;
    if (first.lent === 0 && first.octets.length < slabOctets) this.#all.shift();
    let next = this.#all.find((slab) => slab.lent === 0 && slab.octets.length === slabOctets);
    if (!next) {
      next = { octets: spares.pop() ?? Buffer.allocUnsafeSlow(slabOctets), used: 0, lent: 0 };
      this.#all.push(next);
    }
    next.used = 0;
    this.#current = next;
    this.#region = next.octets;
    // One slab is always left to read into, because the next region must be known before reading stops.
    this.#waiting = this.#all.length >= slabsMax && !this.#hasFree();
    return !this.#waiting;
  }

  #hasFree(): boolean {
    return this.#all.some((slab) => slab !== this.#current && slab.lent === 0);
  }

  #back(slab: Slab): void {
    slab.lent--;
    if (slab.lent > 0) return;
    if (slab === this.#current) return;
    slab.used = 0;
    if (!this.#waiting) return;
    this.#waiting = false;
    this.#roomAgain();
  }
}
