import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { packFlags, repackFlags, rowsWithOtherFlags } from './carried-flags.ts';
import type { FolderState, Instant, Listing, Uid } from './item.ts';
import { ListingBuilder } from './listing.ts';

const state = { uidValidity: 1, uidNext: 1, messages: 0, highestModSeq: null } as FolderState;

function listed(messages: Iterable<readonly [uid: number, flags: readonly string[]]>): Listing {
  const listing = new ListingBuilder(state);
  for (const [uid, flags] of messages) listing.add(uid as Uid, flags, 0 as Instant, null);
  return listing;
}

function allRows(listing: Listing): number[] {
  return Array.from({ length: listing.length }, (_, row) => row);
}

const words = fc.subarray(['\\Seen', '\\Flagged', '$Forwarded', 'Grün']);
/** A folder: which UIDs there are, how each is flagged then and now, and whether it is remembered. */
const folder = fc.dictionary(
  fc.integer({ min: 1, max: 300 }).map(String),
  fc.record({ old: words, now: words, known: fc.boolean(), left: fc.boolean(), came: fc.boolean() }),
);

describe('the flags that were carried', () => {
  test('tell which messages bear others now, and which were not remembered', () => {
    fc.assert(
      fc.property(folder, (messages) => {
        const uids = Object.keys(messages).map(Number);
        const at = (uid: number) => messages[uid] as (typeof messages)[string];
        const before = uids.filter((uid) => !at(uid).came);
        const then = listed(before.map((uid) => [uid, at(uid).old]));
        const packed = packFlags(
          then,
          allRows(then).filter((row) => at(then.uid(row)).known),
        );
        const after = uids.filter((uid) => !at(uid).left && !(at(uid).came && uid < Math.max(0, ...before)));
        const now = listed(after.map((uid) => [uid, at(uid).now]));
        const others = rowsWithOtherFlags(packed, now, allRows(now)).map((row) => now.uid(row));
        const isOther = (uid: number): boolean =>
          at(uid).came || !at(uid).known || at(uid).old.join() !== at(uid).now.join();
        expect(others).toEqual(after.filter(isOther));
      }),
    );
  });

  test('reach to the last UID there can be', () => {
    const listing = listed([
      [1, ['\\Seen']],
      [0xffff_ffff, ['\\Flagged']],
    ]);
    expect(rowsWithOtherFlags(packFlags(listing, [0, 1]), listing, [0, 1])).toEqual([]);
  });

  test('are not remembered of a server that lists in no order, so that all is compared', () => {
    const listing = listed([
      [2, []],
      [1, []],
    ]);
    expect(packFlags(listing, [0, 1])).toBeNull();
    expect(rowsWithOtherFlags(null, listing, [0, 1])).toEqual([0, 1]);
  });

  test('of half a million messages take no more than a megabyte and a half, and 20 octets when all were read', () => {
    const kinds = [['\\Seen'], [], ['\\Answered', '\\Seen'], ['\\Flagged', '\\Seen']];
    function* messages(isMixed: boolean): Generator<readonly [number, readonly string[]]> {
      for (let uid = 1; uid <= 500_000; uid++) yield [uid, (isMixed ? kinds[uid % 4] : kinds[0]) ?? []];
    }
    const [mixed, read] = [listed(messages(true)), listed(messages(false))];
    expect(packFlags(mixed, allRows(mixed))?.length).toBeLessThan(1_510_000);
    expect(packFlags(read, allRows(read))?.length).toBeLessThan(20);
  });

  test('of which the end is missing are as if it had never been kept', () => {
    const listing = listed([
      [1, ['\\Seen']],
      [2, []],
      [9, ['\\Flagged']],
    ]);
    const packed = packFlags(listing, [0, 1, 2]) as Uint8Array;
    for (let length = 0; length < packed.length; length++) {
      const others = rowsWithOtherFlags(packed.subarray(0, length), listing, [0, 1, 2]);
      expect(others.length).toBeGreaterThan(0);
    }
  });

  test('of some messages alone leave what is remembered of the others, those between them too', () => {
    fc.assert(
      fc.property(folder, fc.boolean(), (messages, isForgotten) => {
        const uids = Object.keys(messages).map(Number);
        const at = (uid: number) => messages[uid] as (typeof messages)[string];
        const then = listed(uids.map((uid) => [uid, at(uid).old]));
        const packed = packFlags(
          then,
          allRows(then).filter((row) => at(then.uid(row)).known),
        );
        const some = uids.filter((uid) => at(uid).came) as Uid[];
        const dealtWith = listed(some.map((uid) => [uid, at(uid).now]));
        const flagsOf = (i: number): readonly string[] => dealtWith.flags(i);
        const after = repackFlags(packed, some, isForgotten ? null : flagsOf);
        const isKnown = (uid: number): boolean => (at(uid).came ? !isForgotten : at(uid).known);
        for (const flags of ['old', 'now'] as const) {
          const now = listed(uids.map((uid) => [uid, at(uid)[flags]]));
          const others = rowsWithOtherFlags(after, now, allRows(now)).map((row) => now.uid(row));
          const is = (uid: number): string => (at(uid).came ? at(uid).now : at(uid).old).join();
          expect(others).toEqual(uids.filter((uid) => !isKnown(uid) || is(uid) !== at(uid)[flags].join()));
        }
      }),
    );
  });

  test('of some messages in no order are not remembered', () => {
    expect(repackFlags(null, [2, 1] as Uid[], () => [])).toBeNull();
  });
});
