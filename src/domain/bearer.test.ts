import fc from 'fast-check';
import { expect, test } from 'vitest';
import { withoutSecrets } from '#lib/redaction.ts';
import { type Bearer, bearerText, isSecretOf, readBearer, secretDigest } from './bearer.ts';

const bearers: fc.Arbitrary<Bearer> = fc.record({
  kind: fc.constantFrom('token', 'session'),
  id: fc.integer({ min: 1, max: 1e14 }),
  secret: fc.uint8Array({ minLength: 32, maxLength: 32 }).map((octets) => Buffer.from(octets).toString('base64url')),
});

test('what is written is read back', () => {
  fc.assert(
    fc.property(bearers, (bearer) => {
      expect(readBearer(bearerText(bearer))).toEqual(bearer);
    }),
  );
});

test('wherever one has got into words, its secret is masked', () => {
  fc.assert(
    fc.property(bearers, fc.constantFrom('', 'curl -H x:', '?key='), (bearer, before) => {
      const told = withoutSecrets(`${before}${bearerText(bearer)} was refused`);
      expect(told).not.toContain(bearer.secret);
      expect(told).toContain(`${bearer.id}_`);
    }),
  );
});

const secret = 'A'.repeat(43);

test.each([
  '',
  'godwit',
  `godwit_${secret}`,
  `godwit_0_${secret}`,
  `godwit_-1_${secret}`,
  `godwit_1e3_${secret}`,
  `godwit_9999999999999999_${secret}`,
  `godwit_1_${secret}A`,
  `godwit_1_${secret.slice(1)}`,
  `godwit_1_${secret.slice(1)}=`,
  `godwit_1_${secret}\n`,
  ` godwit_1_${secret}`,
  `GODWIT_1_${secret}`,
  `godwit_x1_${secret}`,
  'ey'.repeat(100_000),
])('%j is none', (text) => {
  expect(readBearer(text)).toBeNull();
});

test('a digest answers for its secret and for no other', () => {
  expect(isSecretOf(secret, secretDigest(secret))).toBe(true);
  expect(isSecretOf(`${secret.slice(1)}B`, secretDigest(secret))).toBe(false);
});
