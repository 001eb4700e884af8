/** What a rehearsal is asked. */

import type { PlanWindow } from '#domain/calendar.ts';
import { connectionsFor } from '#domain/connections-for.ts';
import type { MailboxKind } from '#domain/estate.ts';
import type { Budget, SideName } from '#domain/platform.ts';
import type { Rates } from '#domain/rates.ts';
import { usualAheadMs, usualFollowEveryMs } from '#domain/usual-programme.ts';
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
  /** What both may be asked. */
  readonly platforms: Readonly<Record<SideName, PlayedPlatform>>;
  /** Mailboxes that all workers together have hands for; null: as many as there are connections. */
  readonly hands: number | null;
  readonly weather: Weather;
  readonly habits: Habits;
  readonly timezone: string;
  readonly seed: number;
}

export interface PlayedPlatform {
  readonly budget: Budget;
  /** In which the hours of its timetable are told. */
  readonly timezone: string;
}

/** Platforms of which nothing is known but how many mailboxes are worked on at one time. */
export function platformsFor(atOnce: number, timezone: string): RehearsalOrder['platforms'] {
  const budget: Budget = {
    connections: atOnce,
    connectionsPerMailbox: Math.max(...Object.values(connectionsFor)),
    bytesPerSecond: [{ fromMinute: 0, bytesPerSecond: null }],
    commandsPerSecond: null,
  };
  return { source: { budget, timezone }, target: { budget, timezone } };
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
  aheadMs: usualAheadMs,
  followEveryMs: usualFollowEveryMs,
  errorBudget: 0.02,
  releaseAfterMs: 30 * dayMs,
};
