/**
 * Compares two sides of a folder as multisets: a message is paired with one of the same content, among several with one
 * that also has its date and flags. What is left over on either side has no counterpart of the same content.
 */

import { type Columns, gone, withheld } from './columns.ts';

export interface Pair {
  readonly source: number;
  readonly target: number;
}

export interface Matched {
  /** Pairs that are the same in everything. */
  readonly equal: number;
  /** Pairs of the same content that differ in date or flags. */
  readonly unlike: readonly Pair[];
  readonly sourceLeft: readonly number[];
  readonly targetLeft: readonly number[];
}

/** Matches the given rows of both sides; rows that are gone or withheld are passed over. */
export function match(source: Columns, sourceRows: Uint32Array, target: Columns, targetRows: Uint32Array): Matched {
  const ours = inOrder(source, sourceRows);
  const theirs = inOrder(target, targetRows);
  const unlike: Pair[] = [];
  const sourceLeft: number[] = [];
  const targetLeft: number[] = [];
  let equal = 0;
  let i = 0;
  let j = 0;
  while (i < ours.length || j < theirs.length) {
    const order =
      i === ours.length ? 1 : j === theirs.length ? -1 : source.compareContent(at(ours, i), target, at(theirs, j));
    if (order < 0) sourceLeft.push(at(ours, i++));
    else if (order > 0) targetLeft.push(at(theirs, j++));
    else {
      const ourEnd = endOfEqual(source, ours, i);
      const theirEnd = endOfEqual(target, theirs, j);
      if (ourEnd - i === 1 && theirEnd - j === 1) {
        const pair = { source: at(ours, i++), target: at(theirs, j++) };
        if (source.compareRest(pair.source, target, pair.target) === 0) equal++;
        else unlike.push(pair);
        continue;
      }
      const rest = pairEqualContent(source, ours.subarray(i, ourEnd), target, theirs.subarray(j, theirEnd));
      equal += rest.equal;
      // Not spread: a folder may hold one message a hundred thousand times.
      for (const pair of rest.unlike) unlike.push(pair);
      for (const row of rest.sourceLeft) sourceLeft.push(row);
      for (const row of rest.targetLeft) targetLeft.push(row);
      i = ourEnd;
      j = theirEnd;
    }
  }
  sourceLeft.sort((a, b) => a - b);
  targetLeft.sort((a, b) => a - b);
  return { equal, unlike, sourceLeft, targetLeft };
}

/** All rows of a side. */
export function allRows(columns: Columns): Uint32Array {
  const rows = new Uint32Array(columns.length);
  for (let row = 0; row < rows.length; row++) rows[row] = row;
  return rows;
}

function inOrder(columns: Columns, rows: Uint32Array): Uint32Array {
  const here = rows.filter((row) => columns.content[row] !== gone && columns.content[row] !== withheld);
  return here.sort((a, b) => columns.compareContent(a, columns, b) || columns.compareRest(a, columns, b) || a - b);
}

function endOfEqual(columns: Columns, rows: Uint32Array, from: number): number {
  let end = from + 1;
  while (end < rows.length && columns.compareContent(at(rows, from), columns, at(rows, end)) === 0) end++;
  return end;
}

/** Both lists have one content and are sorted by date and flags. */
function pairEqualContent(source: Columns, ours: Uint32Array, target: Columns, theirs: Uint32Array): Matched {
  const exact = pairWhere(ours, theirs, (a, b) => source.compareRest(a, target, b));
  const sameDate = pairWhere(exact.ours, exact.theirs, (a, b) => source.compareDate(a, target, b));
  const unlike = [...sameDate.pairs];
  const rest = Math.min(sameDate.ours.length, sameDate.theirs.length);
  for (let i = 0; i < rest; i++) unlike.push({ source: at(sameDate.ours, i), target: at(sameDate.theirs, i) });
  return {
    equal: exact.pairs.length,
    unlike,
    sourceLeft: [...sameDate.ours.subarray(rest)],
    targetLeft: [...sameDate.theirs.subarray(rest)],
  };
}

interface Paired {
  readonly pairs: readonly Pair[];
  readonly ours: Uint32Array;
  readonly theirs: Uint32Array;
}

/** Pairs two sorted lists where `compare` finds them equal. */
function pairWhere(ours: Uint32Array, theirs: Uint32Array, compare: (a: number, b: number) => number): Paired {
  const pairs: Pair[] = [];
  const [ourRest, theirRest]: [number[], number[]] = [[], []];
  let i = 0;
  let j = 0;
  while (i < ours.length && j < theirs.length) {
    const order = compare(at(ours, i), at(theirs, j));
    if (order === 0) pairs.push({ source: at(ours, i++), target: at(theirs, j++) });
    else if (order < 0) ourRest.push(at(ours, i++));
    else theirRest.push(at(theirs, j++));
  }
  for (; i < ours.length; i++) ourRest.push(at(ours, i));
  for (; j < theirs.length; j++) theirRest.push(at(theirs, j));
  return { pairs, ours: Uint32Array.from(ourRest), theirs: Uint32Array.from(theirRest) };
}

function at(rows: Uint32Array, index: number): number {
  return rows[index] as number;
}
