/** All that is told of one mailbox or one wave: the documents of `godwit describe`. */

import Type from 'typebox';
import type {
  FaultCount,
  FaultMetThere,
  MailboxDescription,
  MarkBorne,
  Recorded,
  WaveCertified,
  WaveDescription,
} from '#domain/description.ts';
import type { Reach, Retry } from '#domain/fault.ts';
import { interruption, listedException, mailboxAccount } from './account.ts';
import { graded } from './evidence.ts';
import { mailboxKind, mark, side, stage } from './mailbox.ts';
import { count, day, fields, flag, maybe, moment, named, oneOf, shapeOf, text, texts } from './shape.ts';
import { tailLine, tailPlan } from './tail.ts';
import { waveLineFields, waveOutlined } from './wave.ts';

export const reach = shapeOf<Reach>()(
  oneOf(['item', 'folder', 'mailbox', 'platform', 'estate'], 'How far a fault reaches.'),
);
export const retry = shapeOf<Retry>()(
  oneOf(
    ['soon', 'paced', 'operator', 'never'],
    'When to try again: at once, after a wait, after somebody has seen to it, or not at all.',
  ),
);
const anything = (description: string) => Type.Unknown({ description });

export const recorded = shapeOf<Recorded>()(
  named('Recorded', 'A record of the audit log.', {
    at: moment('When.'),
    who: text('Who.'),
    what: text('What was done.'),
    stageBefore: maybe(stage),
    stageAfter: maybe(stage),
    why: maybe(text('Why.')),
    about: maybe(Type.Record(Type.String(), anything('Whatever the record holds.'))),
  }),
);

const markBorne = shapeOf<MarkBorne>()(
  named('MarkBorne', 'A mark that a mailbox bears.', {
    mark,
    why: maybe(text('Why.')),
    who: maybe(text('By whom.')),
    at: maybe(moment('Since when.')),
  }),
);

/** What the catalogue says of a kind of fault; null where this version does not know it. */
const inCatalogue = { reach: maybe(reach), retry: maybe(retry), remedy: maybe(text('What to do.')) };

const faultMetThere = shapeOf<FaultMetThere>()(
  named('FaultMet', 'A fault that a mailbox met.', {
    code: text('Its code in the catalogue.'),
    message: text('What happened.'),
    at: maybe(moment('When.')),
    ...inCatalogue,
    isBlocking: flag('It keeps the mailbox where it is.'),
  }),
);

export const mailboxDescription = shapeOf<MailboxDescription>()(
  named('MailboxDescription', 'All that is told of a mailbox.', {
    address: text('Its address.'),
    kind: mailboxKind,
    displayName: maybe(text('The name of whose it is.')),
    aliases: texts('Its other addresses.'),
    sourceUser: maybe(text('Who it is to the source.')),
    targetUser: maybe(text('Who it is to the target.')),
    timezone: maybe(text('Of its own.')),
    language: maybe(text('Of its own.')),
    organisation: fields({
      code: text('Its code.'),
      name: text('Its name.'),
      above: texts('Codes of those above it, the nearest first.'),
    }),
    sizeBytes: maybe(count('Octets, as imported.')),
    items: maybe(count('Messages, as imported.')),
    notBefore: maybe(day('It moves on no earlier day.')),
    notAfter: maybe(day('It moves on no later day.')),
    stage,
    stageSince: moment('Since when.'),
    marks: Type.Array(markBorne),
    wave: maybe(waveOutlined),
    belongsWith: texts('Addresses of those with whom it is to change sides at one moment.'),
    side,
    turnedAt: maybe(moment('Since when its mail belongs there; null for ever.')),
    dueAt: maybe(moment('When it is looked at next.')),
    queuedAt: maybe(moment('Since when a job waits for a worker.')),
    inHandOf: maybe(fields({ worker: text('Its id.'), host: text('Its machine.'), pid: count('Its process.') })),
    failures: count('Passes that failed one after the other.'),
    fault: maybe(faultMetThere),
    wayHomeLate: maybe(
      fields({
        since: moment('The end of the last pass home.'),
        code: text('Of a fault.'),
        message: text('Its words.'),
      }),
    ),
    account: mailboxAccount,
    switches: Type.Array(interruption),
    exceptions: Type.Array(listedException),
    readiness: maybe(fields({ at: moment('When it was looked at.'), found: anything('What was found.') })),
    verification: maybe(fields({ at: moment('When it was compared.'), found: anything('What was found.') })),
    tail: Type.Array(tailLine),
    plan: maybe(tailPlan),
    log: Type.Array(recorded),
  }),
);

const faultCount = shapeOf<FaultCount>()(
  named('FaultCount', 'Mailboxes that are blocked for the same reason.', {
    code: text('Of the fault.'),
    mailboxes: count('How many.'),
    example: text('One of them.'),
    ...inCatalogue,
  }),
);

const waveCertified = shapeOf<WaveCertified>()(
  named('WaveCertified', 'The latest certificate of a wave.', {
    at: text('When, in ISO 8601.'),
    mailboxes: count('How many its root covers.'),
    grade: graded,
    root: text('Its root, in hexadecimal digits.'),
  }),
);

export const waveDescription = shapeOf<WaveDescription>()(
  named('WaveDescription', 'All that is told of a wave.', {
    ...waveLineFields,
    faults: Type.Array(faultCount),
    log: Type.Array(recorded),
    certified: maybe(waveCertified),
  }),
);
