/**
 * The digest of a folder's contents: a sum modulo 2^256 (after MSet-Add-Hash, Clarke et al. 2003) of one element per
 * message. Order does not matter, a message that arrives is one addition and one that leaves a subtraction. It guards
 * against accident and against everyone without the key.
 */

import assert from 'node:assert/strict';
import { createHmac, createSecretKey, type KeyObject } from 'node:crypto';
import type { Instant } from './item.ts';

export const digestOctets = 32;
export const emptyDigest: Uint8Array = new Uint8Array(digestOctets);

/** Computes elements under one mailbox's key. */
export class ElementMaker {
  readonly #key: KeyObject;
  /** The message's SHA-256 (32 octets), its octets (8) and its INTERNALDATE (8, two's complement; the smallest for none). */
  readonly #input = Buffer.alloc(48);

  constructor(key: Uint8Array) {
    this.#key = createSecretKey(key);
  }

  /** HMAC-SHA-256 over the message's SHA-256, its size in octets and its INTERNALDATE as an instant: 32 octets. */
  element(sha256: Uint8Array, sizeBytes: number, internalDate: Instant | null): Uint8Array {
    this.#input.set(sha256, 0);
    this.#input.writeBigUInt64BE(BigInt(sizeBytes), 32);
    this.#input.writeBigInt64BE(internalDate === null ? -(2n ** 63n) : BigInt(internalDate), 40);
    return createHmac('sha256', this.#key).update(this.#input).digest();
  }
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
