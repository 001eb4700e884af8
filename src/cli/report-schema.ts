/**
 * The twin of `domain/report.ts` as a JSON schema (draft 2020-12): what `-o json` prints. docs/report.schema.json is made
 * from it (`node src/cli/report-schema.ts`). It is stable: fields are added, none is renamed or taken away. Loaded by
 * tools and tests only; a copy at work does not need it.
 */

import Type from 'typebox';
import { writeFileSync } from 'node:fs';

const text = (description: string) => Type.String({ description });
const number = (description: string) => Type.Integer({ minimum: 0, description });
const maybe = <T extends Type.TSchema>(schema: T, description: string) =>
  Type.Union([schema, Type.Null()], { description });

const refused = Type.Object(
  {
    folder: text('Path on the source, joined with "/".'),
    uid: number('UID on the source; 0 where it has none any more.'),
    uidValidity: number('UIDVALIDITY of the folder on the source.'),
    sizeBytes: maybe(Type.Integer({ minimum: 0 }), 'Octets, as the source tells; null when not known.'),
    messageId: maybe(Type.String(), 'The Message-ID, null when there is none or it is not known.'),
    code: text('Why, as a lasting word; docs/report.md lists them.'),
    reason: text('Why, for people; with the words of the server where it gave some.'),
  },
  { description: 'A message that did not arrive.' },
);

const difference = Type.Object(
  {
    folder: text('Path on the source.'),
    uid: number('UID on the source.'),
    class: text('What is different, as a lasting word; docs/report.md lists them.'),
    detail: text('What is different, for people.'),
  },
  {
    description:
      'A message that arrived and is served with other bytes, date, flags or keywords than the source serves.',
  },
);

const folderNote = Type.Object(
  {
    source: text('Path on the source.'),
    target: maybe(Type.String(), 'Path on the target; null when it is not there.'),
    reason: text('Why it is missing, renamed or merged.'),
    leftOut: Type.Optional(
      Type.Boolean({
        description: "True when it is not to be moved at all (another user's, or a view of other folders).",
      }),
    ),
  },
  { description: 'A folder that is missing on the target, or has another name there, or went into another.' },
);

const kept = Type.Object(
  { folder: text('Path on the source.'), uid: number('UID on the source.'), reason: text('Why it was kept.') },
  { description: 'A message that left the source and is still on the target.' },
);

const fault = Type.Object(
  {
    code: text('A code of docs/faults.md.'),
    message: text('What happened.'),
    remedy: text('What to do.'),
  },
  { description: 'What ended this mailbox early.' },
);

const mailbox = Type.Object(
  {
    source: text('The URL as it was given.'),
    target: text('The URL as it was given.'),
    copied: number('Messages that this run put on the target.'),
    alreadyThere: number('Messages of the source that were on the target before this run.'),
    flagsChanged: number('Messages whose flags this run brought up to date on the target.'),
    removed: number('Messages that this run removed from the target because they left the source (--delete).'),
    bytes: number('Octets of the messages copied, as read from the source.'),
    milliseconds: Type.Number({ minimum: 0, description: 'How long it took.' }),
    refused: Type.Array(refused),
    differences: Type.Array(difference),
    folders: Type.Array(folderNote),
    kept: Type.Array(kept),
    fault: Type.Union([fault, Type.Null()], { description: 'Null when the mailbox was seen through.' }),
    dryRun: Type.Boolean({ description: 'True when nothing was written: the numbers say what would be done.' }),
  },
  { description: 'One mailbox.' },
);

const problem = Type.Object(
  {
    says: text('What is wrong.'),
    file: maybe(Type.String(), 'The file in which it is wrong.'),
    line: maybe(Type.Integer({ minimum: 1 }), 'Its line.'),
    column: maybe(Type.Integer({ minimum: 1 }), 'Its field in that line.'),
  },
  { description: 'One thing wrong with the command line or a file it names.' },
);

const error = Type.Object(
  {
    code: text('"usage", or a code of docs/faults.md.'),
    message: text('What happened.'),
    remedy: text('What to do.'),
    problems: Type.Array(problem),
  },
  { description: 'Only there when the command as a whole came to nothing; then mailboxes is empty.' },
);

/** The document of `godwit copy -o json`. */
export const reportSchema = Type.Object(
  { mailboxes: Type.Array(mailbox), error: Type.Optional(error) },
  {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'What godwit copy -o json prints',
    description: 'One document, also after a failure. Made from src/cli/report-schema.ts.',
  },
);

/** The schema as it stands in docs/report.schema.json. */
export function reportSchemaText(): string {
  return `${JSON.stringify(reportSchema, null, 2)}\n`;
}

if (import.meta.main) writeFileSync(new URL('../../docs/report.schema.json', import.meta.url), reportSchemaText());
