/** Days that people ask for, by the API of a server. */

import type { ApiClient } from '#api/client.ts';
import type { DateWish, WishDeclined } from '#domain/dates.ts';
import type { MailboxesOrdered } from '#domain/estate-state.ts';
import type { Dates } from '#ports/dates.ts';
import { pages } from './lists-there.ts';
import { whomText } from './mailbox-orders-there.ts';
import { orNotThere, orRefused, was } from './outcomes-there.ts';

export function datesThere(client: ApiClient): Dates {
  const ordered = (asked: Promise<unknown>): Promise<MailboxesOrdered> =>
    orRefused<MailboxesOrdered>(asked as Promise<MailboxesOrdered>, 'unknown', 'unknown-mailboxes');
  return {
    defer: (whom, until, _who, why) =>
      ordered(client.ask('defer-mailboxes', { body: { ...whomText(whom), until, why } })),
    ask: (whom, { notBefore, notAfter }, _who, why) =>
      ordered(
        client.ask('ask-for-dates', {
          body: { ...whomText(whom), notBefore, ...(notAfter === null ? {} : { notAfter }), why },
        }),
      ),
    withdraw: (whom, _who, why) => ordered(client.ask('withdraw-wishes', { body: { ...whomText(whom), why } })),
    decline: (address, _who, why) =>
      orNotThere<WishDeclined>(
        orRefused<WishDeclined>(client.ask('decline-wish', { params: { address }, body: { why } }), 'not-open'),
        () => ({ kind: 'unknown-mailbox' }),
      ),
    wishes: (order) => pages<DateWish>(order, async (query) => was(await client.ask('list-wishes', { query }))),
  };
}
