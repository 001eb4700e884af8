/** The contract: who still signs in the old way, and what is planned for programs that do. */

import Type from 'typebox';
import { sideNames } from '#domain/platform.ts';
import { tailProtocols } from '#domain/tail-sighting.ts';
import { get, lines, name, oneLine, paging, post } from './operation.ts';
import { pageOf } from './shapes/mailbox.ts';
import { day, fields, flag, maybe, named, oneOf, text } from './shapes/shape.ts';
import { tailApplication, tailDay, tailLine } from './shapes/tail.ts';

/** An address has 320 octets at most. */
const login = oneLine(400, 'Of a mailbox, or the name under which it signs in.');
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
      protocol: Type.Optional(
        Type.String({
          maxLength: 200,
          pattern: `^(?:${tailProtocols.join('|')})(?:,(?:${tailProtocols.join('|')}))*$`,
          description: `Only this; several are written with commas between them: ${tailProtocols.join(', ')}.`,
        }),
      ),
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
      days: Type.Optional(Type.Integer({ minimum: 1, maximum: 1_000, description: 'So many; else 30.' })),
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
      name: login,
      owner: oneLine(500, 'Who answers for it.'),
      plan: oneLine(500, 'What is to become of it.'),
      by: Type.Optional(day('By when.')),
    }),
    answer: done('ApplicationPlanned'),
  }),
  'forget-application': post({
    path: '/v1/tail/plans/forget',
    does: 'Forget what is planned.',
    act: 'plan-tail',
    object: 'mailbox',
    body: fields({ name: login }),
    answer: done('ApplicationForgotten'),
  }),
} as const;
