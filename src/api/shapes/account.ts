/** What became of a mailbox, message by message in sum, and of a wave: the lines of its report. */

import Type from 'typebox';
import type { Interruption } from '#domain/interruption.ts';
import type { ListedException, MailboxAccount, WaveSummary, WaveTotals } from '#domain/wave-report.ts';
import { grade, graded } from './evidence.ts';
import { mark, side, stage } from './mailbox.ts';
import { byReason, count, fields, maybe, milliseconds, named, oneOf, shapeOf, text, texts } from './shape.ts';
import { interruptions } from './status.ts';
import { wave } from './wave.ts';

export const interruption = shapeOf<Interruption>()(
  named('Interruption', 'One switch of one mailbox.', {
    at: text('When its route was turned, in ISO 8601.'),
    side,
    ms: milliseconds('What counts: the largest of all.'),
    by: oneOf(['attempts', 'stamps'], 'Whether somebody really tried meanwhile, or our own stamps are all there is.'),
    stampsMs: milliseconds('From the hold to the turn, by our own clock.'),
    signInMs: maybe(milliseconds('From the first sign-in that was refused or had to wait to the first that got in.')),
    sessionMs: maybe(milliseconds('From when sessions were ended to when new ones could begin.')),
    deliveryMs: maybe(milliseconds('The longest that a message took, less the usual.')),
  }),
);

/** What a mailbox and the sums have in common. */
const numbers = {
  copied: count('Messages on the target that Godwit put there.'),
  alreadyThere: count('Messages on the target that somebody else had put there.'),
  refused: count('Messages that are not on the target.'),
  refusedFor: byReason('Those, by the codes of docs/report.md.'),
  differentIn: byReason('Messages that are served otherwise, by the classes of docs/report.md.'),
  carried: count('Messages that all passes carried.'),
  bytes: count('Octets of those.'),
  milliseconds: milliseconds('How long all passes took.'),
  carriedBack: count('Messages that were carried home after the switch.'),
  notTakenHome: count('Messages that home did not take.'),
  open: count('Messages that are listed and that nobody has accepted.'),
  accepted: count('Messages that are listed and accepted.'),
  acceptedBy: texts('By whom.'),
};

export const mailboxAccount = shapeOf<MailboxAccount>()(
  named('MailboxAccount', 'What became of a mailbox.', {
    address: text('Its address.'),
    organisation: text('The code of its organisation.'),
    kind: text('Whose it is: person, shared, room or application.'),
    stage,
    mark: maybe(mark),
    markedFor: maybe(text('Why it bears the mark.')),
    side,
    found: maybe(count('Messages of the source; null before a pass has come to its end.')),
    ...numbers,
    interruptedMs: maybe(milliseconds('For so long nobody could work in it, at the switch.')),
    interruption: maybe(interruption),
    together: maybe(
      fields({ with: count('So many changed sides at that moment.'), of: count('So many belong together.') }),
    ),
    lagMs: maybe(milliseconds('How far the other side was behind when it was looked at last.')),
    caughtUpAt: maybe(text('When that was, in ISO 8601.')),
    wayHomeLate: maybe(text('The code of what keeps it from being carried home.')),
    wayHomeLateSince: maybe(text('Since when, in ISO 8601.')),
    verified: maybe(fields({ at: text('When, in ISO 8601.'), outcome: text('What the latest comparison found.') })),
    certified: maybe(fields({ at: text('When its latest certificate was made, in ISO 8601.'), grade })),
  }),
);

export const listedException = shapeOf<ListedException>()(
  named('ListedException', 'A message that is listed by name.', {
    address: text('Of the mailbox.'),
    folder: text('As the source spells it.'),
    uid: count('UID on the source.'),
    uidValidity: count('UIDVALIDITY of the folder on the source.'),
    kind: oneOf(['refused', 'different', 'removed'], 'What became of it.'),
    code: text('A code or classes of docs/report.md.'),
    detail: text('Why, for people.'),
    sizeBytes: maybe(count('Octets, where known.')),
    messageId: maybe(text('The Message-ID, where known.')),
    accepted: maybe(fields({ who: text('Who.'), why: text('Why.'), at: text('When, in ISO 8601.') })),
  }),
);

const waveTotals = shapeOf<WaveTotals>()(
  named('WaveTotals', 'The sum over the mailboxes of a wave.', {
    mailboxes: count('How many there are.'),
    found: count('Messages of the sources.'),
    ...numbers,
    together: count('Mailboxes that changed sides at one moment with all who belong with them.'),
    apart: count('Mailboxes that changed sides without some who belong with them.'),
    longestLagMs: maybe(milliseconds('The longest of all.')),
    waysHomeLate: byReason('Mailboxes that are not carried home any more, by what keeps them from it.'),
    stages: byReason('Mailboxes by stage.'),
    marks: byReason('Mailboxes by mark.'),
    verified: byReason('Mailboxes by the outcome of their latest comparison.'),
    grades: byReason('Mailboxes by the grade of their latest certificate.'),
  }),
);

const waveSummary = shapeOf<WaveSummary>()(
  named('WaveSummary', 'A wave in sum.', {
    wave,
    totals: waveTotals,
    interruptions: maybe(interruptions),
    grade: maybe(graded),
  }),
);

/** One line of the report of a wave: its mailboxes first, then what is listed of them, and the sum of both at the end. */
export const reportLine = Type.Union([
  named('ReportedMailbox', 'A mailbox of the wave.', { mailbox: mailboxAccount }),
  named('ReportedException', 'A message that is listed.', { exception: listedException }),
  named('ReportedSummary', 'The last line of a report that is whole.', { summary: waveSummary }),
]);
