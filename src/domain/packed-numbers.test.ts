import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Octets, Reader } from './packed-numbers.ts';

const number = fc.nat({ max: Number.MAX_SAFE_INTEGER });
const signed = fc.integer({ min: -(2 ** 52), max: 2 ** 52 });
const big = fc.bigInt({ min: 0n, max: 2n ** 64n });

test('what was packed is read back, however large, below zero, or not a number at all', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(number, signed, big, fc.string({ unit: 'grapheme' }), fc.uint8Array({ maxLength: 3_000 }))),
      (rows) => {
        const octets = new Octets();
        for (const [a, b, c, text, raw] of rows) {
          octets.number(a);
          octets.signed(b);
          octets.big(c);
          octets.text(text);
          octets.raw(raw);
        }
        const reader = new Reader(octets.octets());
        for (const [a, b, c, text, raw] of rows) {
          expect([reader.number(), reader.signed(), reader.big(), reader.text()]).toEqual([a, b, c, text]);
          expect(reader.raw(raw.length)).toEqual(raw);
        }
        expect(reader.isOver).toBe(true);
      },
    ),
  );
});

test('what is near zero takes one octet', () => {
  const octets = new Octets();
  octets.number(127);
  octets.signed(-64);
  octets.signed(63);
  octets.big(127n);
  expect(octets.length).toBe(4);
});
