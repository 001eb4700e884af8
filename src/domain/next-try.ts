/** When a mailbox whose pass has failed is tried again, and how often a fault of ours is before a person looks. */

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
