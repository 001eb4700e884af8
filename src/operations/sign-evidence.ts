/** Signs documents of ours, and checks such signatures: JWS (RFC 7515) with Ed25519 (RFC 8037) over the canonical form. */

import { FlattenedSign, flattenedVerify } from 'jose';
import { createPublicKey } from 'node:crypto';
import { canonicalDocument, type Certificate, type Envelope, type WaveCertificate } from '#domain/certificate.ts';
import { jwkSet, type PublicKey, type SigningKey } from '#domain/signing-key.ts';

/** `typ` of the protected header (RFC 7515 §4.1.9): what is signed as one of ours is never taken for a token. */
export const signedType = 'godwit+json';

export async function signed<Document extends Certificate | WaveCertificate>(
  certificate: Document,
  { id, key }: SigningKey,
): Promise<Envelope<Document>> {
  const jws = await new FlattenedSign(Buffer.from(canonicalDocument(certificate)))
    .setProtectedHeader({ alg: 'EdDSA', kid: id, typ: signedType })
    .sign(key);
  return { certificate, protected: jws.protected as string, signature: jws.signature };
}

/** `unknown-key`: it names a key that is not among those that were given. */
export type SignatureFinding =
  | { readonly kind: 'good'; readonly key: string }
  | { readonly kind: 'bad'; readonly key: string }
  | { readonly kind: 'unknown-key'; readonly key: string };

export async function checkSignature(
  { certificate, protected: header, signature }: Envelope,
  keys: readonly PublicKey[],
): Promise<SignatureFinding> {
  const id = keyOf(header);
  const known = keys.find((key) => key.id === id);
  if (!known) return { kind: 'unknown-key', key: id };
  // Blanks, padding and bits that no octet has a use for: readers of base64url pass over them, and the file is another one.
  if (Buffer.from(signature, 'base64url').toString('base64url') !== signature) return { kind: 'bad', key: id };
  const [jwk] = jwkSet([known]).keys;
  const key = createPublicKey({ key: { ...jwk }, format: 'jwk' });
  const payload = Buffer.from(canonicalDocument(certificate)).toString('base64url');
  try {
    const { protectedHeader } = await flattenedVerify({ payload, protected: header, signature }, key, {
      algorithms: ['EdDSA'],
    });
    return { kind: protectedHeader?.typ === signedType ? 'good' : 'bad', key: id };
  } catch {
    return { kind: 'bad', key: id }; // whatever is wrong with it, it is no signature over these octets
  }
}

/** What the protected header says; of one that cannot be read, nothing. */
function keyOf(header: string): string {
  try {
    const { kid } = JSON.parse(Buffer.from(header, 'base64url').toString()) as { readonly kid?: unknown };
    return typeof kid === 'string' ? kid.slice(0, 100) : '';
  } catch {
    return '';
  }
}
