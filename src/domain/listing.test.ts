import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { FolderState, Instant, Uid, UidValidity } from './item.ts';
import { ListingBuilder, tidyFlags } from './listing.ts';

const state: FolderState = { uidValidity: 1 as UidValidity, uidNext: 1 as Uid, messages: 0, highestModSeq: null };

const anyRow = fc.record({
  uid: fc.integer({ min: 1, max: 0xffff_ffff }),
  flags: fc.uniqueArray(fc.constantFrom('\\Seen', '\\Draft', '$Junk', 'x', '$Forwarded'), { maxLength: 4 }),
  internalDate: fc.option(fc.integer({ min: -(2 ** 40), max: 2 ** 40 })),
  sizeBytes: fc.option(fc.integer({ min: 0, max: 2 ** 40 })),
});

test('every row is told as it came in, however many there are', () => {
  fc.assert(
    fc.property(fc.array(anyRow, { maxLength: 300 }), (rows) => {
      const listing = new ListingBuilder(state);
      for (const { uid, flags, internalDate, sizeBytes } of rows) {
        listing.add(uid as Uid, flags, internalDate as Instant | null, sizeBytes);
      }
      expect(listing.length).toBe(rows.length);
      rows.forEach(({ uid, flags, internalDate, sizeBytes }, row) => {
        expect(listing.uid(row)).toBe(uid);
        expect(listing.flags(row)).toEqual([...flags].sort());
        expect(listing.internalDate(row)).toBe(internalDate);
        expect(listing.sizeBytes(row)).toBe(sizeBytes);
      });
    }),
  );
});

test('no date and no size are told apart from the first of 1970 and from nothing in it', () => {
  const listing = new ListingBuilder(state);
  listing.add(1 as Uid, [], 0 as Instant, 0);
  listing.add(2 as Uid, [], null, null);
  listing.add(3 as Uid, [], -1 as Instant, 1);
  expect([0, 1, 2].map((row) => listing.internalDate(row))).toEqual([0, null, -1]);
  expect([0, 1, 2].map((row) => listing.sizeBytes(row))).toEqual([0, null, 1]);
});

test('rows with equal flags share one array, in whatever order and case the server told them', () => {
  const listing = new ListingBuilder(state);
  listing.add(1 as Uid, ['\\Seen', '\\Flagged'], null, null);
  listing.add(2 as Uid, ['\\flagged', '\\Recent', '\\SEEN'], null, null);
  listing.add(3 as Uid, ['\\Seen'], null, null);
  expect(listing.flags(1)).toBe(listing.flags(0));
  expect(listing.flags(2)).not.toBe(listing.flags(0));
});

test('system flags get the spelling of the standard and the server keeps \\Recent for itself (RFC 9051 §2.3.2)', () => {
  expect(tidyFlags(['\\RECENT', '\\sEEN', 'Work', '\\Answered', 'work'])).toEqual(['Work', '\\Answered', '\\Seen']);
});
