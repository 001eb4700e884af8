/**
 * Finds, for messages without a counterpart of the same content, the one on the other side that is the same message served
 * otherwise: first by content with known changes levelled, then by Message-ID, then by date and size. What remains is
 * missing on the target or extra there.
 */

import type { DifferenceClass } from '#domain/verify-report.ts';
import type { Columns } from './columns.ts';
import { type Forms, type FormsOf, levellings } from './forms.ts';

export interface Likeness {
  readonly source: number;
  readonly target: number;
  readonly differences: readonly { readonly class: DifferenceClass; readonly detail: string }[];
}

export interface Leftovers {
  readonly alike: readonly Likeness[];
  readonly missing: readonly number[];
  readonly extra: readonly number[];
}

export function pairLeftovers(
  source: Columns,
  sourceRows: readonly number[],
  sourceForms: FormsOf,
  target: Columns,
  targetRows: readonly number[],
  targetForms: FormsOf,
): Leftovers {
  const alike: Likeness[] = [];
  const ours = new Set(sourceRows);
  const theirs = new Set(targetRows);

  const pairBy = (
    keyOfOurs: (row: number) => string | null,
    keyOfTheirs: (row: number) => string | null,
    differences: (a: number, b: number) => Likeness['differences'],
  ): void => {
    const byKey = Map.groupBy(theirs, (row) => keyOfTheirs(row) ?? '');
    byKey.delete('');
    for (const row of ours) {
      const candidates = byKey.get(keyOfOurs(row) ?? '');
      if (!candidates || candidates.length === 0) continue;
      const sameDate = candidates.findIndex((other) => source.compareDate(row, target, other) === 0);
      const [found] = candidates.splice(Math.max(0, sameDate), 1) as [number];
      alike.push({ source: row, target: found, differences: differences(row, found) });
      ours.delete(row);
      theirs.delete(found);
    }
  };

  for (const [index, levels] of levellings.entries()) {
    if (ours.size === 0 || theirs.size === 0) break;
    pairBy(
      (row) => sourceForms.get(row)?.levelled[index] ?? null,
      (row) => targetForms.get(row)?.levelled[index] ?? null,
      () => levels.map((level) => ({ class: level, detail: inWords[level] })),
    );
  }
  const byContent = (a: number, b: number) =>
    contentDifference(source, a, sourceForms.get(a), target, b, targetForms.get(b));
  pairBy(
    (row) => sourceForms.get(row)?.messageId ?? null,
    (row) => targetForms.get(row)?.messageId ?? null,
    byContent,
  );
  pairBy(
    (row) => dateAndSize(source, row),
    (row) => dateAndSize(target, row),
    byContent,
  );
  return { alike, missing: [...ours], extra: [...theirs] };
}

const inWords = {
  lineEnds: 'line ends are served otherwise (CR, LF, or those at the very end)',
  nul: 'NUL octets are served as 0x80',
  header8bit: 'octets above 127 in the header are served as X',
} as const;

function contentDifference(
  source: Columns,
  row: number,
  ours: Forms | undefined,
  target: Columns,
  other: number,
  theirs: Forms | undefined,
): Likeness['differences'] {
  const sizes = `${source.sizeBytes(row) ?? 'unknown'} octets on the source, ${target.sizeBytes(other) ?? 'unknown'} on the target`;
  if (!ours || !theirs) return [{ class: 'content', detail: sizes }];
  const where =
    ours.header === theirs.header
      ? 'the body differs'
      : ours.body === theirs.body
        ? 'the header differs'
        : 'header and body differ';
  return [{ class: 'content', detail: `${where}; ${sizes}` }];
}

function dateAndSize(columns: Columns, row: number): string | null {
  const [date, size] = [columns.internalDate(row), columns.sizeBytes(row)];
  return date === null || size === null ? null : `${date} ${size}`;
}
