/** What a rehearsal answers. */

import type { PlanWindow } from '#domain/calendar.ts';

/** Why a mailbox did not switch in its window, the cause that nobody chose first. */
export const reasons = [
  'outage',
  'throttling',
  'slow',
  'copying',
  'capacity',
  'failures',
  'blocked',
  'paused',
  'held',
  'excluded',
  'left',
  'order',
  'dates',
] as const;
export type Reason = (typeof reasons)[number];

/** As sentences about "some of its mailboxes" are completed. */
export const reasonWords = {
  outage: 'a platform could not be reached',
  throttling: 'a platform asked for patience',
  slow: 'everything took longer than usual',
  copying: 'their first copy was not done',
  capacity: 'the window was too short for so many',
  failures: 'their passes failed',
  blocked: 'they were blocked and nobody had seen to it',
  paused: 'their wave had paused by its error budget',
  held: 'somebody asked them to wait',
  excluded: 'they were taken out of the programme',
  left: 'they had left',
  order: 'they go after the last person of their organisation, who had gone to a later window',
  dates: 'their dates did not allow the day',
} as const satisfies Record<Reason, string>;

/** What became of one window. `planned` and `movedIn` together are `done` and all of `missed`. */
export interface Evening {
  readonly window: PlanWindow;
  /** By the plan as it was given. */
  readonly planned: number;
  readonly plannedBytes: number;
  /** Who missed an earlier window, came home and goes again, or joined. */
  readonly movedIn: number;
  readonly done: number;
  readonly doneBytes: number;
  /** Of those done, how many were between the two sides as it closed, most of them blocked there, and were seen through after. */
  readonly late: number;
  readonly missed: Readonly<Record<Reason, number>>;
  /** The windows that those who missed it went to. */
  readonly wentTo: readonly { readonly window: number; readonly mailboxes: number }[];
  /** For whom no later window had room, or allowed them. */
  readonly nowhere: number;
  /** When the first and the last had switched within the window; null where nobody did. */
  readonly firstAt: number | null;
  readonly lastAt: number | null;
  /** Who was ready to switch as it opened. */
  readonly ready: number;
  readonly outageMs: number;
  readonly throttledMs: number;
  readonly isSlow: boolean;
  /** How often its wave paused by itself, and for how long within the window. */
  readonly pauses: number;
  readonly pausedMs: number;
}

/** How all stand, at one moment; every mailbox is in exactly one of the numbers from `unplaced` on. */
export interface Stand {
  readonly at: number;
  /** All there are, joiners included. */
  readonly mailboxes: number;
  /** Without a window by the plan, or for whom none was left. */
  readonly unplaced: number;
  readonly planned: number;
  readonly copying: number;
  readonly following: number;
  readonly switching: number;
  readonly settled: number;
  readonly returning: number;
  readonly released: number;
  readonly held: number;
  readonly blocked: number;
  readonly excluded: number;
  readonly left: number;
}

export interface DayOfRehearsal extends Stand {
  /** Those in whose window the plan had begun by then. */
  readonly plannedByThen: number;
  /** First copies that ended since the day before, and their octets. */
  readonly copied: number;
  readonly copiedBytes: number;
  /** The time between two looks at a mailbox that follows, as it had become. */
  readonly lookEveryMs: number;
}

export interface Rehearsal {
  readonly seed: number;
  readonly mailboxes: number;
  readonly joined: number;
  /** Of those for whom no window had room. */
  readonly joinedWithout: number;
  /** For whom the plan has no window. */
  readonly unplacedByPlan: number;
  /** The plan's last switch, by the close of its window; null where it places nobody. */
  readonly plannedFinish: number | null;
  /** When the last mailbox that switched had switched, and nine of ten of those that the plan places. */
  readonly finish: number | null;
  readonly mostDone: number | null;
  readonly evenings: readonly Evening[];
  readonly days: readonly DayOfRehearsal[];
  readonly end: Stand;
  readonly missed: Readonly<Record<Reason, number>>;
  /** Mailboxes that missed at least one window, and of those who switched in a later one. */
  readonly everMissed: number;
  readonly caughtUp: number;
  /** Who was sent home after the switch. */
  readonly wentBack: number;
  /** For each mailbox of the roster the window in which it switched last; -1 where it did not. */
  readonly switchedIn: Int32Array;
  readonly platforms: { readonly complaints: number; readonly outages: number; readonly restedMs: number };
}
