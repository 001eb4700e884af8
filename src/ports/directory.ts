/** The operator's directory: one entry for each mailbox, whose attributes tell mail systems where it lives. */

import type { EntryValues } from '#domain/directory.ts';
import type { SideName } from '#domain/platform.ts';

export interface Directory {
  /**
   * Reads `attributes` in the one entry that `filter` finds, and puts what `choose` answers with in their place, all in one change
   * that happens or does not; null leaves the entry alone. Throws `directory.unusable`, `directory.refused`, `directory.no-entry`,
   * `directory.several`, the reason of the signal, and whatever `choose` throws.
   */
  change(
    filter: string,
    attributes: readonly string[],
    choose: (now: EntryValues) => Promise<EntryValues | null>,
    signal: AbortSignal,
  ): Promise<void>;
}

/** What entries said before we wrote there, where it outlives the process that wrote. */
export interface EntriesBefore {
  /** To be kept before it is written that the mailbox is on `side`; whatever was kept of it before is not any more. */
  keep(mailbox: number, side: SideName, entry: EntryValues): Promise<void>;
  /** What was kept before it was written that the mailbox is on `side`; null where nothing was. */
  of(mailbox: number, side: SideName): Promise<EntryValues | null>;
  /** It has been put back. A turned route forgets it by itself, in the transaction that turns it. */
  forget(mailbox: number): Promise<void>;
}
