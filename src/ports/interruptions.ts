/** What was really tried while mailboxes changed sides, from who sees it to where it is kept. */

import type { Attempt } from '#domain/attempt-fold.ts';
import type { AttemptsFound } from '#domain/interruption.ts';
import type { Named } from '#domain/platform.ts';

/** For doors that see people and mail wait. It costs them nothing, never fails, and never waits. */
export interface AttemptSink {
  attempted(attempt: Attempt): void;
}

export interface InterruptionIntake {
  /**
   * Adds what was found to the switch that fell into that time, of each the longest; what fell into none is let fall. What the switch
   * is known by grows with it, and never shrinks.
   */
  keep(found: readonly AttemptsFound[]): Promise<void>;
}

/** How one sign-in ended. `not-counted`: it was broken off, or refused for the number of them, and says nothing of the mailbox. */
export type SignInTried = 'in' | 'refused' | 'not-counted';

/** Tries to sign in to one mailbox, as a person's program would. Rejects only by a fault of ours. */
export type TrySignIn = (mailbox: Named, signal: AbortSignal) => Promise<SignInTried>;
