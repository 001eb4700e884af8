/** Days that people ask for, for mailboxes that are theirs. */

import type { AskedDays, DateWish, WishDeclined, WishedDays } from '#domain/dates.ts';
import type { Day } from '#domain/estate.ts';
import type { ListOrder, Page } from '#domain/estate-lists.ts';
import type { MailboxesOrdered, Whom } from '#domain/estate-state.ts';

export interface Dates {
  /** Held until that day, when they go on by themselves. Each with its record; with an unknown address nothing is done at all. */
  defer(whom: Whom, until: Day, who: string, why: string): Promise<MailboxesOrdered>;
  /** Asks for them, in place of whatever was asked before. Each with its record; with an unknown address nothing is done at all. */
  ask(whom: Whom, days: WishedDays, who: string, why: string): Promise<MailboxesOrdered>;
  /** Asks for nothing any more where something was open. Each with its record; with an unknown address nothing is done at all. */
  withdraw(whom: Whom, who: string, why: string): Promise<MailboxesOrdered>;
  /** Says no to what is asked for a mailbox. With its record. */
  decline(address: string, who: string, why: string): Promise<WishDeclined>;
  /** What was asked, answered or not, in the order of the addresses. */
  wishes(order: ListOrder): Promise<Page<DateWish>>;
}

/** What a planner is to hear of: all that is open. */
export interface OpenWishes {
  open(signal: AbortSignal): Promise<readonly AskedDays[]>;
}
