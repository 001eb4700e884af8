/**
 * Names one after the other in pages of memory. A page is never moved, so that there is no moment at which all of them are copied,
 * and a name never lies across two.
 */

/** Small enough to be filled at once, large enough that four thousand of them hold all that a place of 32 bits can tell. */
export const pageBytes = 1 << 20;
const pageShift = 20;
const withinPage = pageBytes - 1;
const pagesMost = 4_096;

/** Of a name: to whom it leads (4 octets), by what right (1), how many octets it has (2), and those. */
const ownerAt = 0;
const rightAt = 4;
const lengthAt = 5;
const headBytes = 7;

/** Longer is no name of anybody: an estate takes 256 characters for a name to sign in with (domain/estate-rows.ts). */
export const nameBytesMost = 1_024;

/** Where a name lies. 0 is no place. */
export type NamePlace = number;

export class NameOctets {
  readonly #pages: Buffer[] = [];
  /** The first octet that is free. Nothing begins at 0, which stands for no place. */
  #end = headBytes;

  /** Keeps the first `length` octets of `name`. */
  keep(name: Uint8Array, length: number, owner: number, right: number): NamePlace {
    const needed = headBytes + length;
    if ((this.#end & withinPage) + needed > pageBytes) this.#end = (this.#end & ~withinPage) + pageBytes;
    const place = this.#end >>> 0;
    const page = this.#pageFor(place >>> pageShift);
    const at = place & withinPage;
    page[at + lengthAt] = length & 0xff;
    page[at + lengthAt + 1] = length >>> 8;
    for (let i = 0; i < length; i++) page[at + headBytes + i] = name[i] as number;
    this.#end = place + needed;
    this.lead(place, owner, right);
    return place;
  }

  /** From now on the name leads to `owner`. */
  lead(place: NamePlace, owner: number, right: number): void {
    const page = this.#pages[place >>> pageShift] as Buffer;
    const at = place & withinPage;
    page.writeInt32LE(owner, at + ownerAt);
    page[at + rightAt] = right;
  }

  owner(place: NamePlace): number {
    const page = this.#pages[place >>> pageShift] as Buffer;
    const at = place & withinPage;
    return (
      (page[at] as number) |
      ((page[at + 1] as number) << 8) |
      ((page[at + 2] as number) << 16) |
      ((page[at + 3] as number) << 24)
    );
  }

  right(place: NamePlace): number {
    return (this.#pages[place >>> pageShift] as Buffer)[(place & withinPage) + rightAt] as number;
  }

  /** Whether it is the first `length` octets of `name` that lie there. */
  isAt(place: NamePlace, name: Uint8Array, length: number): boolean {
    const page = this.#pages[place >>> pageShift] as Buffer;
    const at = place & withinPage;
    if (page[at + lengthAt] !== (length & 0xff) || page[at + lengthAt + 1] !== length >>> 8) return false;
    for (let i = 0; i < length; i++) if (page[at + headBytes + i] !== name[i]) return false;
    return true;
  }

  text(place: NamePlace): string {
    const page = this.#pages[place >>> pageShift] as Buffer;
    const at = place & withinPage;
    const from = at + headBytes;
    return page.toString('utf8', from, from + page.readUInt16LE(at + lengthAt));
  }

  /** What is in use of each page, as it lies in memory, and is read back by `restored`. */
  pages(): readonly Buffer[] {
    return this.#pages.map((page, i) => page.subarray(0, Math.min(pageBytes, this.#end - i * pageBytes)));
  }

  get endsAt(): number {
    return this.#end;
  }

  /** Empty pages for what ended there, to be filled by whoever kept them. */
  static restored(endsAt: number): NameOctets {
    const octets = new NameOctets();
    for (let i = 0; i * pageBytes < endsAt; i++) octets.#pageFor(i);
    octets.#end = endsAt;
    return octets;
  }

  #pageFor(number: number): Buffer {
    const there = this.#pages[number];
    if (there) return there;
    if (number >= pagesMost) throw new RangeError('there are more names than 4 GiB hold');
    return (this.#pages[number] = Buffer.allocUnsafeSlow(pageBytes));
  }
}
