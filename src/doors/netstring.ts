/**
 * Netstrings (D. J. Bernstein, 1997), as Postfix's socketmap speaks them: `5:hello,`. A reader is fed whatever arrives, in whatever
 * pieces, and gives whole strings.
 */

/** What Postfix itself asks for at most is far below; a longer length is no question but an attempt. */
export const netstringOctetsMax = 10_000;

const colon = 0x3a;
const comma = 0x2c;
const zero = 0x30;
const nine = 0x39;

export class NetstringReader {
  #rest: Buffer | null = null;

  /** Whether a string has begun and not ended. */
  get isWithin(): boolean {
    return this.#rest !== null;
  }

  /**
   * Calls `take` for each whole string, in order; `take` must not keep the octets. False: what came is no netstring, or too long,
   * and nothing behind it means anything.
   */
  feed(chunk: Buffer, take: (octets: Buffer) => void): boolean {
    const all = this.#rest === null ? chunk : Buffer.concat([this.#rest, chunk]);
    this.#rest = null;
    let at = 0;
    while (at < all.length) {
      const head = lengthAt(all, at);
      if (head === 'malformed') return false;
      const end = head === 'more' ? Number.POSITIVE_INFINITY : head.begins + head.octets;
      if (head === 'more' || end >= all.length) {
        // A copy, so that the few octets of a beginning do not hold the whole piece they came in.
        this.#rest = Buffer.from(all.subarray(at));
        return true;
      }
      if (all[end] !== comma) return false;
      take(all.subarray(head.begins, end));
      at = end + 1;
    }
    return true;
  }
}

export function netstring(text: string): string {
  return `${Buffer.byteLength(text)}:${text},`;
}

function lengthAt(all: Buffer, from: number): { octets: number; begins: number } | 'more' | 'malformed' {
  let octets = 0;
  for (let at = from; at < all.length; at += 1) {
    const octet = all[at] as number;
    if (octet === colon) return at === from ? 'malformed' : { octets, begins: at + 1 };
    if (octet < zero || octet > nine) return 'malformed';
    // One spelling for each length: none begins with a zero but the empty one's.
    if (at > from && octets === 0) return 'malformed';
    octets = octets * 10 + (octet - zero);
    if (octets > netstringOctetsMax) return 'malformed';
  }
  return 'more';
}
