/** What a rehearsal is asked. */

import type { PlanWindow } from '#domain/calendar.ts';
import type { MailboxKind } from '#domain/estate.ts';
import type { Rates } from '#domain/rates.ts';
import type { Roster } from '#planning/roster.ts';
import type { Weather } from './weather.ts';

/** Of a roster, what decides how a programme goes. */
export type RehearsedRoster = Pick<
  Roster,
  'size' | 'kind' | 'organisation' | 'sizeBytes' | 'items' | 'notBefore' | 'notAfter' | 'organisations'
>;

export interface RehearsalOrder {
  readonly roster: RehearsedRoster;
  /** All that can be used, in the order in which they open. */
  readonly windows: readonly PlanWindow[];
  /** For each organisation which windows are closed to it: null for none, else one octet per window, 1 for closed. */
  readonly closed: readonly (Uint8Array | null)[];
  /** Kinds that move strictly later than the last person of their organisation. */
  readonly kindsLast: readonly MailboxKind[];
  /** The plan: for each mailbox a number in `windows`; -1 for who has none. */
  readonly window: Int32Array;
  readonly rates: Rates;
  readonly weather: Weather;
  readonly habits: Habits;
  readonly timezone: string;
  readonly seed: number;
}

/** How the programme is led. */
export interface Habits {
  /** So long before its window the copying of a wave begins. */
  readonly aheadMs: number;
  readonly followEveryMs: number;
  /** The share of a wave that may fail before it pauses by itself. */
  readonly errorBudget: number;
  /** So long after its switch a mailbox is released, and followed no more; null: not within the programme. */
  readonly releaseAfterMs: number | null;
}

const dayMs = 24 * 3_600_000;

export const usualHabits: Habits = {
  aheadMs: 21 * dayMs,
  followEveryMs: 15 * 60_000,
  errorBudget: 0.02,
  releaseAfterMs: 30 * dayMs,
};
