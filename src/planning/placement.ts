/** What the planner is asked, and what it answers. */

import type { Calendar, PlanWindow } from '#domain/calendar.ts';
import type { Roster } from './roster.ts';

export interface PlanningOrder {
  readonly roster: Roster;
  readonly calendar: Calendar;
  /** In the order of their starts. */
  readonly windows: readonly PlanWindow[];
  /** For each organisation of the roster which windows are closed to it: null for none, else one octet per window, 1 for closed. */
  readonly closed: readonly (Uint8Array | null)[];
  /** Who has moved already, or does in a window that has begun: the day number, else `notFixed`; null where nobody has. */
  readonly fixed: Int32Array | null;
  /** The window of each in the plan before, -1 for none; null where there is none before. What costs the same stays as it was. */
  readonly before: Int32Array | null;
  /** More pairs who wish to move together, beside the grants; null for none. */
  readonly together: { readonly a: Int32Array; readonly b: Int32Array; readonly weight: Float64Array } | null;
  /** Who wishes to move after others: granted where it costs nothing hard; null for none. */
  readonly lastWishes: readonly LastWish[] | null;
  /** Days on which somebody wishes not to move: kept, but where somebody would have no window by it; null for none. */
  readonly barred: Barred | null;
  readonly seed: number;
  /** Seconds on the machine that `docs/planning.md` names; counted in steps, so that the same order has the same answer anywhere. */
  readonly effortSeconds: number;
  /** Who left the programme for good or is held back: 1, not to be placed and not counted; null for nobody. */
  readonly excluded: Uint8Array | null;
}

export const notFixed = -0x8000_0000;

/** All of one organisation that wish to move after everybody else of its own. */
export interface LastWish {
  /** In the order of their numbers. */
  readonly mailboxes: Int32Array;
  /** Of whom they wish to be last: the organisation that asks, and all below it. */
  readonly organisations: readonly number[];
}

/** One octet per window, 1 for those in which they wish not to move. */
export interface Barred {
  /** By organisation; null for none. */
  readonly ofOrganisation: readonly (Uint8Array | null)[];
  readonly ofMailbox: ReadonlyMap<number, Uint8Array>;
}

/** Whether a mailbox, or its organisation, wishes not to move in a window. */
export function isBarred(barred: Barred | null, organisation: number, mailbox: number, window: number): boolean {
  if (barred === null) return false;
  return barred.ofOrganisation[organisation]?.[window] === 1 || barred.ofMailbox.get(mailbox)?.[window] === 1;
}

export interface Placement {
  /** The window of each mailbox, a number in `windows`; -1: unplaced, or fixed. */
  readonly window: Int32Array;
  /** Σ weight × days apart over all grants with two placed (or fixed) ends. */
  readonly grantDays: number;
  /** How many have no window for whom the search ended before it had looked everywhere; nobody where it is not said. */
  readonly cutShort?: number;
}

/** Told while it is planned. */
export interface PlanningWatcher {
  /**
   * `share`: how much of the effort is spent, from 0 to 1; `grantDays`: the best so far, null before there is one. It is waited for,
   * so that others have their turn meanwhile; what it throws ends the planning.
   */
  progress(step: string, share: number, grantDays: number | null): void | Promise<void>;
}
