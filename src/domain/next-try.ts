/**
 * When a mailbox whose pass has failed is tried again, how often a switch is, and how often a fault of ours is before a person looks.
 * Workers and rehearsals ask the same.
 */

import type { Stage } from './journey.ts';

const firstWaitMs = 15_000;
const longestWaitMs = 30 * 60_000;

/** How long to wait, in milliseconds, after a failure that `failures` others came before. */
export function nextTryInMs(failures: number): number {
  return Math.min(longestWaitMs, firstWaitMs * 2 ** Math.min(failures, 10));
}

/** So many faults of ours in a row, and the mailbox waits for a person: four minutes of trying. */
export const ownFaultsMax = 5;

/** So often a switch is tried in bad weather before the mailbox goes back to following, and switches when that is over. */
export const switchTriesMax = 5;

export interface AfterFailure {
  readonly waitMs: number;
  /** It goes back to following, since it has met bad weather too often. */
  readonly isWithdrawn: boolean;
  /** In a row, with this one. */
  readonly failures: number;
}

/**
 * What follows from a pass that has met bad weather at `stage`, after so many that failed in a row. Who got further with it is
 * tried again soon the next time; but a switch or a way home that does not come about is counted, whatever it carried.
 */
export function afterFailure(stage: Stage, failures: number, gotFurther: boolean): AfterFailure {
  const waitMs = nextTryInMs(failures);
  const isWithdrawn = stage === 'switching' && failures + 1 >= switchTriesMax;
  const isCounted = !gotFurther || stage === 'switching' || stage === 'returning';
  return { waitMs, isWithdrawn, failures: isWithdrawn || !isCounted ? 1 : failures + 1 };
}
