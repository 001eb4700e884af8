/**
 * Keys that sign certificates: Ed25519 (RFC 8032), named by their thumbprint (RFC 7638), given to others as a JWK Set (RFC 7517 §5,
 * RFC 8037). The private half is a seed of 32 octets.
 */

import { createHash, createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import { canonicalJson } from './canonical-json.ts';

export const seedOctets = 32;

/** The header of a PKCS #8 structure with an Ed25519 seed behind it (RFC 8410 §7). */
const pkcs8 = Buffer.from('302e020100300506032b657004220420', 'hex');

/** One that can sign. It shows itself to nobody, however it is printed. */
export interface SigningKey {
  readonly id: string;
  readonly key: KeyObject;
  /** 32 octets. */
  readonly publicKey: Uint8Array;
}

/** A public key, as it is kept and given to others. */
export interface PublicKey {
  readonly id: string;
  readonly publicKey: Uint8Array;
}

export interface KnownKey extends PublicKey {
  readonly madeAt: Date;
  /** Since when another signs in its place; null for the one that signs. */
  readonly retiredAt: Date | null;
}

export function signingKey(seed: Uint8Array): SigningKey {
  if (seed.length !== seedOctets) throw new RangeError(`a seed has ${seedOctets} octets, not ${seed.length}`);
  const key = createPrivateKey({ key: Buffer.concat([pkcs8, seed]), format: 'der', type: 'pkcs8' });
  const { x } = createPublicKey(key).export({ format: 'jwk' }) as { readonly x: string };
  const publicKey = Buffer.from(x, 'base64url');
  return { id: thumbprint(publicKey), key, publicKey };
}

/** RFC 7638 §3, with the members that RFC 8037 §2 wants: SHA-256 in base64url. */
export function thumbprint(publicKey: Uint8Array): string {
  const required = canonicalJson({ crv: 'Ed25519', kty: 'OKP', x: base64url(publicKey) });
  return createHash('sha256').update(required).digest('base64url');
}

export interface Jwk {
  readonly kty: 'OKP';
  readonly crv: 'Ed25519';
  readonly x: string;
  readonly kid: string;
  readonly use: 'sig';
  readonly alg: 'EdDSA';
}

export interface JwkSet {
  readonly keys: readonly Jwk[];
}

export function jwkSet(keys: readonly PublicKey[]): JwkSet {
  return {
    keys: keys.map(({ id, publicKey }) => {
      return { kty: 'OKP', crv: 'Ed25519', x: base64url(publicKey), kid: id, use: 'sig', alg: 'EdDSA' };
    }),
  };
}

/** What a file with one JWK or a set of them holds that can verify; null where it holds nothing of that. */
export function readPublicKeys(text: string): readonly PublicKey[] | null {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    return null;
  }
  const { keys } = (document ?? {}) as { readonly keys?: unknown };
  const found = (Array.isArray(keys) ? (keys as readonly unknown[]) : [document]).flatMap(publicKeyOf);
  return found.length > 0 ? found : null;
}

/** Its name is computed, never believed: a key cannot pass for another by what it says of itself. */
function publicKeyOf(jwk: unknown): readonly PublicKey[] {
  const { kty, crv, x } = (jwk ?? {}) as Readonly<Record<string, unknown>>;
  if (kty !== 'OKP' || crv !== 'Ed25519' || typeof x !== 'string') return [];
  const publicKey = Buffer.from(x, 'base64url');
  return publicKey.length === 32 ? [{ id: thumbprint(publicKey), publicKey }] : [];
}

function base64url(octets: Uint8Array): string {
  return Buffer.from(octets).toString('base64url');
}
