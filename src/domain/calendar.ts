/** The calendar of a programme: when there are windows, how much fits into each, and when nobody may move (`calendar.yaml`). */

import type { Day, GrantKind, MailboxKind } from './estate.ts';
import type { DayWindow } from './window.ts';

export const weekdays = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'] as const;
export type Weekday = (typeof weekdays)[number];

/** Windows that come again every week. */
export interface WindowRule {
  readonly name: string;
  /** On which it opens. */
  readonly days: readonly Weekday[];
  /** By the clocks of the calendar's time zone: `19:00`. */
  readonly start: string;
  readonly end: string;
  /** The day on which it closes; null: at the first `end` after its start. */
  readonly endDay: Weekday | null;
  /** At most so many switch in it. */
  readonly mailboxes: number;
  /** And at most so much, by the sizes of their mailboxes; null: as much as comes. */
  readonly bytes: number | null;
}

/** Days, both included, from the first midnight to the last by the clocks of the time zone. */
export interface Blackout {
  readonly from: Day;
  readonly until: Day;
  /** For whom: organisations by their codes, and those that have one of `under` above them; both null: for everybody. */
  readonly organisations: readonly string[] | null;
  readonly under: readonly string[] | null;
}

export interface Calendar {
  readonly timezone: string;
  /** A window opens on one of these days, both included. */
  readonly from: Day;
  readonly until: Day;
  readonly windows: readonly WindowRule[];
  readonly blackouts: readonly Blackout[];
  /** These move in a window that opens later than that of the last placed person of the same organisation. */
  readonly kindsLast: readonly MailboxKind[];
  /** At most this share of all, and at least one, moves in the first usable window; null: no pilot. */
  readonly pilot: { readonly share: number } | null;
  /** What one day apart costs for a grant of a kind. */
  readonly weights: Readonly<Record<GrantKind, number>>;
  /** Capacity grows from a share of it to all of it over the first weeks, counted from the first usable window. */
  readonly ramp: { readonly weeks: number; readonly from: number } | null;
}

/** A window that can be used: it touches no blackout that is for everybody. */
export interface PlanWindow extends DayWindow {
  /** Of its rule. */
  readonly name: string;
  /** As plans write it, by the clocks of the time zone: `2026-08-03T19:00`. */
  readonly start: string;
  /** `day` as days since 1970-01-01, to count with. */
  readonly dayNumber: number;
  /** What fits, ramp and pilot considered. */
  readonly mailboxes: number;
  readonly bytes: number;
  readonly isPilot: boolean;
}
