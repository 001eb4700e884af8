/**
 * What a platform may be asked, as its people agreed to it, and what our workers saw of it. The governor makes of both what
 * it is asked at the moment.
 */

/** The two ends of an estate's move. */
export const platformSides = ['source', 'target'] as const;
export type PlatformSide = (typeof platformSides)[number];

/** Null is no limit, except of connections, which are always counted. */
export interface PlatformBudget {
  /** At most so many at any instant, of all workers on all machines. */
  readonly connectionsMax: number;
  /** However much it complains, so many are kept, so that the move goes on. */
  readonly connectionsMin: number;
  readonly connectionsPerMailboxMax: number;
  /** Commands per second, of all workers together. */
  readonly commandsPerSecond: number | null;
  /** In rclone's notation (`#lib/timetable.ts`): `512k`, or `08:00,10M 19:00,off`; of all workers together. */
  readonly bandwidth: string | null;
  /** Where the hours of `bandwidth` are told, e.g. `Europe/London`; null for where this process runs. */
  readonly timezone: string | null;
  /** Sign-ins of so many mailboxes that fail in a row in the same way are the platform's fault, not theirs. */
  readonly breakerMailboxes: number;
}

/** What holds where nobody has said otherwise: modest enough for a server of people who were not asked. */
export const defaultBudget: PlatformBudget = {
  connectionsMax: 32,
  connectionsMin: 1,
  connectionsPerMailboxMax: 4,
  commandsPerSecond: null,
  bandwidth: null,
  timezone: null,
  breakerMailboxes: 8,
};

/** How a sign-in failed. `unreachable`: it did not come to one. */
export type SignInFailure = 'refused' | 'unavailable' | 'unreachable' | 'lost';

/**
 * What one worker saw of a platform. `text`: the words of the server, bounded and cleaned. `scope`: whether it spoke of this
 * one mailbox or of all of them. `waitMs`: how long it asked us to wait; null where it did not say.
 */
export type Sighting =
  | { readonly kind: 'signed-in'; readonly mailbox: number }
  | {
      readonly kind: 'sign-in-failed';
      readonly mailbox: number;
      readonly how: SignInFailure;
      readonly text: string;
    }
  /** `[THROTTLED]`, `Suggested Backoff Time`, `Retry-After`. */
  | {
      readonly kind: 'throttled';
      readonly scope: Scope;
      readonly waitMs: number | null;
      readonly text: string;
    }
  /** `[LIMIT]`, `Too many connections`. */
  | { readonly kind: 'too-many-connections'; readonly scope: Scope; readonly text: string }
  /** `[UNAVAILABLE]`, `[SERVERBUG]`, a `BYE` out of nothing. */
  | { readonly kind: 'unavailable'; readonly waitMs: number | null; readonly text: string }
  /** `[INUSE]`: somebody else has this mailbox open. */
  | { readonly kind: 'in-use'; readonly mailbox: number; readonly text: string }
  /** What it gives in a day is used up. */
  | { readonly kind: 'quota-used'; readonly waitMs: number | null; readonly text: string };

export type Scope = 'mailbox' | 'platform';

/** What a platform is asked at the moment, and why: as an operator sees it and as a worker keeps to it. */
export interface PlatformNow {
  readonly side: PlatformSide;
  /** Of all workers together. */
  readonly connections: number;
  readonly connectionsPerMailbox: number;
  /** Held by leases that have not lapsed. */
  readonly connectionsInUse: number;
  /** Of all workers together; null without limit. */
  readonly commandsPerSecond: number | null;
  readonly bytesPerSecond: number | null;
  /**
   * `open`: goes on. `resting`: the platform asked us to wait. `shut`: the breaker is open, nobody signs in. `probing`: one
   * mailbox is trying whether it is well again.
   */
  readonly state: 'open' | 'resting' | 'shut' | 'probing';
  /** Until when, in milliseconds since 1970 by the clock of the database; null when open. */
  readonly until: number | null;
  /** In words, for a person: what is being held back and what the platform said. */
  readonly why: string;
}
