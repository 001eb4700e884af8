/**
 * The digest of a folder's contents: a sum modulo 2^256 (after MSet-Add-Hash, Clarke et al. 2003) of one element per
 * message. Order does not matter, a message that arrives is one addition and one that leaves a subtraction. It guards
 * against accident and against everyone without the key.
 */

import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import type { Instant } from './item.ts';

export const digestOctets = 32;
export const emptyDigest: Uint8Array = new Uint8Array(digestOctets);

/**
 * Computes elements under one mailbox's key. The HMAC (RFC 2104 §2) is spelt out over two one-shot hashes, since making an
 * Hmac object costs three times as much as what it computes here, for every message (`digest.test.ts` holds it to node's).
 */
export class ElementMaker {
  /** The key XOR ipad, then the message's SHA-256 (32 octets), its octets (8) and its INTERNALDATE (8, two's complement). */
  readonly #inner = Buffer.alloc(blockOctets + 48);
  /** The key XOR opad, then the inner hash. */
  readonly #outer = Buffer.alloc(blockOctets + 32);

  /** `key`: 32 octets. */
  constructor(key: Uint8Array) {
    if (key.length > blockOctets) throw new RangeError('a key longer than a block would have to be hashed first');
    this.#inner.fill(0x36, 0, blockOctets);
    this.#outer.fill(0x5c, 0, blockOctets);
    for (const [i, octet] of key.entries()) {
      this.#inner[i] = octet ^ 0x36;
      this.#outer[i] = octet ^ 0x5c;
    }
  }

  /** HMAC-SHA-256 over the message's SHA-256, its size in octets and its INTERNALDATE as an instant (the smallest for none): 32 octets. */
  element(sha256: Uint8Array, sizeBytes: number, internalDate: Instant | null): Uint8Array {
    const inner = this.#inner;
    inner.set(sha256, blockOctets);
    writeInt64(inner, sizeBytes, blockOctets + 32);
    if (internalDate === null) inner.fill(0, blockOctets + 40)[blockOctets + 40] = 0x80;
    else writeInt64(inner, internalDate, blockOctets + 40);
    // By way of hex: node makes a short string three times as fast as a Buffer of its own (measured, Node 24.21).
    this.#outer.write(hash('sha256', inner, 'hex'), blockOctets, 'hex');
    return Buffer.from(hash('sha256', this.#outer, 'hex'), 'hex');
  }
}

/** The block of SHA-256 (RFC 2104 §2, B). */
const blockOctets = 64;

/** Big-endian two's complement of a safe integer. */
function writeInt64(into: Buffer, value: number, at: number): void {
  into.writeInt32BE(Math.floor(value / 0x1_0000_0000), at);
  into.writeUInt32BE(value >>> 0, at + 4);
}

/** A folder's digest while it changes: 32 octets, big-endian. */
export class DigestSum {
  readonly #octets: Uint8Array;

  constructor(from: Uint8Array = emptyDigest) {
    assert(from.length === digestOctets, 'a digest has 32 octets');
    this.#octets = Uint8Array.from(from);
  }

  add(element: Uint8Array): this {
    assert(element.length === digestOctets, 'an element has 32 octets');
    let carry = 0;
    for (let i = digestOctets - 1; i >= 0; i--) {
      const sum = (this.#octets[i] as number) + (element[i] as number) + carry;
      this.#octets[i] = sum & 0xff;
      carry = sum >> 8;
    }
    return this;
  }

  subtract(element: Uint8Array): this {
    assert(element.length === digestOctets, 'an element has 32 octets');
    let borrow = 0;
    for (let i = digestOctets - 1; i >= 0; i--) {
      const difference = (this.#octets[i] as number) - (element[i] as number) - borrow;
      this.#octets[i] = difference & 0xff;
      borrow = difference < 0 ? 1 : 0;
    }
    return this;
  }

  /** A copy of the 32 octets. */
  octets(): Uint8Array {
    return Uint8Array.from(this.#octets);
  }
}
