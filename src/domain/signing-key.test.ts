import { inspect } from 'node:util';
import { expect, test } from 'vitest';
import { jwkSet, readPublicKeys, signingKey, thumbprint } from './signing-key.ts';

/** RFC 8037 appendix A.1 to A.3. */
const seed = Buffer.from('nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A', 'base64url');
const x = '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo';

test('the key of RFC 8037 has the public half and the thumbprint that stand there', () => {
  const key = signingKey(seed);
  expect(Buffer.from(key.publicKey).toString('base64url')).toBe(x);
  expect(key.id).toBe('kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k');
});

test('what is given to others is read back, alone or in a set, and holds nothing private', () => {
  const set = jwkSet([signingKey(seed)]);
  expect(JSON.stringify(set)).not.toContain(seed.toString('base64url'));
  expect(readPublicKeys(JSON.stringify(set))).toEqual([
    { id: thumbprint(Buffer.from(x, 'base64url')), publicKey: Buffer.from(x, 'base64url') },
  ]);
  expect(readPublicKeys(JSON.stringify(set.keys[0]))).toHaveLength(1);
});

test('a key is called what it is, not what it calls itself', () => {
  const [jwk] = jwkSet([signingKey(seed)]).keys;
  const renamed = JSON.stringify({ ...jwk, kid: 'of somebody else' });
  expect(readPublicKeys(renamed)?.[0]?.id).toBe('kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k');
});

test.each([
  ['no JSON'],
  ['null'],
  ['[]'],
  ['{"keys":[]}'],
  ['{"kty":"OKP","crv":"Ed25519","x":"AAAA"}'],
  ['{"kty":"RSA"}'],
])('a file with %s holds no key', (text) => {
  expect(readPublicKeys(text)).toBeNull();
});

test('a private key shows nothing of itself when it is printed', () => {
  const printed = inspect(signingKey(seed), { depth: 5 });
  expect(printed).not.toContain(seed.toString('hex').slice(0, 8));
  expect(() => signingKey(Buffer.alloc(31))).toThrow(RangeError);
});
