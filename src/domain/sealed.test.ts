import { inspect } from 'node:util';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type Binding,
  boundTo,
  hide,
  packed,
  type Random,
  readSealingKey,
  reveal,
  type SealingKey,
  sealingKey,
  unpacked,
  unwrapKey,
  wrapKey,
} from './sealed.ts';

/** Not random at all, and different at each call. */
function counting(): (octets: number) => Uint8Array {
  let next = 0;
  return (octets) => Uint8Array.from({ length: octets }, () => (next++ * 7) % 251);
}

const key = sealingKey(Buffer.alloc(32, 7));
const other = sealingKey(Buffer.alloc(32, 8));
const binding = { estate: 'e1', name: 'source-admin', purpose: 'sign-in' };

function seal(by: SealingKey, to: Binding, secret: Uint8Array, random: Random): Uint8Array {
  const dataKey = random(32);
  return packed({
    wrapped: wrapKey(by, boundTo(2, to, by.id), dataKey, random),
    hidden: hide(dataKey, to, secret, random),
  });
}

function open(by: SealingKey, to: Binding, kept: Uint8Array): Buffer | null {
  const envelope = unpacked(kept);
  if (!envelope) return null;
  const bound = boundTo(envelope.form, to, by.id);
  const dataKey = unwrapKey(by, bound, envelope.wrapped);
  return dataKey && reveal(dataKey, bound, envelope);
}

const sealed = seal(key, binding, Buffer.from('canary-3b1c'), counting());

describe('a sealed secret', () => {
  test('opens with its key, in its estate, under its name, for its purpose', () => {
    expect(open(key, binding, sealed)?.toString()).toBe('canary-3b1c');
  });

  test('whatever it is', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.string(), fc.string(), (secret, name, purpose) => {
        const bound = { estate: 'e1', name, purpose };
        expect(open(key, bound, seal(key, bound, secret, counting()))).toEqual(Buffer.from(secret));
      }),
    );
  });

  test.each([
    ['with another key', () => open(other, binding, sealed)],
    ['in another estate', () => open(key, { ...binding, estate: 'e2' }, sealed)],
    ['under another name', () => open(key, { ...binding, name: 'target-admin' }, sealed)],
    ['for another purpose', () => open(key, { ...binding, purpose: 'ledger' }, sealed)],
    [
      'where name and purpose only read the same together',
      () => open(key, { ...binding, name: 'admin', purpose: 'sign-insource-' }, sealed),
    ],
    ['when a part is missing', () => open(key, binding, sealed.subarray(0, sealed.length - 1))],
    ['when nearly all is missing', () => open(key, binding, sealed.subarray(0, 20))],
    ['when there is one octet', () => open(key, binding, sealed.subarray(0, 1))],
    ['when there is nothing', () => open(key, binding, new Uint8Array())],
  ])('does not open %s', (_, opened) => {
    expect(opened()).toBeNull();
  });

  test('does not open when any octet of it was altered', () => {
    for (let i = 0; i < sealed.length; i++) {
      const altered = Uint8Array.from(sealed);
      altered[i] = (altered[i] as number) ^ 1;
      expect(open(key, binding, altered)).toBeNull();
    }
  });

  test('with the data key of another does not open: halves cannot be joined', () => {
    const second = seal(key, { ...binding, name: 'target-admin' }, Buffer.from('b'), counting());
    const joined = Buffer.concat([second.subarray(0, 63), sealed.subarray(63)]);
    expect(open(key, binding, joined)).toBeNull();
  });

  test('has a data key of its own, which nothing else is hidden by', () => {
    let drawn = 0;
    const sameNonces = (octets: number) => new Uint8Array(octets).fill(octets === 32 ? ++drawn : 0);
    const [first, second] = [1, 2].map(() => seal(key, binding, Buffer.from('a'), sameNonces).subarray(63));
    expect(drawn).toBe(2);
    expect(first).not.toEqual(second);
  });

  test('looks different each time, and holds nothing of the secret', () => {
    const random = counting();
    const secret = Buffer.from('canary-3b1c');
    const [first, second] = [seal(key, binding, secret, random), seal(key, binding, secret, random)];
    expect(first).not.toEqual(second);
    expect(Buffer.from(first).includes('canary')).toBe(false);
  });
});

describe('a key', () => {
  const octets = Buffer.from(Array.from({ length: 32 }, (_, i) => i * 8));

  test.each(['base64', 'base64url', 'hex'] as const)('is read as %s', (encoding) => {
    expect(readSealingKey(` ${octets.toString(encoding)}\n`)?.id).toBe(sealingKey(octets).id);
  });

  test.each(['', 'hunter2', octets.subarray(1).toString('base64'), octets.toString('hex').slice(1), 'x'.repeat(45)])(
    'is not %j',
    (text) => {
      expect(readSealingKey(text)).toBeNull();
    },
  );

  test('has a name that tells keys apart and nothing of them; it shows itself to nobody', () => {
    expect(key.id).toMatch(/^[0-9a-f]{16}$/);
    expect(key.id).not.toBe(other.id);
    const shown = `${inspect({ key }, { depth: 9, showHidden: true })}${JSON.stringify(key)}`;
    expect(shown).not.toContain('07070707');
    expect(shown).not.toContain(Buffer.alloc(32, 7).toString('base64'));
  });
});
