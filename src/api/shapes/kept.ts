/** What is kept of secrets and of messages to people, as it is listed. */

import { noticeKinds } from '#domain/notice-kinds.ts';
import { noticeStates } from '#domain/notice-list.ts';
import type { NoticeCounts, NoticeLine } from '#domain/notice-list.ts';
import type { KeptSecret } from '#ports/secrets.ts';
import { count, maybe, milliseconds, moment, named, oneOf, shapeOf, text } from './shape.ts';

export const keptSecret = shapeOf<KeptSecret>()(
  named('KeptSecret', 'A sealed secret, by its name.', {
    name: text('Its name.'),
    keyId: text('The key under which it was sealed.'),
    setAt: moment('When it was set.'),
    setBy: maybe(text('By whom.')),
    fingerprint: text('SHA-256 of what is kept, in hexadecimal digits.'),
  }),
);

export const noticeLine = shapeOf<NoticeLine>()(
  named('Notice', 'A message to somebody.', {
    id: count('Its number.'),
    address: text('To whom.'),
    wave: text('Of which wave.'),
    kind: oneOf(noticeKinds, 'By the day from the move.'),
    occasion: count('What it tells of.'),
    language: text('In which language.'),
    state: oneOf(noticeStates, 'What became of it.'),
    attempts: count('How often it was tried.'),
    why: maybe(text('Why it was not sent.')),
    beganAt: milliseconds('In milliseconds since 1970.'),
    endedAt: maybe(milliseconds('In milliseconds since 1970.')),
    retryAt: maybe(milliseconds('In milliseconds since 1970.')),
  }),
);

export const noticeCounts = shapeOf<NoticeCounts>()(
  named('NoticeCounts', 'How many there are in which state.', {
    sending: count('Being sent.'),
    sent: count('Sent.'),
    waiting: count('To be tried again.'),
    refused: count('Refused.'),
    unknown: count('Nobody heard what became of them.'),
  }),
);
