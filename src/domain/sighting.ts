/**
 * What our workers see of a platform (`Sighting`), and what it is asked at the moment in consequence (`PlatformNow`). The
 * governor makes the one of the other, within the budget that the platform's people agreed to (`Budget` in `platform.ts`).
 */

import type { SideName } from './platform.ts';

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
  readonly side: SideName;
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
