/** What was forecast of a wave, and what became of it. Times are milliseconds since 1970, by the clock of the database. */

import type { Range } from './forecast.ts';
import type { WaveState } from './release.ts';
import type { Window } from './window.ts';

export interface ForecastPast {
  readonly wave: string;
  readonly state: WaveState;
  readonly window: Window;
  /** The first that was kept of it, and the last before its window opened; the same where there was one; null for none. */
  readonly first: ForecastKept | null;
  readonly last: ForecastKept | null;
  /** Who switched in it, and when the last of them had; who was in it and did not. */
  readonly switched: number;
  readonly finish: number | null;
  readonly missed: number;
}

export interface ForecastKept {
  readonly madeAt: number;
  readonly finish: Range | null;
  /** The share of its mailboxes. */
  readonly missed: Range;
  readonly samples: number;
}

/** Whether what happened lies in what was forecast: not later than nine times in ten. Null where nothing was, or nobody switched. */
export function wasRight({ last, finish }: ForecastPast): boolean | null {
  return last?.finish && finish !== null ? finish <= last.finish.p90 : null;
}
