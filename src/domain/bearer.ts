/**
 * What lets somebody in, as it is written: `godwit_12_…` for a token, `godwit_s12_…` for a session. Whoever looks for secrets that
 * were left lying about knows it by its beginning (`lib/redaction.ts` does); the number says which row it is about, and the rest is 32
 * random octets.
 */

import { createHash, timingSafeEqual } from 'node:crypto';

export type BearerKind = 'token' | 'session';

export interface Bearer {
  readonly kind: BearerKind;
  readonly id: number;
  /** In base64url (RFC 4648 §5). */
  readonly secret: string;
}

export const bearerSecretOctets = 32;
const form = /^godwit_(s?)([1-9]\d{0,14})_([\w-]{43})$/;

export function bearerText({ kind, id, secret }: Bearer): string {
  return `godwit_${kind === 'session' ? 's' : ''}${id}_${secret}`;
}

/** Null where it is none, whatever it is. */
export function readBearer(text: string): Bearer | null {
  const [, letter, id, secret] = form.exec(text) ?? [];
  if (id === undefined || secret === undefined) return null;
  return { kind: letter === 's' ? 'session' : 'token', id: Number(id), secret };
}

/** What is kept of it. Who reads the table can present nothing. */
export function secretDigest(secret: string): Buffer {
  return createHash('sha256').update(secret).digest();
}

export function isSecretOf(secret: string, digest: Uint8Array): boolean {
  return timingSafeEqual(secretDigest(secret), digest);
}
