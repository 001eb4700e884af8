/** What people order of mailboxes, by the API of a server. */

import type { ApiClient } from '#api/client.ts';
import type { OperationName } from '#api/contract.ts';
import { addressesMost } from '#api/operation.ts';
import { usageError } from '#cli/usage.ts';
import type { Programme } from '#cli/world.ts';
import type { MailboxesOrdered, MailboxOrder, Whom } from '#domain/estate-state.ts';
import { selectorText } from '#domain/selector.ts';
import { orRefused, wanted, was } from './outcomes-there.ts';
import { reasonIn } from './waves-there.ts';

const operations = {
  hold: 'hold-mailboxes',
  release: 'release-mailboxes',
  retry: 'retry-mailboxes',
  exclude: 'exclude-mailboxes',
  'same-account': 'same-account',
  'other-account': 'other-account',
} as const satisfies Record<Exclude<MailboxOrder, 'go-back'>, OperationName>;

export function mailboxOrdersThere(client: ApiClient): Programme['mailboxes'] {
  return {
    order(whom, order, _who, why) {
      const meant = whomText(whom);
      const asked =
        order === 'go-back'
          ? client.ask('bring-mailboxes-back', { body: { ...meant, why: wanted(why, 'to bring people home') } })
          : client.ask(operations[order], { body: { ...meant, ...reasonIn(why) } });
      return orRefused<MailboxesOrdered>(
        asked.then((ordered) => was<MailboxesOrdered>(ordered)),
        'unknown',
        'unknown-mailboxes',
      );
    },
  };
}

export function whomText(whom: Whom): { addresses: string[] } | { select: string } {
  if (whom.kind === 'selector') return { select: selectorText(whom.selector) };
  // They are obeyed all together or not at all, so they go in one order.
  if (whom.addresses.length > addressesMost)
    throw usageError(`A server takes ${addressesMost} addresses in one order: say more of them with --select.`);
  return { addresses: [...whom.addresses] };
}
