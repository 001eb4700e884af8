/** What an import tells. */

import Type from 'typebox';
import {
  changeKinds,
  type EstateChanges,
  type Finding,
  type GrantChanges,
  type MailboxChanges,
  type NamedChange,
  type RowChanges,
} from '#domain/estate-changes.ts';
import { estateFileKinds } from '#domain/estate-columns.ts';
import type { ImportedFile, ImportReport } from '#operations/import-estate.ts';
import { count, fields, flag, maybe, named, oneOf, shapeOf, text, texts } from './shape.ts';

const rows = {
  joiners: count('New.'),
  movers: count('With another organisation or other particulars.'),
  leavers: count('Not there any more.'),
  returners: count('There again.'),
  unchanged: count('As they were.'),
};
const rowChanges = shapeOf<RowChanges>()(fields(rows));
const mailboxChanges = shapeOf<MailboxChanges>()(
  fields({
    ...rows,
    toOtherOrganisation: count('Of the movers, those that have another organisation.'),
    resized: count('With another size or count of items, and nothing else.'),
    leaversUnderWay: count('Leavers whose journey rests where it is.'),
  }),
);
const grantChanges = shapeOf<GrantChanges>()(
  fields({ added: count('New.'), removed: count('Not there any more.'), unchanged: count('As they were.') }),
);
const changes = shapeOf<EstateChanges>()(
  named('EstateChanges', 'How the estate changes; null of what no file was given.', {
    organisations: maybe(rowChanges),
    mailboxes: maybe(mailboxChanges),
    grants: maybe(grantChanges),
  }),
);
const place = Type.Integer({ minimum: 0 });
const finding = shapeOf<Finding>()(
  named('ImportFinding', 'Something about a line.', {
    file: oneOf(estateFileKinds, 'In which file.'),
    line: maybe(place),
    column: maybe(place),
    text: text('What it is.'),
  }),
);
const change = shapeOf<NamedChange>()(
  named('NamedChange', 'One that is another than it was.', {
    of: oneOf(['organisation', 'mailbox'] as const, 'What it is.'),
    change: oneOf(changeKinds, 'What becomes of it.'),
    name: text('A code or an address.'),
    columns: texts('The columns whose values are others; of a mover.'),
    before: maybe(text('The organisation that it was in.')),
    after: maybe(text('The organisation that it is in.')),
  }),
);
const imported = shapeOf<ImportedFile>()(
  fields({
    path: text('As it was called.'),
    rows: count('Lines with something in them, below the header.'),
    sha256: text('Of its octets.'),
  }),
);
const report = shapeOf<ImportReport>()(
  named('ImportReport', 'What came of an import.', {
    dryRun: flag('It was only tried.'),
    files: fields({
      organisations: Type.Optional(imported),
      mailboxes: Type.Optional(imported),
      grants: Type.Optional(imported),
    }),
    problems: count('Where there are any, nothing was changed.'),
    remarks: count('They keep nobody from anything.'),
    changes: maybe(changes),
    changed: flag('Whether the estate is another than before.'),
  }),
);

/** Problems, remarks and changes by name come in this order, behind how many there are. */
export const importLine = Type.Union(
  [
    fields({
      reading: fields({
        file: oneOf(estateFileKinds, 'Which.'),
        rows: count('Rows of it that were read.'),
        octets: count('Octets of it that were read.'),
      }),
    }),
    fields({ begins: oneOf(['checking', 'comparing', 'merging'] as const, 'What takes its time next.') }),
    fields({
      findings: fields({ problems: count('So many.'), remarks: count('So many.'), changes: maybe(changes) }),
    }),
    fields({ wrong: finding }),
    fields({ remark: finding }),
    fields({ change }),
    fields({ report }),
  ],
  { description: 'How far it is, what it finds, and in the last line what came of it.' },
);
