/**
 * How many connections each platform is giving to whom, exactly, on however many machines; and what it has to be spared.
 * Connections are leased: whoever takes some holds them until it gives them back, or for as long as it is at work
 * (`ports/workforce.ts`).
 */

import type { Budget, SideName } from '#domain/platform.ts';
import type { PlatformNow, Sighting } from '#domain/sighting.ts';

/** Connections that this worker may have open, until it releases them or is counted as gone. */
export interface ConnectionLease {
  readonly id: number;
  readonly side: SideName;
  readonly mailbox: number;
  readonly connections: number;
  /**
   * The breaker is open, and this mailbox is the one that tries, with one connection: report how its sign-in went before
   * anything else.
   */
  readonly isProbe: boolean;
}

export interface WantedConnections {
  readonly side: SideName;
  readonly mailbox: number;
  /** As many as would be of use. */
  readonly connections: number;
  /** Fewer than these are of no use. */
  readonly atLeast: number;
}

export type Taken =
  | { readonly kind: 'granted'; readonly lease: ConnectionLease }
  /** Nothing was given: ask again after `waitMs`. `why` is for a person. */
  | { readonly kind: 'wait'; readonly waitMs: number; readonly why: string }
  /** We were counted as gone: everything that we held is lost. See `Workforce`. */
  | { readonly kind: 'gone' };

/** What reporting led to. */
export interface Consequence {
  readonly platform: PlatformNow;
  /**
   * Mailboxes of which a sign-in had failed and which are not to blame for it, since the platform turned out to be: what was
   * held against them (a mark, a count of failures) was taken back, with a record. Empty unless the breaker is open.
   */
  readonly acquitted: readonly number[];
}

/** What both platforms may be asked, as one worker sees it. */
export interface Governor {
  /**
   * Takes between `atLeast` and `connections` for a mailbox, or nothing. Never more, with all other leases, than what
   * the platform is asked at the moment and than one mailbox may have. Throws `database.*`.
   */
  take(wanted: WantedConnections): Promise<Taken>;

  /** Gives connections back, after they were closed. Of those that had lapsed already nothing is said. */
  release(leases: readonly ConnectionLease[]): Promise<void>;

  /** Tells what was seen, in the order in which it was; the governor and the breaker draw their conclusions at once. */
  report(side: SideName, seen: readonly Sighting[]): Promise<Consequence>;

  /**
   * Takes back what was held against a mailbox whose sign-in failed, if the breaker is open by now: another may have opened it
   * between the failure and its being written down.
   */
  absolve(side: SideName, mailbox: number): Promise<void>;
}

/** The same as whoever operates the estate sees it. */
export interface Platforms {
  /**
   * Sets what a platform may be asked; what it is asked at the moment moves into the new bounds. `timezone`: where the hours
   * of the budget are told, e.g. `Europe/London`.
   */
  setBudget(side: SideName, budget: Budget, timezone: string): Promise<void>;
  /** What each is asked at the moment, and why; those whose budget was never set are not there. */
  platformsNow(): Promise<readonly PlatformNow[]>;
  /** Takes back what the governor and the breaker concluded: a person knows that the platform is well. */
  trustAgain(side: SideName): Promise<void>;
}
