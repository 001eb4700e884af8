/**
 * The twin of `domain/wave-report.ts` as a JSON schema (draft 2020-12): what `godwit report wave -o json` prints.
 * docs/wave-report.schema.json is made from it (`node src/cli/wave-report-schema.ts`). It is stable: fields are added, none is
 * renamed or taken away. Loaded by tools and tests only.
 */

import { writeFileSync } from 'node:fs';
import Type from 'typebox';
import { grades } from '#domain/grade.ts';
import { marks, stages } from '#domain/journey.ts';

const text = (description: string) => Type.String({ description });
const number = (description: string) => Type.Integer({ minimum: 0, description });
const maybe = <T extends Type.TSchema>(schema: T, description: string) =>
  Type.Union([schema, Type.Null()], { description });
const maybeNumber = (description: string) => maybe(Type.Integer({ minimum: 0 }), description);
const maybeText = (description: string) => maybe(Type.String(), description);
const byReason = (description: string) => Type.Record(Type.String(), Type.Integer({ minimum: 0 }), { description });
const names = (description: string) => Type.Array(Type.String(), { description });
const moment = (description: string) => text(`${description} ISO 8601, UTC.`);

const wave = Type.Object(
  {
    id: number('Its number.'),
    name: text('Its name.'),
    state: text('planned, running, paused, cancelled or finished.'),
    window: Type.Object({
      opensAt: number('Milliseconds since 1970.'),
      closesAt: number('Milliseconds since 1970.'),
    }),
    isPilot: Type.Boolean({ description: 'Switched before the others of the same window.' }),
    errorBudget: Type.Number({ description: 'The share that may fail before it pauses by itself.' }),
    pausedWhy: maybeText('Why it is paused.'),
  },
  { description: 'The wave.' },
);

/** What a mailbox and the sums have in common. */
const numbers = {
  copied: number('Messages that are on the target because Godwit put them there.'),
  alreadyThere: number(
    'Messages that are on the target because somebody else had put them there: found by their content.',
  ),
  refused: number('Messages that are not on the target.'),
  refusedFor: byReason('Those, by the codes of docs/report.md.'),
  differentIn: byReason('Messages that are served otherwise, by the classes of docs/report.md. One may be in several.'),
  carried: number(
    'Messages that all passes carried, also what has left the source since; less where a worker was killed.',
  ),
  bytes: number('Octets of those.'),
  milliseconds: number('How long all passes took.'),
  carriedBack: number('Messages that were carried home after the switch.'),
  notTakenHome: number('Messages that home did not take, as the last pass there found it.'),
  open: number('Messages that are listed and that nobody has accepted.'),
  accepted: number('Messages that are listed and accepted.'),
  acceptedBy: names('By whom.'),
};

const interruption = Type.Object(
  {
    at: moment('When its route was turned.'),
    side: Type.Enum(['source', 'target'], { description: 'That it came to.' }),
    ms: number('What counts: the largest of all.'),
    by: Type.Enum(['attempts', 'stamps'], {
      description: 'Whether sign-ins or deliveries were really tried meanwhile, or our own stamps are all there is.',
    }),
    stampsMs: number('From the hold to the turn, by our own clock.'),
    signInMs: maybeNumber('From the first sign-in that was refused or had to wait to the first that got in.'),
    sessionMs: maybeNumber('From when sessions were ended to when new ones could begin.'),
    deliveryMs: maybeNumber('The longest that a message took, less the usual.'),
  },
  { description: 'The latest switch. Milliseconds.' },
);

const mailbox = Type.Object(
  {
    address: text('Its address.'),
    organisation: text('The code of its organisation.'),
    kind: text('person, shared, room or application.'),
    stage: Type.Enum([...stages], { description: 'Where it is on its journey.' }),
    mark: maybe(Type.Enum([...marks]), 'What keeps it there.'),
    markedFor: maybeText('Why: what a person said, or a code of docs/faults.md.'),
    side: Type.Enum(['source', 'target'], { description: 'Where its mail belongs.' }),
    found: maybeNumber(
      'Messages of the source as the last pass found them: those copied, already there and refused. Null before a pass has come to its end.',
    ),
    ...numbers,
    interruptedMs: maybeNumber('For so long nobody could work in it at the switch. Null before.'),
    interruption: maybe(interruption, 'What that consists of; null before, and where an older version switched it.'),
    together: maybe(
      Type.Object({
        with: number('So many changed sides at that moment, itself included.'),
        of: number('So many belong together by their grants.'),
      }),
      'With whom it changed sides. Null where it belongs with nobody, or nobody had to wait.',
    ),
    lagMs: maybeNumber('How far the other side was behind when it was looked at last.'),
    caughtUpAt: maybe(moment('When that was.'), 'When that was.'),
    wayHomeLate: maybeText(
      'What keeps it from being carried home after the switch: a code of docs/faults.md. Null while nothing does.',
    ),
    wayHomeLateSince: maybe(moment('The last pass home before that.'), 'The last pass home before that.'),
    verified: maybe(
      Type.Object({ at: moment('When.'), outcome: text('What godwit verify --wave found (docs/estate.md).') }),
      'The latest comparison.',
    ),
    certified: maybe(
      Type.Object({ at: moment('When.'), grade: Type.Enum([...grades], { description: 'As docs/evidence.md says.' }) }),
      'The latest certificate, made since it changed sides for the last time.',
    ),
  },
  { description: 'One mailbox.' },
);

