/**
 * Sets of UIDs as ascending, disjoint ranges: `[[1, 4], [7, 7]]` is 1:4,7. A folder of a million messages copied in order
 * is one range, so these stay small where arrays of numbers would not.
 */

import type { Uid } from './item.ts';

export type UidRange = readonly [first: Uid, last: Uid];
export type UidSet = readonly UidRange[];

/** The ranges of UIDs given in any order; repeated ones count once. */
export function uidSet(uids: Iterable<number>): UidSet {
  const ranges: [number, number][] = [];
  let sorted = true;
  let previous = -1;
  const all: number[] = [];
  for (const uid of uids) {
    if (uid < previous) sorted = false;
    previous = uid;
    all.push(uid);
  }
  if (!sorted) all.sort((a, b) => a - b);
  for (const uid of all) {
    const last = ranges.at(-1);
    if (last && uid <= last[1] + 1) last[1] = Math.max(last[1], uid);
    else ranges.push([uid, uid]);
  }
  return ranges as unknown as UidSet;
}

/** The set of ranges that come in any order and may overlap, as servers tell them. */
export function uidSetOf(ranges: Iterable<readonly [first: number, last: number]>): UidSet {
  const merged: [number, number][] = [];
  for (const [first, last] of [...ranges].sort((a, b) => a[0] - b[0])) {
    const open = merged.at(-1);
    if (open && first <= open[1] + 1) open[1] = Math.max(open[1], last);
    else if (first <= last) merged.push([first, last]);
  }
  return merged as unknown as UidSet;
}

/** What both sets name; one sweep over both. */
export function commonUids(a: UidSet, b: UidSet): UidSet {
  const common: UidRange[] = [];
  for (let i = 0, j = 0; i < a.length && j < b.length; ) {
    const [firstA, lastA] = a[i] as UidRange;
    const [firstB, lastB] = b[j] as UidRange;
    const first = firstA > firstB ? firstA : firstB;
    const last = lastA < lastB ? lastA : lastB;
    if (first <= last) common.push([first, last]);
    if (lastA < lastB) i++;
    else j++;
  }
  return common;
}

/** How many UIDs the set names. */
export function uidCount(set: UidSet): number {
  let count = 0;
  for (const [first, last] of set) count += last - first + 1;
  return count;
}

/** Every UID of the set, ascending. */
export function* uidsOf(set: UidSet): Generator<Uid> {
  for (const [first, last] of set) for (let uid = first as number; uid <= last; uid++) yield uid as Uid;
}

/** Whether `uid` is in the set; binary search. */
export function hasUid(set: UidSet, uid: number): boolean {
  let low = 0;
  let high = set.length - 1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    const [first, last] = set[middle] as UidRange;
    if (uid < first) high = middle - 1;
    else if (uid > last) low = middle + 1;
    else return true;
  }
  return false;
}
