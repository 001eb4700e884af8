/**
 * How long work takes, from work that was done: a part for each mailbox, a part for each item and one for each octet, none of
 * them negative, and how far single mailboxes lie from that. What is fitted is the ratio and not the difference, since a
 * large mailbox may be as far off by an hour as a small one by a second.
 */

import type { WorkRate } from './rates.ts';

/** A piece of work that was done. */
export interface WorkDone {
  readonly items: number;
  readonly bytes: number;
  readonly ms: number;
}

/** Fewer say nothing of the rest. */
export const fewestSamples = 30;
/** After so many rounds the weights hardly change any more. */
const rounds = 8;
/** Nothing varies less: some luck is in all work. */
const leastSigma = 0.05;

/** Null where too little was done. */
export function fitWork(done: readonly WorkDone[]): WorkRate | null {
  const sound = done.filter(({ ms }) => ms > 0);
  if (sound.length < fewestSamples) return null;
  let parts: Parts = [mean(sound.map(({ ms }) => ms)), 0, 0];
  for (let round = 0; round < rounds; round++) {
    const weights = sound.map((each) => 1 / Math.max(1, expected(parts, each)) ** 2);
    parts = leastSquares(sound, weights);
  }
  // So that the mean of all is what was measured, however far the single ones lie from it.
  const ratio = sum(sound.map(({ ms }) => ms)) / sum(sound.map((each) => Math.max(1, expected(parts, each))));
  const [fixedMs, msPerItem, msPerByte] = parts.map((part) => part * ratio) as [number, number, number];
  const logs = sound.map((each) => Math.log(each.ms / Math.max(1, ratio * expected(parts, each))));
  return { fixedMs, msPerItem, msPerByte, sigma: Math.max(leastSigma, deviation(logs)) };
}

type Parts = readonly [fixed: number, item: number, octet: number];

function expected([fixed, item, octet]: Parts, { items, bytes }: Pick<WorkDone, 'items' | 'bytes'>): number {
  return fixed + item * items + octet * bytes;
}

/** The best without a negative part: there are seven choices of parts that may be more than nothing, and all are tried. */
function leastSquares(done: readonly WorkDone[], weights: readonly number[]): Parts {
  let best: { readonly parts: Parts; readonly error: number } | null = null;
  for (let choice = 1; choice < 8; choice++) {
    const used = [0, 1, 2].filter((part) => (choice >> part) & 1);
    const parts = solved(done, weights, used);
    if (parts === null || parts.some((part) => part < 0)) continue;
    const error = sum(done.map((each, i) => (weights[i] as number) * (each.ms - expected(parts, each)) ** 2));
    if (best === null || error < best.error) best = { parts, error };
  }
  return best?.parts ?? [mean(done.map(({ ms }) => ms)), 0, 0];
}

/** The normal equations for these parts, by elimination; null where they do not tell the parts apart. */
function solved(done: readonly WorkDone[], weights: readonly number[], used: readonly number[]): Parts | null {
  const values = ({ items, bytes }: WorkDone): readonly number[] =>
    used.map((part) => [1, items, bytes][part] as number);
  const size = used.length;
  const rows = used.map(() => Array.from({ length: size + 1 }, () => 0));
  for (const [i, each] of done.entries()) {
    const weight = weights[i] as number;
    const its = values(each);
    for (const [r, row] of rows.entries()) {
      for (let c = 0; c < size; c++) row[c] = (row[c] as number) + weight * (its[r] as number) * (its[c] as number);
      row[size] = (row[size] as number) + weight * (its[r] as number) * each.ms;
    }
  }
  const found = eliminated(rows);
  if (found === null) return null;
  const parts = [0, 0, 0];
  for (const [i, part] of used.entries()) parts[part] = found[i] as number;
  return parts as unknown as Parts;
}

function eliminated(rows: number[][]): readonly number[] | null {
  const size = rows.length;
  // Octets are a million times items: what is small is told by its own column.
  const scale = rows.map((row, i) => Math.sqrt(row[i] as number));
  if (scale.some((each) => !(each > 0))) return null;
  const scaled = rows.map((row, r) =>
    row.map((value, c) => value / ((scale[r] as number) * (c < size ? (scale[c] as number) : 1))),
  );
  for (let pivot = 0; pivot < size; pivot++) {
    const from = scaled[pivot] as number[];
    if (Math.abs(from[pivot] as number) < 1e-9) return null;
    for (let r = 0; r < size; r++) {
      if (r === pivot) continue;
      const row = scaled[r] as number[];
      const factor = (row[pivot] as number) / (from[pivot] as number);
      for (let c = pivot; c <= size; c++) row[c] = (row[c] as number) - factor * (from[c] as number);
    }
  }
  return scaled.map((row, i) => (row[size] as number) / (row[i] as number) / (scale[i] as number));
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function mean(values: readonly number[]): number {
  return sum(values) / values.length;
}

function deviation(values: readonly number[]): number {
  const middle = mean(values);
  return Math.sqrt(mean(values.map((value) => (value - middle) ** 2)));
}
