/** How an estate stands: what `godwit status` shows. */

import Type from 'typebox';
import type { Brake } from '#domain/brake.ts';
import type { DoorKnown } from '#domain/door-known.ts';
import type { EstateNow, Standing, WorkerState } from '#domain/estate-state.ts';
import type { Interruptions } from '#domain/interruption.ts';
import type { PlatformNow } from '#domain/sighting.ts';
import type { WaysHomeLate } from '#domain/way-home-kept.ts';
import { mark, side, stage } from './mailbox.ts';
import { count, flag, maybe, milliseconds, moment, named, number, oneOf, shapeOf, text, texts } from './shape.ts';
import { waveOutlined } from './wave.ts';

export const standing = shapeOf<Standing>()(
  named('Standing', 'So many mailboxes of a wave, or of none, stand there.', {
    wave: maybe(text('Its name.')),
    stage,
    mark: maybe(mark),
    mailboxes: count('How many.'),
    bytes: count('Their octets.'),
  }),
);

export const workerState = shapeOf<WorkerState>()(
  named('Worker', 'A process at work.', {
    id: text('Its id.'),
    host: text('Its machine.'),
    pid: count('Its process.'),
    role: oneOf(['serve', 'worker', 'onlooker'], 'What it is there for.'),
    startedAt: moment('When it began.'),
    silentMs: milliseconds('Since it was heard of.'),
    isDraining: flag('It takes nothing new.'),
    lacks: texts('Secrets that it cannot resolve: it takes nothing before it can.'),
    connections: count('Connections to platforms that it holds.'),
    mailboxes: count('Mailboxes that it has in hand.'),
  }),
);

export const platformNow = shapeOf<PlatformNow>()(
  named('PlatformNow', 'What a platform is asked at the moment.', {
    side,
    connections: count('Of all workers together.'),
    connectionsPerMailbox: count('To one mailbox.'),
    connectionsInUse: count('At this moment.'),
    commandsPerSecond: maybe(number('Of all workers together; null without limit.')),
    bytesPerSecond: maybe(number('The same for octets.')),
    state: oneOf(['open', 'resting', 'shut', 'probing'], 'Whether it is asked at all.'),
    until: maybe(milliseconds('Until when, in milliseconds since 1970; null when open.')),
    why: text('What is being held back, and what the platform said.'),
  }),
);

export const brake = shapeOf<Brake>()(
  named('Brake', 'Nothing changes sides while it is on.', {
    who: text('Who pulled it.'),
    why: text('Why.'),
    at: milliseconds('When, in milliseconds since 1970.'),
  }),
);

export const interruptions = shapeOf<Interruptions>()(
  named('Interruptions', 'For how long people could not work in their mailboxes, in milliseconds.', {
    half: milliseconds('Half of them were no longer.'),
    p99: milliseconds('99 of a hundred were no longer.'),
    longest: milliseconds('None was longer.'),
    byAttempts: count('Mailboxes of which sign-ins or deliveries were tried while they switched.'),
    byStamps: count('Mailboxes of which nobody tried: our own stamps are what is told of them.'),
  }),
);

const waysHomeLate = shapeOf<WaysHomeLate>()(
  named('WaysHomeLate', 'Mailboxes that are not carried home any more.', {
    code: text('What keeps them from it: a code of the catalogue of faults.'),
    mailboxes: count('How many.'),
    since: moment('Of the one that has waited longest.'),
    example: text('Who that is.'),
  }),
);

export const estateNow = shapeOf<EstateNow>()(
  named('EstateNow', 'How an estate stands.', {
    standings: Type.Array(standing),
    waves: Type.Array(waveOutlined),
    workers: Type.Array(workerState),
    platforms: Type.Array(platformNow),
    brake: maybe(brake),
    waysHomeLate: Type.Array(waysHomeLate),
    interruptions: maybe(interruptions),
  }),
);

export const doorKnown = shapeOf<DoorKnown>()(
  named('Door', 'A process that mail systems ask where a mailbox lives.', {
    id: text('Its id.'),
    host: text('Its machine.'),
    pid: count('Its process.'),
    version: text('Of Godwit.'),
    serves: texts('Whom it answers.'),
    isAlive: flag('It is heard of, and answers by what is true.'),
    forMs: milliseconds('Since it was opened.'),
    lostForMs: milliseconds('Since it was heard of last; 0 while it is alive.'),
    behind: count('Changes of routes that it has not taken note of yet.'),
  }),
);
