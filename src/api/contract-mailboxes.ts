/** The contract: mailboxes, and what is ordered of them. */

import Type from 'typebox';
import type { MailboxOrder } from '#domain/estate-state.ts';
import type { Act } from '#domain/rights.ts';
import { addressesMost, anyReason, get, paging, post, reason, selectText } from './operation.ts';
import { mailboxDescription } from './shapes/description.ts';
import { mailboxLine, pageOf } from './shapes/mailbox.ts';
import { accepted, mailboxesOrdered, whichExceptions } from './shapes/order.ts';
import { count, fields, maybe, named } from './shapes/shape.ts';

/**
 * RFC 5321 §4.5.3.1 gives an address 64 octets and 255. Behind its last @ there is no other, so that what is much too long, and is held
 * against the pattern all the same, is read through once.
 */
const address = Type.String({
  minLength: 3,
  maxLength: 320,
  pattern: String.raw`^[^\x00-\x20\x7f]+@[^\x00-\x20\x7f@]+$`,
  description: 'Of a mailbox, such as ann@corp.example.',
});
export const byAddress = fields({ address });

/** Either some addresses or a selector; the route says so where it is neither or both. */
export const whom = {
  addresses: Type.Optional(
    Type.Array(address, { minItems: 1, maxItems: addressesMost, description: 'Whose; or `select`.' }),
  ),
  select: Type.Optional(selectText),
};

const order = <const Order extends MailboxOrder, Reason extends Type.TProperties>(
  its: Order,
  does: string,
  act: Act,
  its_reason: Reason,
) =>
  post({
    path: `/v1/mailboxes/${its}`,
    does,
    act,
    object: 'mailbox',
    body: fields({ ...whom, ...its_reason }),
    answer: mailboxesOrdered,
  });

export const mailboxContract = {
  'list-mailboxes': get({
    path: '/v1/mailboxes',
    does: 'Mailboxes, in the order of their addresses; those of one name, where nothing else is asked for, in the order of names.',
    act: 'see',
    object: 'mailbox',
    query: fields({ ...paging, select: Type.Optional(selectText) }),
    answer: pageOf('MailboxPage', mailboxLine),
  }),
  'count-mailboxes': get({
    path: '/v1/mailbox-count',
    does: 'How many mailboxes are meant.',
    act: 'see',
    object: 'mailbox',
    query: fields({ select: Type.Optional(selectText) }),
    answer: named('MailboxCount', 'How many.', {
      mailboxes: maybe(count('Null where that could only be told by counting them.')),
    }),
  }),
  'describe-mailbox': get({
    path: '/v1/mailboxes/:address',
    does: 'All that is known of a mailbox, by its address or an alias.',
    act: 'see',
    object: 'mailbox',
    params: byAddress,
    answer: mailboxDescription,
  }),
  'hold-mailboxes': order('hold', 'Let them wait where they are.', 'hold-mailbox', anyReason),
  'release-mailboxes': order('release', 'Let them go on after they were held or excluded.', 'hold-mailbox', anyReason),
  'retry-mailboxes': order('retry', 'Try again what they were blocked for.', 'retry-mailbox', anyReason),
  'exclude-mailboxes': order(
    'exclude',
    'Their journey rests, and what was copied stays.',
    'exclude-mailbox',
    anyReason,
  ),
  'same-account': order(
    'same-account',
    'It is the same account, though it is called otherwise now.',
    'settle-account',
    anyReason,
  ),
  'other-account': order('other-account', 'It is another account: copy it anew.', 'settle-account', anyReason),
  'bring-mailboxes-back': order('go-back', 'Bring them home again after they have switched.', 'go-back', reason),
  'accept-exceptions': post({
    path: '/v1/mailboxes/:address/accept',
    does: 'Take it upon oneself that messages did not arrive as they were.',
    act: 'accept-loss',
    object: 'mailbox',
    params: byAddress,
    body: fields({ ...reason, which: whichExceptions }),
    answer: accepted,
  }),
} as const;
