import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeMailboxName, encodeMailboxName, isWellEncoded } from './modified-utf7.ts';

describe('folder names in any script survive modified UTF-7', () => {
  test.each([
    ['~peter/mail/台北/日本語', '~peter/mail/&U,BTFw-/&ZeVnLIqe-'], // RFC 3501 §5.1.3
    ['R&D', 'R&-D'],
    ['Entwürfe', 'Entw&APw-rfe'],
    ['Éléments envoyés', '&AMk-l&AOk-ments envoy&AOk-s'],
    ['📁', '&2D3cwQ-'],
    ['a\tb\x7f', 'a&AAk-b&AH8-'],
    ['INBOX', 'INBOX'],
    ['', ''],
  ])('%j is %s', (name, encoded) => {
    expect(encodeMailboxName(name)).toBe(encoded);
    expect(decodeMailboxName(encoded)).toBe(name);
    expect(isWellEncoded(encoded)).toBe(true);
  });

  test('what we write we can read back, half a surrogate pair included', () => {
    const unit = fc.integer({ min: 0, max: 0xffff }).map((code) => String.fromCharCode(code));
    fc.assert(fc.property(fc.string({ unit }), (name) => decodeMailboxName(encodeMailboxName(name)) === name));
  });
});

describe('a wrongly encoded folder name comes back as it is', () => {
  test.each([
    ['left open', 'a&AOk'],
    ['open to the end', '&'],
    ['not base64', '&bad!-'],
    ['an odd octet', '&AAAA-'],
    ['bits that should be idle', '&AOl-'],
    ['letters that need no shift', '&AGE-'],
    ['two shifts in a row', '&AOk-&AOk-'],
    ['8-bit octets', 'Entw\u00fcrfe'],
    ['padding', '&AOk=-'],
  ])('%s: %s', (_, encoded) => {
    expect(decodeMailboxName(encoded)).toBe(encoded);
    expect(isWellEncoded(encoded)).toBe(false);
  });

  test('two different well-encoded names never decode to one', () => {
    const text = fc.string({
      unit: fc.constantFrom('&', '-', 'A', 'O', 'k', 'D', 'p', ',', '/', 'é', '+'),
      maxLength: 12,
    });
    fc.assert(
      fc.property(text, (encoded) => {
        const decoded = decodeMailboxName(encoded);
        expect(isWellEncoded(encoded) ? encodeMailboxName(decoded) : decoded).toBe(encoded);
      }),
      { numRuns: 1_000 },
    );
  });
});
