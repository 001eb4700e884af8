/** The contract: days that people ask for, for mailboxes that are theirs. */

import Type from 'typebox';
import { byAddress, whom } from './contract-mailboxes.ts';
import { get, paging, post, reason } from './operation.ts';
import { dateWish, wishDeclined } from './shapes/dates.ts';
import { pageOf } from './shapes/mailbox.ts';
import { mailboxesOrdered } from './shapes/order.ts';
import { day, fields } from './shapes/shape.ts';

export const datesContract = {
  'defer-mailboxes': post({
    path: '/v1/mailboxes/defer',
    does: 'Take those who have not begun to switch out of their window, until a day.',
    act: 'defer-mailbox',
    object: 'mailbox',
    body: fields({ ...whom, ...reason, until: day('They go on by themselves from then on.') }),
    answer: mailboxesOrdered,
  }),
  'ask-for-dates': post({
    path: '/v1/mailboxes/ask',
    does: 'Ask for the days between which they are to move; the plan that is made next hears of it.',
    act: 'ask-date',
    object: 'mailbox',
    body: fields({
      ...whom,
      ...reason,
      notBefore: day('The first day that would do.'),
      notAfter: Type.Optional(day('The last day; without it any later one will do.')),
    }),
    answer: mailboxesOrdered,
  }),
  'withdraw-wishes': post({
    path: '/v1/mailboxes/withdraw-dates',
    does: 'Ask for no days any more, where what was asked for is still open.',
    act: 'ask-date',
    object: 'mailbox',
    body: fields({ ...whom, ...reason }),
    answer: mailboxesOrdered,
  }),
  'list-wishes': get({
    path: '/v1/wishes',
    does: 'Days that were asked for, and what became of it, in the order of the addresses.',
    act: 'see',
    object: 'mailbox',
    query: fields(paging),
    answer: pageOf('DateWishPage', dateWish),
  }),
  'decline-wish': post({
    path: '/v1/wishes/:address/decline',
    does: 'Say no to the days that are asked for, for a mailbox.',
    act: 'plan',
    object: 'mailbox',
    params: byAddress,
    body: fields(reason),
    answer: wishDeclined,
  }),
} as const;
