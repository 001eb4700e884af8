/**
 * Secrets sealed so that whoever has the database and not the key has nothing. AES-256-GCM (NIST SP 800-38D) twice: a data
 * key, new for each sealing, hides the secret, and the key from outside the database hides the data key. Both are bound to
 * the name and the purpose of the secret, so that what is sealed under one name opens under no other.
 *
 * A sealed secret is: 1 octet for this format; nonce (12), data key (32) and tag (16) under the outer key; nonce (12),
 * secret and tag (16) under the data key.
 */

import { createCipheriv, createDecipheriv, createHash, createSecretKey, type KeyObject } from 'node:crypto';

/** A key from outside the database. It shows itself to nobody, however it is printed. */
export interface SealingKey {
  /** Says which key it is without saying anything of it: 16 hexadecimal digits. */
  readonly id: string;
  readonly key: KeyObject;
}

/** The keys that a process has: the one that seals, and with it all that open. */
export interface Keyring {
  readonly current: SealingKey;
  readonly all: ReadonlyMap<string, SealingKey>;
}

/** What a sealed secret is bound to. */
export interface Binding {
  readonly name: string;
  /** What it is for: a password for signing in opens as nothing else. */
  readonly purpose: string;
}

/** Octets nobody can foresee. */
export type Random = (octets: number) => Uint8Array;

export const keyOctets = 32;
const format = 1;
const nonceOctets = 12;
const tagOctets = 16;
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

/** Null without keys. The first seals. */
export function keyring(keys: readonly SealingKey[]): Keyring | null {
  const [current] = keys;
  return current ? { current, all: new Map(keys.map((key) => [key.id, key])) } : null;
}

export function seal(key: SealingKey, binding: Binding, secret: Uint8Array, random: Random): Uint8Array {
  const dataKey = random(keyOctets);
  const bound = boundTo(binding, key.id);
  const wrapped = encrypt(key.key, random(nonceOctets), bound, dataKey);
  const hidden = encrypt(createSecretKey(dataKey), random(nonceOctets), bound, secret);
  return Buffer.concat([Uint8Array.of(format), wrapped, hidden]);
}

/** The secret; null where it was sealed under another key, for another name or purpose, or was altered since. */
export function open(key: SealingKey, binding: Binding, sealed: Uint8Array): Buffer | null {
  if (sealed[0] !== format || sealed.length < 1 + wrappedOctets + nonceOctets + tagOctets) return null;
  const bound = boundTo(binding, key.id);
  const dataKey = decrypt(key.key, sealed.subarray(1, 1 + wrappedOctets), bound);
  return dataKey && decrypt(createSecretKey(dataKey), sealed.subarray(1 + wrappedOctets), bound);
}

/** Lengths before the texts, so that no two bindings read the same. */
function boundTo({ name, purpose }: Binding, keyId: string): Buffer {
  const parts = ['godwit sealed secret', String(format), keyId, purpose, name].map((part) => Buffer.from(part));
  return Buffer.concat(parts.flatMap((part) => [Buffer.from(`${part.length}:`), part]));
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
