/** What was forecast of a wave, and what became of it. Times are milliseconds since 1970, by the clock of the database. */

import type { Range } from './forecast.ts';
import type { WaveState } from './release.ts';
import type { Window } from './window.ts';

export interface ForecastPast {
  readonly wave: string;
  /** Null where a plan has taken it away. */
  readonly state: WaveState | null;
  readonly window: Window;
  /** The first that was kept of this window, and the last before it opened; the same where there was one; null for none. */
  readonly first: ForecastKept | null;
  readonly last: ForecastKept | null;
  /** As the window closed: who had switched in it, and when the last of them had; who was in it and had not. */
  readonly switched: number;
  readonly finish: number | null;
  readonly missed: number;
}

export interface ForecastKept {
  readonly madeAt: number;
  readonly finish: Range | null;
  /** Who was still to switch. */
  readonly mailboxes: number;
  /** The share of its mailboxes. */
  readonly missed: Range;
  readonly samples: number;
}

/**
 * Whether what happened lies in what was forecast for nine times in ten: it was over by then, and no more missed it. Null where
 * nothing was forecast, or nobody was there.
 */
export function wasRight({ last, finish, switched, missed }: ForecastPast): boolean | null {
  if (last === null || switched + missed === 0) return null;
  const isInTime = finish === null || last.finish === null || finish <= last.finish.p90;
  return isInTime && missed <= missedMost(last);
}

/** How many were told to miss it, nine times in ten. */
export function missedMost({ missed, mailboxes }: ForecastKept): number {
  return Math.round(missed.p90 * mailboxes);
}
