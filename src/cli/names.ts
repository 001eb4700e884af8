/** Lists of names on a terminal: what has something in common under one heading, cut where it grows too long. */

import { count, shown, table } from './shown.ts';

/** So many names of one kind fit on a screen together with their heading; more are counted. */
const mostNames = 10;
/** So many suffice to tell some. */
export const namesNeeded = mostNames + 1;

/** One line per item, indented, columns lined up; after ten, how many more there are. `total`: of which `items` are the first. */
export function names<T>(
  items: readonly T[],
  cells: (item: T) => readonly string[],
  total = items.length,
): readonly string[] {
  // Cutting off one line would take one line to say so.
  const most = total === mostNames + 1 ? mostNames + 1 : mostNames;
  const rows = items.slice(0, most).map((item) => cells(item).map((cell) => shown(cell, 300)));
  const lines = table(rows, new Set()).map((line) => `  ${line}`);
  return total > most ? [...lines, `  … and ${count(total - most)} more (-o json lists all)`] : lines;
}

/** Items by what they have in common, the most frequent first. */
export function grouped<T>(
  items: readonly T[],
  key: (item: T) => string,
): readonly (readonly [string, readonly T[]])[] {
  return [...Map.groupBy(items, key)].toSorted((a, b) => b[1].length - a[1].length);
}
