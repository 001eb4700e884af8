/**
 * A plan as a file, `plan.csv`: whose evening is when, to be looked at in a spreadsheet, changed by hand and applied.
 *
 *     address,wave,window_start
 *     ann@rxy.example,pilot,2026-08-03T19:00
 *     bob@rxy.example,,
 *
 * Whoever has no window has neither wave nor start. Lines end with LF. A cell that a spreadsheet would take for a formula is written as
 * `lib/csv-cells.ts` has it, and read back as what it was.
 */

import { dayNumber } from '#domain/calendar-days.ts';
import { waveNameOf } from '#domain/calendar-windows.ts';
import type { PlanWindow } from '#domain/calendar.ts';

export const planColumns = ['address', 'wave', 'window_start'] as const;
export type PlanColumn = (typeof planColumns)[number];

/** What stands beside an address. */
export interface PlanEntry {
  readonly wave: string;
  /** By the clocks of the calendar: `2026-08-03T19:00`. */
  readonly start: string;
}

/** By the numbers of the windows. */
export function entriesOf(windows: readonly PlanWindow[]): readonly PlanEntry[] {
  return windows.map((window) => ({ wave: waveNameOf(window), start: window.start }));
}

/** Whether a start is a day and a time of day that there are. */
export function isWindowStart(text: string): boolean {
  if (!/^[12]\d{3}-\d\d-\d\dT([01]\d|2[0-3]):[0-5]\d$/.test(text)) return false;
  const at = Date.parse(`${text}Z`);
  // `Date.parse` takes the 31st of November for the 1st of December.
  return !Number.isNaN(at) && new Date(at).toISOString().startsWith(text);
}

/** The day of a start as days since 1970-01-01. */
export function startDayNumber(start: string): number {
  return dayNumber(start.slice(0, 10));
}
