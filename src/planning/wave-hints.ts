/** `wave_hint`: into which windows a mailbox hopes to come, and what became of that. */

import { waveNameOf } from '#domain/calendar-windows.ts';
import type { PlanWindow } from '#domain/calendar.ts';
import { isToPlace } from './moves.ts';
import type { Placement, PlanningOrder } from './placement.ts';

/** For each hint of the roster the windows that are meant, one octet for each; null where none is. Case does not matter. */
export function hintedWindows({
  roster,
  windows,
}: Pick<PlanningOrder, 'roster' | 'windows'>): readonly (Uint8Array | null)[] {
  const names = windows.map(namesOf);
  return roster.hints.map((hint) => {
    const wanted = hint.trim().toLowerCase();
    const meant = Uint8Array.from(names, (each) => Number(each.includes(wanted)));
    return meant.includes(1) ? meant : null;
  });
}

/** The name of its wave, that of its rule, and the rule with the day, which is the name of its wave unless it is the pilot. */
function namesOf(window: PlanWindow): readonly string[] {
  const { name, day } = window;
  return [waveNameOf(window), name, `${name}-${day}`].map((each) => each.toLowerCase());
}

export interface HintsOutcome {
  readonly granted: number;
  readonly notGranted: number;
  /** Of mailboxes whose hint names no window of this calendar. */
  readonly unknown: number;
  /** The first that were not granted, or not understood. */
  readonly first: readonly { readonly mailbox: number; readonly hint: string; readonly isKnown: boolean }[];
}

const firstTold = 20;

/** Of everybody who is placed or to be placed; null where nobody has a hint. */
export function hintsOutcome(order: PlanningOrder, { window }: Placement): HintsOutcome | null {
  const { roster } = order;
  const hinted = hintedWindows(order);
  const counts = { granted: 0, notGranted: 0, unknown: 0 };
  const first: HintsOutcome['first'][number][] = [];
  for (let mailbox = 0; mailbox < roster.size; mailbox++) {
    const hint = roster.waveHint[mailbox] as number;
    if (hint < 0 || !isToPlace(order, mailbox)) continue;
    const meant = hinted[hint] ?? null;
    const isGranted = meant !== null && meant[window[mailbox] as number] === 1;
    counts[meant === null ? 'unknown' : isGranted ? 'granted' : 'notGranted']++;
    if (!isGranted && first.length < firstTold)
      first.push({ mailbox, hint: roster.hints[hint] as string, isKnown: meant !== null });
  }
  return counts.granted + counts.notGranted + counts.unknown === 0 ? null : { ...counts, first };
}
