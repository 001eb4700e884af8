/**
 * For how long a switch kept somebody from their mailbox, told apart by what they would have noticed. Our own stamps, from the hold to
 * the turn, are there of every switch and are never undercut; where somebody tried meanwhile, the largest of all counts.
 */

import type { SideName } from './platform.ts';

/** `attempts`: sign-ins or deliveries were really tried while it switched, and are in it. `stamps`: nobody tried. */
export type InterruptionOrigin = 'attempts' | 'stamps';

/** One switch of one mailbox. Null: of that nothing is known. */
export interface Interruption {
  /** When its route was turned, in ISO 8601. */
  readonly at: string;
  /** That it came to. */
  readonly side: SideName;
  /** What counts: the largest of all. */
  readonly ms: number;
  readonly by: InterruptionOrigin;
  /** From the hold to the turn, by our own clock. */
  readonly stampsMs: number;
  /** From the first sign-in that was refused, or waited for more than a second over the usual, to the first that succeeded. */
  readonly signInMs: number | null;
  /** From when we ended sessions to when a new one could begin; by our stamps. */
  readonly sessionMs: number | null;
  /** The longest that a message took from when it was first offered to us until it had arrived, less the usual. */
  readonly deliveryMs: number | null;
}

/** Over all of several mailboxes that have switched, none left out, in milliseconds. */
export interface Interruptions {
  readonly half: number;
  /** 99 of a hundred were no longer. */
  readonly p99: number;
  readonly longest: number;
  /** How many mailboxes that is, by the origin of what is told of them. */
  readonly byAttempts: number;
  readonly byStamps: number;
}

/** What came of the attempts on one mailbox, as it is kept. */
export interface AttemptsFound {
  readonly mailbox: number;
  readonly kind: 'sign-in' | 'delivery';
  readonly ms: number;
  /** Since the first of them began, and since the last had succeeded. */
  readonly beganAgoMs: number;
  readonly endedAgoMs: number;
}
