import fc from 'fast-check';
import { expect, test } from 'vitest';
import { hasUid, uidCount, uidSet, uidsOf } from './uid-set.ts';

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
