/** How an estate stands, and what people order of its mailboxes. Nothing here counts two million rows. */

import type {
  ListOrder,
  MailboxLine,
  MailboxListOrder,
  OrganisationLine,
  Page,
  WaveLine,
} from '#domain/estate-lists.ts';
import type { EstateNow, MailboxesOrdered, MailboxOrder, Whom } from '#domain/estate-state.ts';
import type { Selector, UnknownName } from '#domain/selector.ts';

export interface EstateView {
  now(): Promise<EstateNow>;
  /** What gauges are made of, which is asked for again and again. */
  gauged(): Promise<EstateGauged>;
}

export type EstateGauged = Pick<EstateNow, 'standings' | 'platforms' | 'workers' | 'waysHomeLate'>;

export interface EstateLists {
  /** In the order of their addresses; those of one name, where nothing else is asked for, in the order of names. */
  mailboxes(order: MailboxListOrder): Promise<Page<MailboxLine> | UnknownName>;
  /** How many are meant; null where that could only be told by counting them. */
  count(selector: Selector): Promise<number | null>;
  /** In the order of their codes. */
  organisations(order: ListOrder): Promise<Page<OrganisationLine>>;
  /** All, the next to open first. */
  waves(): Promise<readonly WaveLine[]>;
}

export interface MailboxOrders {
  /** Each with its record. Addresses are compared without case; where one of them is not known nothing is done at all. */
  order(whom: Whom, order: MailboxOrder, who: string, why: string | null): Promise<MailboxesOrdered>;
}
