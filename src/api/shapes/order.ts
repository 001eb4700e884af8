/** What people order of mailboxes, and what became of it. */

import Type from 'typebox';
import type { Accepted, WhichExceptions } from '#domain/acceptance.ts';
import type { MailboxesOrdered, RefusedMailbox } from '#domain/estate-state.ts';
import { mark, stage } from './mailbox.ts';
import { count, fields, maybe, named, shapeOf, text, texts } from './shape.ts';

const refusedMailbox = shapeOf<RefusedMailbox>()(
  named('RefusedMailbox', 'One that stands where an order cannot be obeyed.', {
    address: text('Its address.'),
    stage,
    mark: maybe(mark),
    why: text('Completes a sentence that begins with the address.'),
  }),
);

export const mailboxesOrdered = shapeOf<Extract<MailboxesOrdered, { kind: 'ordered' }>>()(
  named('MailboxesOrdered', 'What became of an order to mailboxes.', {
    kind: Type.Literal('ordered'),
    done: texts('Addresses of those that obey.'),
    refused: Type.Array(refusedMailbox),
    home: Type.Optional(
      fields({ late: count('Whose way home was not kept up.'), notTaken: count('Messages that home had not taken.') }),
    ),
    windowless: Type.Optional(count('Of those that are deferred: whose window is over by that day.')),
  }),
);

const folders = Type.Array(Type.String({ minLength: 1, maxLength: 1_000 }), {
  minItems: 1,
  maxItems: 10,
  description: 'The spellings under which the folder may be known.',
});

export const whichExceptions = shapeOf<WhichExceptions>()(
  Type.Union([
    fields({ kind: Type.Literal('all') }),
    fields({ kind: Type.Literal('folder'), folders }),
    fields({ kind: Type.Literal('message'), folders, uid: Type.Integer({ minimum: 1, maximum: 4_294_967_295 }) }),
  ]),
);

export const accepted = shapeOf<Extract<Accepted, { kind: 'accepted' }>>()(
  named('Accepted', 'Exceptions that a person has taken upon themselves.', {
    kind: Type.Literal('accepted'),
    exceptions: count('How many.'),
  }),
);
