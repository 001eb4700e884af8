import fc from 'fast-check';
import { expect, test } from 'vitest';
import { commonUids, hasUid, uidCount, uidSet, uidSetOf, uidsOf } from './uid-set.ts';

const uids = fc.array(fc.integer({ min: 1, max: 60 }), { maxLength: 80 });

test('neighbours become one range, in whatever order they are told, repeated ones count once', () => {
  expect(uidSet([7, 2, 4, 1, 3, 2])).toEqual([
    [1, 4],
    [7, 7],
  ]);
  expect(uidSet([])).toEqual([]);
});

test('the largest UID there can be is a UID like any other (RFC 9051 §9)', () => {
  const set = uidSet([0xffff_ffff, 0xffff_fffe]);
  expect(set).toEqual([[0xffff_fffe, 0xffff_ffff]]);
  expect(uidCount(set)).toBe(2);
  expect([...uidsOf(set)]).toEqual([0xffff_fffe, 0xffff_ffff]);
});

test('a set holds exactly what it was made of', () => {
  fc.assert(
    fc.property(uids, (given) => {
      const set = uidSet(given);
      const distinct = [...new Set(given)].sort((a, b) => a - b);
      expect([...uidsOf(set)]).toEqual(distinct);
      expect(uidCount(set)).toBe(distinct.length);
      for (let uid = 0; uid <= 62; uid++) expect(hasUid(set, uid)).toBe(distinct.includes(uid));
    }),
  );
});

test('ranges are ascending and never touch: a set has one spelling', () => {
  fc.assert(
    fc.property(uids, (given) => {
      const set = uidSet(given);
      set.forEach(([first, last], i) => {
        expect(first).toBeLessThanOrEqual(last);
        if (i > 0) expect(first).toBeGreaterThan((set[i - 1]?.[1] ?? 0) + 1);
      });
    }),
  );
});

test('ranges that overlap, touch or come in disorder are the set of what they name', () => {
  expect(
    uidSetOf([
      [5, 5],
      [1, 10],
      [6, 6],
      [11, 12],
      [20, 21],
    ]),
  ).toEqual([
    [1, 12],
    [20, 21],
  ]);
  const range = fc.tuple(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 0, max: 9 }));
  fc.assert(
    fc.property(fc.array(range, { maxLength: 12 }), (pairs) => {
      const ranges = pairs.map(([first, length]) => [first, first + length] as const);
      const every = ranges.flatMap(([first, last]) => Array.from({ length: last - first + 1 }, (_, i) => first + i));
      expect(uidSetOf(ranges)).toEqual(uidSet(every));
    }),
  );
});

test('what two sets have in common is what is in both', () => {
  fc.assert(
    fc.property(uids, uids, (a, b) => {
      expect(commonUids(uidSet(a), uidSet(b))).toEqual(uidSet(a.filter((uid) => b.includes(uid))));
    }),
  );
});
