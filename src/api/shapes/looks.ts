/** What was found of mailboxes that were looked at on both platforms, and by which ways people come to them. */

import Type from 'typebox';
import { type ReadinessKind, type ReadinessRemark, readinessKinds } from '#domain/readiness.ts';
import type { FaultReport } from '#domain/report.ts';
import type { OpenFinding, VerificationOutcome } from '#domain/wave-verification.ts';
import { type OrganisationWays, type WaveWays, type WayAccepted, type WayStanding, waysIn } from '#domain/ways-in.ts';
import type { CheckedMailbox } from '#operations/check-wave.ts';
import type { VerifiedMailbox } from '#operations/verify-wave.ts';
import { side, stage } from './mailbox.ts';
import { count, flag, maybe, milliseconds, named, number, oneOf, shapeOf, text, texts } from './shape.ts';

export const faultReport = shapeOf<FaultReport>()(
  named('FaultReport', 'A fault, as it was met.', {
    code: text('Its code in the catalogue.'),
    message: text('What happened.'),
    remedy: text('What to do.'),
  }),
);

const kinds = Object.keys(readinessKinds) as [ReadinessKind, ...ReadinessKind[]];
const remark = shapeOf<ReadinessRemark>()(
  named('ReadinessRemark', 'What will go wrong with a mailbox, or otherwise than people expect.', {
    kind: shapeOf<ReadinessKind>()(oneOf(kinds, 'What it is.')),
    weight: oneOf(['trouble', 'note'], 'Whether it will go wrong.'),
    says: text('Of this mailbox, for people.'),
  }),
);

export const checkedMailbox = shapeOf<CheckedMailbox>()(
  named('CheckedMailbox', 'A mailbox that was looked at before its wave.', {
    address: text('Its address.'),
    remarks: Type.Array(remark),
    fault: maybe(faultReport),
    isEarlier: flag('It was found by a check before this one.'),
  }),
);

const outcome = shapeOf<VerificationOutcome>()(
  oneOf(
    ['whole', 'accepted', 'differs', 'inconclusive', 'unfinished', 'not-copied'],
    'What the comparison says (docs/estate.md).',
  ),
);

const openFinding = shapeOf<OpenFinding>()(
  named('OpenFinding', 'Something that is not on the target as it is on the source, and that nobody has accepted.', {
    folder: text('As the source spells it.'),
    path: text('As people read it.'),
    uid: count('0 for what is said of a folder.'),
    uidValidity: count('UIDVALIDITY of the folder on the source.'),
    kind: oneOf(['missing', 'refused', 'removed', 'different', 'unreadable', 'folder'], 'What it is.'),
    code: text('Classes or a code of docs/report.md.'),
    detail: text('Why, for people.'),
  }),
);

export const verifiedMailbox = shapeOf<VerifiedMailbox>()(
  named('VerifiedMailbox', 'A mailbox whose both ends were compared.', {
    address: text('Its address.'),
    outcome,
    stage,
    side,
    share: number('Of the messages whose content was read, 0 to 1.'),
    sourceMessages: count('Messages of the source.'),
    targetMessages: count('Messages of the target.'),
    equal: count('Messages that are the same on both sides.'),
    behind: count('Messages of the source that came after the last pass.'),
    removedSince: count('Messages that people have removed on the target since the switch.'),
    sinceRelease: count('Messages that are not on the target since its mailbox was released.'),
    byPeople: count('Messages that differ in what people do: flags, keywords.'),
    extra: count('Messages on the target only.'),
    open: count('How much is not accepted.'),
    findings: Type.Array(openFinding),
    accepted: count('How much is.'),
    acceptedBy: texts('By whom.'),
    messagesRead: count('Messages whose content was read.'),
    bytesRead: count('Their octets.'),
    milliseconds: milliseconds('How long it took.'),
    fault: maybe(faultReport),
  }),
);

const wayAccepted = shapeOf<WayAccepted>()(
  named('WayAccepted', 'A person’s word for a way in.', {
    who: text('Who.'),
    why: text('Why.'),
    at: text('When, in ISO 8601.'),
  }),
);
const wayStanding = shapeOf<WayStanding>()(
  named('WayStanding', 'A way by which mail or people come in.', {
    way: oneOf(waysIn, 'Which.'),
    heldBy: maybe(text('By what it can be held; null: by nothing.')),
    remedy: maybe(text('What would make it held.')),
    accepted: maybe(wayAccepted),
  }),
);
const organisationWays = shapeOf<OrganisationWays>()(
  named('OrganisationWays', 'The ways in of an organisation.', {
    organisation: text('Its code.'),
    mailboxes: count('Who of it has still to switch.'),
    ways: Type.Array(wayStanding),
  }),
);

export const waveWays = shapeOf<WaveWays>()(
  named('WaveWays', 'By which ways mail and people come to who is to switch, and which of them are held.', {
    isPromised: flag('There are doors, or settings of ways in.'),
    organisations: Type.Array(organisationWays),
    unknown: texts('Codes that the settings name and the estate does not have.'),
  }),
);
