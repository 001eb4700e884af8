/** What is told of an estate that changes: the data of an event. */

import Type from 'typebox';
import type { ChangedMailbox, ChangesSince } from '#domain/change.ts';
import { mark, stage } from './mailbox.ts';
import { count, flag, maybe, named, shapeOf, text, texts } from './shape.ts';

const changedMailbox = shapeOf<Omit<ChangedMailbox, 'organisationId'>>()(
  named('ChangedMailbox', 'A mailbox of which something was recorded, as it stands now.', {
    address: text('Its address.'),
    organisation: text('The code of its organisation.'),
    stage,
    mark: maybe(mark),
    wave: maybe(text('The name of its wave.')),
  }),
);

const upTo = count('The last link of the audit log that is in it: the id of the event.');

/** The data of `changes`. */
export const changesTold = shapeOf<
  Omit<ChangesSince, 'mailboxes'> & { readonly mailboxes: readonly Omit<ChangedMailbox, 'organisationId'>[] }
>()(
  named('Changes', 'What was recorded since the event before.', {
    upTo,
    mailboxes: Type.Array(changedMailbox),
    isMore: flag('More changed than is told: read again what is shown.'),
    waves: texts('Waves of which something was recorded.'),
    estate: texts('What was recorded of the estate as a whole, such as `brake on`.'),
  }),
);

/** The data of `reset`. */
export const resetTold = named(
  'ChangesReset',
  'Too much has changed to be told: read everything again, and go on from here.',
  {
    upTo,
  },
);

export const eventData = Type.Union([changesTold, resetTold]);
