/** Lists of names on a terminal: what has something in common under one heading, cut where it grows too long. */

import { count, shown, table } from './shown.ts';

/** So many names of one kind fit on a screen together with their heading; more are counted. */
const mostNames = 10;

/** One line per item, indented, columns lined up; after ten, how many more there are. */
export function names<T>(items: readonly T[], cells: (item: T) => readonly string[]): readonly string[] {
  // Cutting off one line would take one line to say so.
  const most = items.length === mostNames + 1 ? mostNames + 1 : mostNames;
  const rows = items.slice(0, most).map((item) => cells(item).map((cell) => shown(cell, 300)));
  const lines = table(rows, new Set()).map((line) => `  ${line}`);
  return items.length > most ? [...lines, `  … and ${count(items.length - most)} more (-o json lists all)`] : lines;
}

/** Items by what they have in common, the most frequent first. */
export function grouped<T>(
  items: readonly T[],
  key: (item: T) => string,
): readonly (readonly [string, readonly T[]])[] {
  return [...Map.groupBy(items, key)].toSorted((a, b) => b[1].length - a[1].length);
}
