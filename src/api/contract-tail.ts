/** The contract: who still signs in the old way, and what is planned for programs that do. */

import Type from 'typebox';
import { sideNames } from '#domain/platform.ts';
import { tailProtocols } from '#domain/tail-sighting.ts';
import { get, lines, name, paging, post } from './operation.ts';
import { pageOf } from './shapes/mailbox.ts';
import { day, fields, flag, maybe, named, oneOf, text } from './shapes/shape.ts';
import { tailApplication, tailDay, tailLine } from './shapes/tail.ts';

const organisation = Type.Optional(name('The code of an organisation: it and all below it.'));
const since = Type.Optional(
  Type.Integer({
    minimum: 0,
    maximum: 253_402_300_799_999,
    description: 'Seen since then, in milliseconds since 1970.',
  }),
);
const done = (title: string) =>
  named(title, 'It is noted.', {
    address: maybe(text('Of the mailbox; null for a name that the estate does not have.')),
    name: text('Under which it signs in.'),
  });

export const tailContract = {
  'list-tail': get({
    path: '/v1/tail',
    does: 'Who signs in, and by what, in the order of their addresses.',
    act: 'see-tail',
    query: fields({
      ...paging,
      organisation,
      since,
      protocol: Type.Optional(oneOf(tailProtocols, 'Only this.')),
      side: Type.Optional(oneOf(sideNames, 'Only at this side.')),
      old: Type.Optional(flag('Only what has to end.')),
      unknown: Type.Optional(flag('Only names that the estate does not have.')),
      moved: Type.Optional(flag('Only whose mailbox has moved.')),
    }),
    answer: pageOf('TailPage', tailLine),
  }),
  'see-burn-down': get({
    path: '/v1/tail/burn-down',
    does: 'The last days, the oldest first: how many mailboxes somebody signed in to, and how.',
    act: 'see-tail',
    query: fields({
      organisation,
      days: Type.Optional(Type.Integer({ minimum: 1, maximum: 366, description: 'So many; else 30.' })),
    }),
    answer: named('BurnDown', 'One after the other.', { days: Type.Array(tailDay) }),
  }),
  'list-applications': lines({
    path: '/v1/tail/applications',
    does: 'Mailboxes and names that may be programs, with what speaks for it.',
    act: 'see-tail',
    query: fields({ organisation, since }),
    answer: tailApplication,
  }),
  'plan-application': post({
    path: '/v1/tail/plans',
    does: 'Say who answers for a program that signs in, and what is to become of it.',
    act: 'plan-tail',
    object: 'mailbox',
    body: fields({
      name: name('Of a mailbox, or the name under which it signs in.'),
      owner: name('Who answers for it.'),
      plan: name('What is to become of it.'),
      by: Type.Optional(day('By when.')),
    }),
    answer: done('ApplicationPlanned'),
  }),
  'forget-application': post({
    path: '/v1/tail/plans/forget',
    does: 'Forget what is planned.',
    act: 'plan-tail',
    object: 'mailbox',
    body: fields({ name: name('Of a mailbox, or the name under which it signs in.') }),
    answer: done('ApplicationForgotten'),
  }),
} as const;
