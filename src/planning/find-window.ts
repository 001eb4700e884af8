/**
 * Which window of a calendar is meant by a plan or a wave that was made for an earlier one: the hours of a rule may have been shifted
 * since, and who is planned for that evening is planned for it still.
 */

import { waveNameOf } from '#domain/calendar-windows.ts';
import type { PlanWindow } from '#domain/calendar.ts';

/** A window by what tells it exactly, else by the name of its wave or rule and its day, else the only one of that day; -1 for none. */
export type FindWindow = (isIt: (window: PlanWindow) => boolean, wave: string, dayNumber: number) => number;

export function windowFinder(windows: readonly PlanWindow[]): FindWindow {
  return (isIt, wave, dayNumber) => {
    const exact = windows.findIndex(isIt);
    if (exact >= 0) return exact;
    const ofDay = windows.flatMap((window, at) => (window.dayNumber === dayNumber ? [at] : []));
    const named = ofDay.find((at) => isCalled(windows[at] as PlanWindow, wave));
    return named ?? (ofDay.length === 1 ? (ofDay[0] as number) : -1);
  };
}

/** Whether it is its wave, also one that was made later for the same window: `evening-2026-08-04-2`. */
function isCalled(window: PlanWindow, wave: string): boolean {
  const name = `${window.name}-${window.day}`;
  return waveNameOf(window) === wave || wave === name || wave.startsWith(`${name}-`);
}
