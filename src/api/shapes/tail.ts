/** Who still signs in the old way, as it is listed. */

import type { KnownBy, TailDay, TailLine, TailPlan } from '#domain/tail.ts';
import { tailDoors, tailProtocols } from '#domain/tail-sighting.ts';
import Type from 'typebox';
import { mailboxKind, side } from './mailbox.ts';
import { count, countsBy, day, flag, maybe, moment, named, oneOf, shapeOf, text, texts } from './shape.ts';

const knownBy = shapeOf<KnownBy>()(
  oneOf(['address', 'alias', 'source-user', 'target-user', 'local-part'], 'How the name is known to be a mailbox’s.'),
);

export const tailPlan = shapeOf<TailPlan>()(
  named('TailPlan', 'What is planned for a program that signs in.', {
    name: text('Under which it signs in.'),
    owner: text('Who answers for it.'),
    plan: text('What is to become of it.'),
    by: maybe(day('By when.')),
    who: text('Who said so.'),
    at: moment('When.'),
  }),
);

export const tailLine = shapeOf<TailLine>()(
  named('TailLine', 'A use of a mailbox, or of a name that the estate does not have.', {
    id: count('Its number.'),
    address: maybe(text('Of the mailbox.')),
    organisation: maybe(text('Its code.')),
    kind: maybe(mailboxKind),
    name: text('Under which one signed in.'),
    knownBy: maybe(knownBy),
    side,
    door: oneOf(tailDoors, 'Who wrote it down.'),
    protocol: oneOf(tailProtocols, 'What was spoken.'),
    client: text('What the client calls itself.'),
    host: text('The name of the server that was asked for.'),
    times: count('How often.'),
    firstAt: moment('First.'),
    lastAt: moment('Last.'),
    networks: texts('From where.'),
    senders: texts('The senders that messages bore.'),
    hours: count('The hours of the day, as bits.'),
    gaps: Type.Array(Type.Number()),
    hasMoved: maybe(flag('Its mail belongs on the target by now.')),
    plan: maybe(tailPlan),
  }),
);

export const tailDay = shapeOf<TailDay>()(
  named('TailDay', 'How many mailboxes somebody signed in to on one day.', {
    day: day('The day.'),
    seen: count('In all.'),
    old: count('By a way that has to end.'),
    atSource: count('At the source.'),
    movedAtSource: count('At the source, though their mail belonged on the target by then.'),
    byOldName: count('Under an old name.'),
    byProtocol: countsBy(tailProtocols, 'Of those that are old.'),
    unknownNames: count('Names that the estate does not have.'),
  }),
);
