import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Uid } from '#domain/item.ts';
import { Shelf } from './shelf.ts';

function digest(of: string): Buffer {
  return createHash('sha256').update(of).digest();
}

function content(uid: number, text: string, levelled = text) {
  const more = { sizeBytes: text.length, hasNul: false, has8BitHeader: false };
  return { uid: uid as Uid, sha256: digest(text), levelled: digest(levelled).toString('base64'), ...more };
}

function shelfOf(...contents: readonly ReturnType<typeof content>[]): Shelf {
  const uids = new Set(contents.map(({ uid }) => uid));
  const shelf = new Shelf(uids, uids.size);
  for (const each of contents) shelf.put(each);
  return shelf;
}

test('each copy of a message answers once, the oldest first', () => {
  const shelf = shelfOf(content(9, 'a'), content(4, 'a'), content(7, 'b'));
  const taken = ['a', 'a', 'a', 'b', 'c'].map((text) => shelf.takeEqual('exact', digest(text)));
  expect(taken.map((row) => (row === -1 ? null : shelf.uid(row)))).toEqual([4, 9, null, 7, null]);
});

test('what was taken by its octets is not taken by its levelled ones as well', () => {
  const shelf = shelfOf(content(1, 'a', 'x'), content(2, 'b', 'x'));
  shelf.takeEqual('exact', digest('a'));
  expect(shelf.takeEqual('levelled', digest('x'))).toBe(shelf.rowOf(2));
  expect(shelf.takeEqual('levelled', digest('x'))).toBe(-1);
});

test('a message that a server tells twice, or that nobody asked for, is not there twice', () => {
  const shelf = new Shelf([3 as Uid], 1);
  for (const each of [content(3, 'a'), content(3, 'b'), content(8, 'a')]) shelf.put(each);
  expect(shelf.sha256(0)).toEqual(digest('a'));
  expect([shelf.takeEqual('exact', digest('a')), shelf.takeEqual('exact', digest('a'))]).toEqual([0, -1]);
});

test('it gives what a map of lists would give, however often the same is asked for', () => {
  const letters = fc.array(fc.constantFrom('a', 'b', 'c', 'd'), { maxLength: 30 });
  fc.assert(
    fc.property(letters, letters, (held, asked) => {
      const shelf = shelfOf(...held.map((text, i) => content(i + 1, text)));
      const lists = Map.groupBy(held.keys(), (i) => held[i]);
      for (const text of asked) expect(shelf.takeEqual('exact', digest(text))).toBe(lists.get(text)?.shift() ?? -1);
    }),
  );
});
