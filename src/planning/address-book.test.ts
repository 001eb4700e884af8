import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { addressKey } from '#domain/estate.ts';
import { AddressBook } from './address-book.ts';

/** Addresses that often differ in case only, also in that of letters whose lower case is ASCII (the Kelvin sign). */
const written = fc
  .array(fc.constantFrom('a', 'A', 'b', '7', 'é', 'É', '\u212a', 'k', '-', 'ß', 'İ'), { minLength: 1, maxLength: 9 })
  .map((letters) => `${letters.join('')}@x.example`);
const isAscii = (text: string): boolean => !/[^\0-\x7f]/.test(text);

/** Where each of them stands in one buffer. */
function laidOut(addresses: readonly string[]) {
  const places = new Int32Array(addresses.length * 2);
  let at = 0;
  for (const [i, address] of addresses.entries()) {
    places[i * 2] = at;
    at += Buffer.byteLength(address);
    places[i * 2 + 1] = at;
    at++;
  }
  return { octets: Buffer.from(`${addresses.join(',')}\n`), places };
}

describe('an address book', () => {
  test('gives each the next number, tells who has it already, and finds everybody in whatever case', () => {
    fc.assert(
      fc.property(fc.array(written, { maxLength: 400 }), (addresses) => {
        const [book, model] = [new AddressBook(), new Map<string, number>()];
        for (const [i, address] of addresses.entries()) {
          const key = addressKey(address);
          expect(book.addText(address)).toBe(model.get(key) ?? -1);
          expect(book.text(i)).toBe(address);
          if (!model.has(key)) model.set(key, i);
        }
        for (const [i, address] of addresses.entries()) {
          expect(book.text(i)).toBe(address);
          for (const each of [address, ` ${address.toUpperCase()} `, `x${address}`])
            expect(book.findText(each)).toBe(model.get(addressKey(each)) ?? -1);
        }
        expect(book.size).toBe(addresses.length);
      }),
    );
  });

  test('finds and adds many at a time as it does one by one', () => {
    fc.assert(
      fc.property(fc.array(written, { maxLength: 300 }), fc.array(written, { maxLength: 300 }), (first, second) => {
        const [together, alone] = [new AddressBook(), new AddressBook()];
        for (const address of first) for (const book of [together, alone]) book.addText(address);
        const plain = second.filter(isAscii);
        const { octets, places } = laidOut(plain);
        const found = new Int32Array(plain.length);
        together.findAll(octets, places, plain.length, found);
        expect([...found]).toEqual(plain.map((address) => alone.findText(address)));
        together.addAll(octets, places, plain.length, found);
        expect([...found]).toEqual(plain.map((address) => alone.addText(address)));
        for (let i = 0; i < alone.size; i++) expect(together.text(i)).toBe(alone.text(i));
        for (const address of [...first, ...second]) expect(together.findText(address)).toBe(alone.findText(address));
      }),
    );
  });

  test('holds as many as come, whether room was made for them or not', () => {
    const [roomy, narrow] = [new AddressBook(), new AddressBook()];
    for (let i = 0; i < 20_000; i++) {
      if (i === 100) roomy.reserve(5_000);
      for (const book of [roomy, narrow]) expect(book.addText(`mailbox.${i}@Ward${i % 7}.example`)).toBe(-1);
    }
    for (const book of [roomy, narrow]) {
      for (let i = 0; i < 20_000; i += 7) expect(book.findText(`MAILBOX.${i}@ward${i % 7}.example`)).toBe(i);
      expect(book.text(19_999)).toBe('mailbox.19999@Ward0.example');
      expect(book.findText('mailbox.20000@ward1.example')).toBe(-1);
    }
  });
});
