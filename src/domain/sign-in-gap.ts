/** From the sign-ins that were tried every so often, for how long nobody got in. */

import { unnoticedMs } from './attempt-fold.ts';

/** One sign-in, by a clock that nobody sets, in milliseconds. */
export interface TriedSignIn {
  readonly fromMs: number;
  readonly untilMs: number;
  readonly isIn: boolean;
}

export interface SignInGap {
  readonly ms: number;
  /** When the first of them began, and when the last that got in had. */
  readonly beganMs: number;
  readonly endedMs: number;
}

/**
 * The longest time from an attempt that was refused, or took a second longer than is usual, to the first that got in of those that were
 * made from then on; 0 where there was none such. Where nobody got in in the end, null: nothing is known then; or, with `givenUpMs`, at
 * which nobody had got in yet, the time until then: it was no shorter. Null where nobody tried.
 */
export function signInGap(
  tried: readonly TriedSignIn[],
  usualMs: number,
  givenUpMs: number | null = null,
): SignInGap | null {
  const inOrder = tried.toSorted((a, b) => a.fromMs - b.fromMs);
  const [first] = inOrder;
  if (first === undefined) return null;
  let ms = 0;
  /** The earliest end of those that got in, of this attempt and all after it. */
  let nextInMs = givenUpMs ?? Number.POSITIVE_INFINITY;
  let endedMs = givenUpMs ?? Number.NEGATIVE_INFINITY;
  for (const { fromMs, untilMs, isIn } of inOrder.toReversed()) {
    if (isIn) [nextInMs, endedMs] = [Math.min(nextInMs, untilMs), Math.max(endedMs, untilMs)];
    if (isIn && untilMs - fromMs <= usualMs + unnoticedMs) continue;
    if (nextInMs === Number.POSITIVE_INFINITY) return null;
    ms = Math.max(ms, nextInMs - fromMs);
  }
  return { ms: Math.round(ms), beganMs: first.fromMs, endedMs };
}

/** What half of them took; 0 of none. */
export function usualOf(tried: readonly TriedSignIn[]): number {
  const took = tried.map(({ fromMs, untilMs }) => untilMs - fromMs).toSorted((a, b) => a - b);
  return took[Math.floor(took.length / 2)] ?? 0;
}
