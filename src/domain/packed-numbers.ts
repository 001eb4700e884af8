/** Numbers in base 128, least first, short texts and octets as they are: how small things are packed for the ledger. */

/** Octets that grow as they are written. */
export class Octets {
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

  /** One that may be negative: its sign is the last bit. */
  signed(value: number): void {
    this.number(value < 0 ? -value * 2 - 1 : value * 2);
  }

  /** Of any length, e.g. a mod-sequence of 63 bits. */
  big(value: bigint): void {
    let rest = value;
    for (; rest > 127n; rest >>= 7n) this.#octet(Number(rest & 127n) + 128);
    this.#octet(Number(rest));
  }

  /** As they are; whoever reads them knows how many. */
  raw(octets: Uint8Array): void {
    if (this.length + octets.length > this.#octets.length) this.#grow(octets.length);
    this.#octets.set(octets, this.length);
    this.length += octets.length;
  }

  octets(): Buffer {
    return this.#octets.subarray(0, this.length);
  }

  #octet(value: number): void {
    if (this.length === this.#octets.length) this.#grow(1);
    this.#octets[this.length++] = value;
  }

  #grow(by: number): void {
    const grown = Buffer.allocUnsafe((this.#octets.length + by) * 2);
    this.#octets.copy(grown, 0, 0, this.length);
    this.#octets = grown;
  }
}

/** Reads what `Octets` wrote; beyond the end everything is 0 or empty. */
export class Reader {
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

  signed(): number {
    const value = this.number();
    return value % 2 === 1 ? -(value + 1) / 2 : value / 2;
  }

  big(): bigint {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const octet = this.#octets[this.#at++] ?? 0;
      value += BigInt(octet & 127) << shift;
      if (octet < 128) return value;
    }
  }

  /** A copy of the next `length` octets; fewer at the end. */
  raw(length: number): Uint8Array {
    const octets = new Uint8Array(this.#octets.subarray(this.#at, this.#at + length));
    this.#at += length;
    return octets;
  }

  text(): string {
    const length = this.number();
    const text = this.#octets.toString('utf8', this.#at, this.#at + length);
    this.#at += length;
    return text;
  }
}
