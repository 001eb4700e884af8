/**
 * Secrets sealed so that whoever has the database and not the key has nothing. AES-256-GCM (NIST SP 800-38D) twice: a data
 * key, new for each sealing, hides the secret, and a key from outside the database hides the data key. Both are bound to
 * the estate, the name and the purpose of the secret, so that what is sealed in one place opens in no other.
 *
 * A sealed secret is: 1 octet for its form; 2 octets for the length of the hidden data key, and that key; nonce (12), secret
 * and tag (16) under the data key. So another key from outside hides the data key anew without the secret being opened.
 *
 * The first form was bound to the outer key instead of the estate, and had no length since its hidden data key has 60 octets.
 * It is still read, and is gone after the next rotation.
 */

import { createCipheriv, createDecipheriv, createHash, createSecretKey, type KeyObject } from 'node:crypto';

/** A key from outside the database. It shows itself to nobody, however it is printed. */
export interface SealingKey {
  /** Says which key it is without saying anything of it: 16 hexadecimal digits. */
  readonly id: string;
  readonly key: KeyObject;
}

/** What a sealed secret is bound to. */
export interface Binding {
  /** In whose database it is kept. */
  readonly estate: string;
  readonly name: string;
  /** What it is for: a password for signing in opens as nothing else. */
  readonly purpose: string;
}

/** Octets nobody can foresee. */
export type Random = (octets: number) => Uint8Array;

/** A sealed secret, taken apart. */
export interface Envelope {
  readonly form: 1 | 2;
  /** The data key, hidden. */
  readonly wrapped: Uint8Array;
  /** The secret, under the data key. */
  readonly hidden: Uint8Array;
}

export const keyOctets = 32;
const nonceOctets = 12;
const tagOctets = 16;
/** Of a data key under a key of ours. */
const wrappedOctets = nonceOctets + keyOctets + tagOctets;
const cipher = 'aes-256-gcm';

/** The key made of 32 octets. */
export function sealingKey(octets: Uint8Array): SealingKey {
  if (octets.length !== keyOctets) throw new RangeError(`a key has ${keyOctets} octets, not ${octets.length}`);
  const id = createHash('sha256').update('godwit sealing key\0').update(octets).digest('hex').slice(0, 16);
  return { id, key: createSecretKey(octets) };
}

/** Reads a key as it is written in a file or variable: base64 or hexadecimal digits of its octets. Null where it is none. */
export function readSealingKey(text: string): SealingKey | null {
  const trimmed = text.trim();
  if (/^[0-9a-f]{64}$/i.test(trimmed)) return sealingKey(Buffer.from(trimmed, 'hex'));
  return /^[A-Za-z0-9+/_-]{43}=?$/.test(trimmed) ? sealingKey(Buffer.from(trimmed, 'base64')) : null;
}

/** What the hidden data key of an envelope is bound to, and the secret in it. `keyId`: under which it was hidden. */
export function boundTo(form: Envelope['form'], { estate, name, purpose }: Binding, keyId: string): Buffer {
  const parts = ['godwit sealed secret', String(form), form === 1 ? keyId : estate, purpose, name];
  // Lengths before the texts, so that no two bindings read the same.
  return Buffer.concat(
    parts.map((part) => Buffer.from(part)).flatMap((part) => [Buffer.from(`${part.length}:`), part]),
  );
}

/** A data key under a key of ours. */
export function wrapKey(key: SealingKey, bound: Uint8Array, dataKey: Uint8Array, random: Random): Uint8Array {
  return encrypt(key.key, random(nonceOctets), bound, dataKey);
}

/** The data key; null where it was hidden under another key, bound to something else, or altered since. */
export function unwrapKey(key: SealingKey, bound: Uint8Array, wrapped: Uint8Array): Uint8Array | null {
  return wrapped.length === wrappedOctets ? decrypt(key.key, wrapped, bound) : null;
}

/** The secret under its data key. */
export function hide(dataKey: Uint8Array, binding: Binding, secret: Uint8Array, random: Random): Uint8Array {
  return encrypt(createSecretKey(dataKey), random(nonceOctets), boundTo(2, binding, ''), secret);
}

/** The secret of an envelope with its data key; null where it is bound to something else, or was altered. */
export function reveal(dataKey: Uint8Array, bound: Uint8Array, { hidden }: Envelope): Buffer | null {
  return dataKey.length === keyOctets ? decrypt(createSecretKey(dataKey), hidden, bound) : null;
}

/** A sealed secret, as it is kept. */
export function packed({ wrapped, hidden }: Omit<Envelope, 'form'>): Uint8Array {
  const length = Buffer.alloc(2);
  length.writeUInt16BE(wrapped.length);
  return Buffer.concat([Uint8Array.of(2), length, wrapped, hidden]);
}

/** Takes a sealed secret apart; null where it is none. */
export function unpacked(sealed: Uint8Array): Envelope | null {
  const octets = Buffer.from(sealed.buffer, sealed.byteOffset, sealed.byteLength);
  const form = octets[0];
  if ((form !== 1 && form !== 2) || octets.length < 3) return null;
  const from = form === 1 ? 1 : 3;
  const to = from + (form === 1 ? wrappedOctets : octets.readUInt16BE(1));
  if (octets.length < to + nonceOctets + tagOctets) return null;
  return { form, wrapped: octets.subarray(from, to), hidden: octets.subarray(to) };
}

function encrypt(key: KeyObject, nonce: Uint8Array, bound: Uint8Array, plain: Uint8Array): Buffer {
  const work = createCipheriv(cipher, key, nonce, { authTagLength: tagOctets }).setAAD(bound);
  return Buffer.concat([nonce, work.update(plain), work.final(), work.getAuthTag()]);
}

/** Nonce, text and tag; null where the tag does not fit. */
function decrypt(key: KeyObject, octets: Uint8Array, bound: Uint8Array): Buffer | null {
  const nonce = octets.subarray(0, nonceOctets);
  const work = createDecipheriv(cipher, key, nonce, { authTagLength: tagOctets }).setAAD(bound);
  work.setAuthTag(octets.subarray(octets.length - tagOctets));
  const plain = work.update(octets.subarray(nonceOctets, octets.length - tagOctets));
  try {
    return Buffer.concat([plain, work.final()]);
  } catch {
    return null; // what Node throws when the tag does not fit says no more than that
  }
}
