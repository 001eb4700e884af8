/** Both ends of a mailbox's journey, opened as the settings of the programme say, within what the platforms may be asked. */

import type { Direction } from '#domain/ledger-turn.ts';
import type { SideName } from '#domain/platform.ts';
import type { Traveller } from './journeys.ts';
import type { LedgerStore, MailboxPair } from './ledger.ts';
import type { OpenSource, OpenTarget } from './mailbox.ts';

/** The ends as a pass of this direction sees them: `back` reads the target and writes to the source. */
export interface Ends {
  readonly pair: MailboxPair;
  readonly openSource: OpenSource;
  readonly openTarget: OpenTarget;
  /** The same ends, to be looked at only, by connections of their own. */
  readonly openSourceToRead: OpenSource;
  readonly openTargetToRead: OpenSource;
  readonly ledger: LedgerStore;
}

export type LedgerTurn =
  /** `isAll`: the ledger that was turned holds nothing that the new one does not, and may be forgotten. */
  { readonly kind: 'turned'; readonly isAll: boolean } | { readonly kind: 'unsettled'; readonly why: string };

/** One mailbox in the hands of this worker. */
export interface MailboxInHand {
  readonly traveller: Traveller;
  /** Opening takes connections from the budgets of the platforms and waits until there are some; closing gives them back. */
  ends(direction: Direction): Ends;
  /** Who the mailbox is on that side. */
  user(side: SideName): string;
  /** Signs out what is signed in and waits for the next pass. */
  leaveBoth(): void;
  /** What is known of the way that leads from the side that was left, `direction`, for one pass: made of the ledger that leads there. */
  strayLedger(direction: Direction): Promise<LedgerStore>;
  /** Makes the ledger of the other direction, or says why that cannot be yet. */
  turnLedger(from: Direction): Promise<LedgerTurn>;
}