const exception = Type.Object(
  {
    address: text('Of the mailbox.'),
    folder: text('As the source spells it.'),
    uid: number('UID on the source.'),
    uidValidity: number('UIDVALIDITY of the folder on the source.'),
    kind: Type.Enum(['refused', 'different', 'removed'], {
      description:
        'refused: it did not arrive. different: it is served otherwise. removed: people removed it on the target.',
    }),
    code: text('A code or classes of docs/report.md.'),
    detail: text('Why, for people.'),
    sizeBytes: maybeNumber('Octets, where known.'),
    messageId: maybeText('The Message-ID, where known.'),
    accepted: maybe(
      Type.Object({ who: text('Who.'), why: text('Why.'), at: moment('When.') }),
      'Who accepted that; null where nobody has.',
    ),
  },
  { description: 'A message that is listed by name.' },
);

const totals = Type.Object(
  {
    mailboxes: number('How many there are.'),
    found: number('Messages of the sources.'),
    ...numbers,
    together: number('Mailboxes that changed sides at one moment with all who belong with them.'),
    apart: number('Mailboxes that changed sides without some who belong with them.'),
    longestLagMs: maybeNumber('The longest of all.'),
    waysHomeLate: byReason('Mailboxes that are not carried home any more, by what keeps them from it.'),
    stages: byReason('Mailboxes by stage.'),
    marks: byReason('Mailboxes by mark.'),
    verified: byReason('Mailboxes by the outcome of their latest comparison.'),
    grades: byReason('Mailboxes by the grade of their latest certificate.'),
  },
  { description: 'The sum of the mailboxes above.' },
);

const interruptions = Type.Object(
  {
    half: number('Half of them were no longer.'),
    p99: number('99 of a hundred were no longer.'),
    longest: number('None was longer.'),
    byAttempts: number('Mailboxes of which sign-ins or deliveries were really tried while they switched.'),
    byStamps: number('Mailboxes of which nobody tried: our own stamps are what is told of them.'),
  },
  { description: 'Milliseconds.' },
);

const error = Type.Object(
  {
    code: text('"usage", or a code of docs/faults.md.'),
    message: text('What happened.'),
    remedy: text('What to do.'),
    problems: Type.Array(Type.Unknown()),
  },
  { description: 'Only there when it came to nothing, or ended in the middle.' },
);

/** The document of `godwit report wave -o json`. */
export const waveReportSchema = Type.Object(
  {
    wave: Type.Optional(wave),
    mailboxes: Type.Array(mailbox),
    exceptions: Type.Optional(Type.Array(exception)),
    totals: Type.Optional(totals),
    interruptions: Type.Optional(maybe(interruptions, 'Of those who have switched; null where nobody has.')),
    grade: Type.Optional(
      maybe(
        Type.Object({
          grade: Type.Enum([...grades], { description: 'As docs/evidence.md says.' }),
          because: names('What kept it from a better one.'),
        }),
        'Of the wave, as its mailboxes stand; null while none of them has a certificate.',
      ),
    ),
    error: Type.Optional(error),
  },
  {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'What godwit report wave -o json prints',
    description: 'One document, also after a failure. Made from src/cli/wave-report-schema.ts.',
  },
);

/** The schema as it stands in docs/wave-report.schema.json. */
export function waveReportSchemaText(): string {
  return `${JSON.stringify(waveReportSchema, null, 2)}\n`;
}

if (import.meta.main)
  writeFileSync(new URL('../../docs/wave-report.schema.json', import.meta.url), waveReportSchemaText());
