/** How an estate stands, and what people order of its mailboxes. Nothing here counts two million rows. */

import type { EstateNow, MailboxOrder, MailboxOrdered } from '#domain/estate-state.ts';

export interface EstateView {
  now(): Promise<EstateNow>;
}

export interface MailboxOrders {
  /** With its record. `address` is compared without case. */
  order(address: string, order: MailboxOrder, who: string, why: string | null): Promise<MailboxOrdered>;
}
