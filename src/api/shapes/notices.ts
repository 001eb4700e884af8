/** Messages to people as they would go, and what became of a lot of them. */

import { noticeKinds } from '#domain/notice-kinds.ts';
import type { NamedAddress } from '#domain/notice-settings.ts';
import type { FaultReport } from '#domain/report.ts';
import type { Letter } from '#ports/notices.ts';
import type { NoticesDue, NoticesSent } from '#operations/send-notices.ts';
import { faultReport } from './looks.ts';
import { count, maybe, milliseconds, moment, named, oneOf, shapeOf, text } from './shape.ts';

const namedAddress = shapeOf<NamedAddress>()(
  named('NamedAddress', 'An address, with the name that stands before it.', {
    name: maybe(text('Null where there is none.')),
    address: text('The address.'),
  }),
);

export const noticeLetter = shapeOf<Letter & { readonly octets: string }>()(
  named('NoticeLetter', 'A message to somebody, as it would be sent.', {
    messageId: text('With its angle brackets.'),
    from: namedAddress,
    replyTo: maybe(namedAddress),
    to: namedAddress,
    subject: text('Its subject.'),
    text: text('What it says.'),
    language: text('In which language.'),
    date: moment('When it would be sent.'),
    octets: text('The whole message, headers and all.'),
  }),
);

export const noticesDue = shapeOf<NoticesDue>()(
  named('NoticesDueOf', 'A message that is due.', {
    kind: oneOf(noticeKinds, 'By the day from the move.'),
    wave: maybe(text('Of which wave; null: of any.')),
    mailboxes: count('To how many.'),
    quiet: count('For how many of these it is night where they live.'),
  }),
);

export const noticesSent = shapeOf<Omit<NoticesSent, 'stopped'> & { readonly stopped: FaultReport | null }>()(
  named('NoticesSent', 'What became of messages.', {
    sent: count('Sent.'),
    refused: count('Refused for good.'),
    waiting: count('The mail server said “later”: they are tried again.'),
    unknown: count('Nobody heard what became of them.'),
    quiet: count('For how many it is night where they live.'),
    quietUntil: maybe(milliseconds('When the first of them may be written to, in milliseconds since 1970.')),
    stopped: maybe(faultReport),
  }),
);
