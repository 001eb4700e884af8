import { createPublicKey, randomBytes, verify } from 'node:crypto';
import { FlattenedSign } from 'jose';
import { expect, test } from 'vitest';
import { canonicalDocument, type WaveCertificate } from '#domain/certificate.ts';
import { jwkSet, signingKey } from '#domain/signing-key.ts';
import { checkSignature, signed } from './sign-evidence.ts';

const document: WaveCertificate = {
  type: 'godwit-wave-certificate',
  version: 1,
  id: '6ec0bd7f-11c0-43da-975e-2a8ad9ebae0b',
  madeAt: '2026-12-01T10:00:00.000Z',
  tool: { name: 'godwit', version: '1.2.3' },
  wave: { name: 'pilot', opensAt: '2026-11-30T19:00:00.000Z', closesAt: '2026-12-01T06:00:00.000Z', pilot: true },
  mailboxes: 2,
  root: '00'.repeat(32),
  grades: { perfect: 2, good: 0, investigate: 0, poor: 0 },
  grade: { grade: 'perfect', because: [] },
  uncertified: {},
  previous: null,
};

test('a signature of ours is one by RFC 7515, checked here with nothing but Ed25519', async () => {
  const key = signingKey(randomBytes(32));
  const { protected: header, signature } = await signed(document, key);
  expect(JSON.parse(Buffer.from(header, 'base64url').toString())).toEqual({
    alg: 'EdDSA',
    kid: key.id,
    typ: 'godwit+json',
  });
  const [jwk] = jwkSet([key]).keys;
  const input = `${header}.${Buffer.from(canonicalDocument(document)).toString('base64url')}`;
  const publicKey = createPublicKey({ key: { ...jwk }, format: 'jwk' });
  expect(verify(null, Buffer.from(input), publicKey, Buffer.from(signature, 'base64url'))).toBe(true);
});

test('whatever is changed, or signed by somebody else, is found', async () => {
  const [key, other] = [signingKey(randomBytes(32)), signingKey(randomBytes(32))];
  const envelope = await signed(document, key);
  const kindOf = async (changed: Partial<typeof envelope>, keys = [other, key]) =>
    (await checkSignature({ ...envelope, ...changed }, keys)).kind;
  expect(await kindOf({})).toBe('good');
  expect(await kindOf({ certificate: { ...document, mailboxes: 3 } })).toBe('bad');
  expect(await kindOf({ signature: Buffer.alloc(64).toString('base64url') })).toBe('bad');
  expect(await kindOf({ signature: '' })).toBe('bad');
  expect(await kindOf({}, [other])).toBe('unknown-key');
  expect(await kindOf({ protected: 'no header' })).toBe('unknown-key');
  const header = (fields: object) => Buffer.from(JSON.stringify(fields)).toString('base64url');
  expect(await kindOf({ protected: header({ alg: 'none', kid: key.id, typ: 'godwit+json' }) })).toBe('bad');
  // What was signed as something else with the same key is no certificate.
  const token = await new FlattenedSign(Buffer.from(canonicalDocument(document)))
    .setProtectedHeader({ alg: 'EdDSA', kid: key.id, typ: 'JWT' })
    .sign(key.key);
  expect(await kindOf({ protected: token.protected as string, signature: token.signature })).toBe('bad');
});
