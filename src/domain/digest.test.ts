import { createHash, createHmac, randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { DigestSum, ElementMaker, emptyDigest } from './digest.ts';
import type { Instant } from './item.ts';

const element = fc.uint8Array({ minLength: 32, maxLength: 32 });

function asNumber(octets: Uint8Array): bigint {
  return BigInt(`0x${Buffer.from(octets).toString('hex')}`);
}

function sumOf(elements: readonly Uint8Array[]): Uint8Array {
  return elements.reduce((sum: DigestSum, each) => sum.add(each), new DigestSum()).octets();
}

test('the order in which messages arrive does not matter', () => {
  fc.assert(
    fc.property(fc.array(element, { maxLength: 20 }), (elements) => {
      expect(sumOf(elements.toReversed())).toEqual(sumOf(elements));
    }),
  );
});

test('it is the sum modulo 2^256, and a message that leaves takes exactly its own part with it', () => {
  fc.assert(
    fc.property(element, element, (a, b) => {
      const sum = new DigestSum(a).add(b);
      expect(asNumber(sum.octets())).toBe((asNumber(a) + asNumber(b)) % 2n ** 256n);
      expect(sum.subtract(b).octets()).toEqual(Uint8Array.from(a));
    }),
  );
});

test('a carry runs through all 32 octets and falls off the end', () => {
  const ones = new Uint8Array(32).fill(0xff);
  const one = new Uint8Array(32);
  one[31] = 1;
  expect(new DigestSum(ones).add(one).octets()).toEqual(emptyDigest);
  expect(new DigestSum().subtract(one).octets()).toEqual(ones);
});

test('two copies of one message count twice: a lost duplicate is seen', () => {
  fc.assert(
    fc.property(element, (each) => {
      fc.pre(each.some((octet) => octet !== 0));
      expect(sumOf([each, each])).not.toEqual(sumOf([each]));
    }),
  );
});

test('an element is HMAC-SHA-256 over digest, octets and instant, big-endian (RFC 2104)', () => {
  const key = Buffer.alloc(32, 7);
  const sha256 = createHash('sha256').update('hello').digest();
  const input = Buffer.concat([sha256, Buffer.from('0000000000000005', 'hex'), Buffer.from('ffffffffffffffff', 'hex')]);
  expect(new ElementMaker(key).element(sha256, 5, -1 as Instant)).toEqual(
    createHmac('sha256', key).update(input).digest(),
  );
});

test('another octet, size, date or key gives another element; no date is none of the dates', () => {
  const key = randomBytes(32);
  const maker = new ElementMaker(key);
  const sha256 = createHash('sha256').update('a').digest();
  const elements = [
    maker.element(sha256, 1, 0 as Instant),
    maker.element(createHash('sha256').update('b').digest(), 1, 0 as Instant),
    maker.element(sha256, 2, 0 as Instant),
    maker.element(sha256, 1, 1 as Instant),
    maker.element(sha256, 1, null),
    new ElementMaker(randomBytes(32)).element(sha256, 1, 0 as Instant),
  ];
  expect(new Set(elements.map((octets) => Buffer.from(octets).toString('hex'))).size).toBe(elements.length);
});

test('what is handed out does not change when the sum goes on', () => {
  const sum = new DigestSum();
  const before = sum.octets();
  sum.add(new Uint8Array(32).fill(1));
  expect(before).toEqual(emptyDigest);
  expect(emptyDigest.every((octet) => octet === 0)).toBe(true);
});

test('a ledger that hands over something that is no digest is not added to', () => {
  expect(() => new DigestSum(new Uint8Array(31))).toThrow('32 octets');
  expect(() => new DigestSum().add(new Uint8Array(16))).toThrow('32 octets');
});
