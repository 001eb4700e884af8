/** The operator's directory: one entry for each mailbox, whose attributes tell mail systems where it lives. */

import type { EntryValues } from '#domain/directory.ts';

export interface Directory {
  /**
   * Reads `attributes` in the one entry that `filter` finds, and puts what `choose` answers with in their place, all in one change
   * that happens or does not; null leaves the entry alone. Throws `directory.unusable`, `directory.refused`, `directory.no-entry`,
   * `directory.several`, and the reason of the signal.
   */
  change(
    filter: string,
    attributes: readonly string[],
    choose: (now: EntryValues) => EntryValues | null,
    signal: AbortSignal,
  ): Promise<void>;
}
