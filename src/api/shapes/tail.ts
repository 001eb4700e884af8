/** Who still signs in the old way, as it is listed. */

import type { KnownBy, MachineSign, TailApplication, TailDay, TailLine, TailNature, TailPlan } from '#domain/tail.ts';
import { tailDoors, tailProtocols } from '#domain/tail-sighting.ts';
import Type from 'typebox';
import { mailboxKind, side } from './mailbox.ts';
import {
  count,
  countsBy,
  day,
  fields,
  flag,
  maybe,
  milliseconds,
  moment,
  named,
  number,
  oneOf,
  shapeOf,
  text,
  texts,
} from './shape.ts';

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

const machineSign = shapeOf<MachineSign>()(
  Type.Union([
    fields({ kind: Type.Literal('regular'), everyMs: milliseconds('Between two.'), share: number('Of the pauses.') }),
    fields({ kind: Type.Literal('day-and-night'), hours: count('Of the day.') }),
    fields({ kind: Type.Literal('program'), client: text('What it calls itself.') }),
    fields({ kind: Type.Literal('pop3') }),
    fields({ kind: Type.Literal('without-sign-in') }),
    fields({ kind: Type.Literal('sends-only'), times: count('How often.') }),
    fields({ kind: Type.Literal('declared') }),
    fields({ kind: Type.Literal('planned') }),
  ]),
);
const nature = shapeOf<TailNature>()(oneOf(['person', 'poller', 'sender'], 'What it looks like from outside.'));

export const tailApplication = shapeOf<TailApplication>()(
  named('TailApplication', 'A mailbox or name that may be a program’s, with what speaks for it.', {
    address: maybe(text('Of the mailbox.')),
    name: text('Under which it signs in.'),
    organisation: maybe(text('Its code.')),
    natures: Type.Array(nature),
    signs: Type.Array(machineSign),
    protocols: Type.Array(oneOf(tailProtocols, 'What is spoken.')),
    clients: texts('What it calls itself.'),
    senders: texts('The senders that messages bore.'),
    networks: texts('From where.'),
    times: count('How often.'),
    firstAt: moment('First.'),
    lastAt: moment('Last.'),
    hasMoved: maybe(flag('Its mail belongs on the target by now.')),
    plan: maybe(tailPlan),
  }),
);
