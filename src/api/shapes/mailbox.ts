/** Mailboxes as they are listed. */

import Type from 'typebox';
import { mailboxKinds } from '#domain/estate.ts';
import type { MailboxLine, OrganisationLine } from '#domain/estate-lists.ts';
import { type Mark, type Stage, marks, stages } from '#domain/journey.ts';
import { sideNames } from '#domain/platform.ts';
import { count, flag, maybe, milliseconds, moment, named, oneOf, shapeOf, text } from './shape.ts';

export const stage = shapeOf<Stage>()(oneOf(stages, 'Where it is on its journey.'));
export const mark = shapeOf<Mark>()(oneOf(marks, 'What keeps it where it is.'));
export const side = oneOf(sideNames, 'The platform that is left, or the one that it goes to.');
export const mailboxKind = oneOf(mailboxKinds, 'Whose it is.');

export const mailboxLine = shapeOf<MailboxLine>()(
  named('MailboxLine', 'A mailbox in a list.', {
    address: text('Its address.'),
    kind: mailboxKind,
    organisation: text('The code of its organisation.'),
    stage,
    stageSince: moment('Since when.'),
    mark: maybe(mark),
    markedFor: maybe(text('Why it bears the mark: what a person said, or the code of a fault.')),
    wave: maybe(text('Its wave.')),
    side,
    sizeBytes: maybe(count('Octets, as imported.')),
    items: maybe(count('Messages, as imported.')),
    lagMs: maybe(milliseconds('How far the other side was behind at the end of the last pass.')),
    caughtUpAt: maybe(moment('When that was.')),
    exceptions: count('Messages that are listed by name.'),
    displayName: maybe(text('The name of whose it is.')),
  }),
);

export const organisationLine = shapeOf<OrganisationLine>()(
  named('OrganisationLine', 'An organisation in a list.', {
    code: text('Its code.'),
    name: text('Its name.'),
    parent: maybe(text('The code of the one above it.')),
    mailboxes: count('Its own, without those of organisations below it.'),
    hasLeft: flag('It is no longer in the list that was imported last.'),
  }),
);

/** A part of a list, which goes on after `next`; null where it does not. */
export const pageOf = <Line extends Type.TSchema>(title: string, line: Line) =>
  named(title, 'A part of a list.', {
    lines: Type.Array(line),
    next: maybe(text('Give it as `after` to go on.')),
  });
