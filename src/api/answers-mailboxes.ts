/** Answers about mailboxes. */

import type { MailboxesOrdered, MailboxOrder, Whom } from '#domain/estate-state.ts';
import { type Answerers, type Asked, notThere, refused, selectorOf, unfit, unknownName } from './answer.ts';
import type { mailboxContract } from './contract-mailboxes.ts';
import { usualLimit } from './operation.ts';
import { wire } from './shapes/shape.ts';

type MailboxContract = typeof mailboxContract;

export const mailboxAnswers: Answerers<MailboxContract> = {
  async 'list-mailboxes'({ estate, query: { after = null, limit = usualLimit, select } }) {
    const found = await estate.lists.mailboxes({ selector: selectorOf(select), after, max: limit });
    if (found.kind === 'unknown') throw unknownName(found);
    const { lines, hasMore } = found;
    return { lines: wire(lines), next: hasMore ? (lines.at(-1)?.address ?? null) : null };
  },
  async 'count-mailboxes'({ estate, query: { select } }) {
    return { mailboxes: await estate.lists.count(selectorOf(select)) };
  },
  async 'describe-mailbox'({ estate, params: { address } }) {
    const found = await estate.descriptions.mailbox(address);
    if (found.kind === 'unknown') throw notThere('mailbox', address, found.nearest);
    return wire(found.mailbox);
  },
  'hold-mailboxes': (asked) => ordered(asked, 'hold'),
  'release-mailboxes': (asked) => ordered(asked, 'release'),
  'retry-mailboxes': (asked) => ordered(asked, 'retry'),
  'exclude-mailboxes': (asked) => ordered(asked, 'exclude'),
  'same-account': (asked) => ordered(asked, 'same-account'),
  'other-account': (asked) => ordered(asked, 'other-account'),
  'bring-mailboxes-back': (asked) => ordered(asked, 'go-back'),
  async 'accept-exceptions'({ estate, who, params: { address }, body: { which, why } }) {
    const accepted = await estate.acceptances.accept(address, which, who, why);
    if (accepted.kind === 'unknown') throw notThere('mailbox', address);
    if (accepted.kind === 'nothing') throw refused('Nothing of that is listed and still to be accepted.', accepted);
    return accepted;
  },
};

/** Those who do not obey are in the answer, with the reason. */
async function ordered(
  { estate, who, body: { addresses, select, why } }: Asked<MailboxContract['hold-mailboxes']>,
  order: MailboxOrder,
) {
  return orderedOf(await estate.mailboxes.order(whomOf(addresses, select), order, who, why ?? null));
}

export function orderedOf(done: MailboxesOrdered) {
  if (done.kind === 'unknown') throw unknownName(done);
  if (done.kind === 'unknown-mailboxes') throw notThere('mailbox', done.addresses[0] ?? '', null, done);
  return wire(done);
}

export function whomOf(addresses: readonly string[] | undefined, select: string | undefined): Whom {
  if ((addresses === undefined) === (select === undefined)) throw unfit('give addresses or select, and not both');
  if (addresses !== undefined) return { kind: 'addresses', addresses };
  const selector = selectorOf(select);
  // Everybody would be meant, which nobody means.
  if (Object.keys(selector).length === 0) throw unfit('select: it has to say who is meant');
  return { kind: 'selector', selector };
}
