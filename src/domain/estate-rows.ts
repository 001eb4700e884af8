/**
 * The lines of `organisations.csv`, `mailboxes.csv` and `grants.csv` as rows of an estate. Every value of a line is checked,
 * so that whoever exported the file hears of all that is wrong with it at once. What values have to do with each other and
 * with what is there is looked at later, in the database.
 */

import { type Day, type GrantRow, grantKinds, mailboxKinds, type MailboxRow, type OrganisationRow } from './estate.ts';
import type { ColumnOf, EstateFileKind, Header, RowProblem } from './estate-columns.ts';
import {
  type Read,
  readAddress,
  readAliases,
  readCode,
  readDay,
  readLanguage,
  readOneOf,
  readTimezone,
  readWhole,
  readWords,
} from './estate-values.ts';

export interface EstateRows {
  readonly organisations: OrganisationRow;
  readonly mailboxes: MailboxRow;
  readonly grants: GrantRow;
}

/** A row and the line it stands in. */
export type Lined<Row> = Row & { readonly line: number };

/** Words that people read: longer than any name, shorter than a letter. */
const nameMost = 400;
/** Names of users (a distinguished name, at worst) and hints. */
const wordMost = 256;

/**
 * The row in a line, and `note` is told what is wrong with it. A file with anything wrong in it is never imported, but what
 * can be read of such a line is still given, so that others can be held against it: who spoils the line of an organisation
 * is not told of all its mailboxes that their organisation is unknown. Null where not even its name can be read.
 */
export function readRow<Kind extends EstateFileKind>(
  header: Header<Kind>,
  line: number,
  cells: readonly string[],
  note: (problem: RowProblem) => void,
): Lined<EstateRows[Kind]> | null {
  const isRagged = cells.length !== header.width;
  if (isRagged) {
    const problem = `This line has ${cells.length} fields, the header has ${header.width}. A field with a comma in it stands in double quotes.`;
    note({ line, column: Math.min(cells.length, header.width), problem });
  }
  const fields = new Fields<string>(header, line, cells, isRagged ? () => undefined : note);
  const row = readers[header.kind](fields);
  return row === null ? null : ({ ...row, line } as unknown as Lined<EstateRows[Kind]>);
}

const readers = {
  organisations(fields: Fields<ColumnOf<'organisations'>>): OrganisationRow | null {
    const code = fields.must('code', readCode);
    const name = fields.must('name', (text) => readWords(text, nameMost)) ?? '';
    const parent = fields.may('parent', readCode);
    return code === null ? null : { code, name, parent };
  },
  mailboxes: readMailbox,
  grants(fields: Fields<ColumnOf<'grants'>>): GrantRow | null {
    const mailbox = fields.must('mailbox', readAddress);
    const grantee = fields.must('grantee', readAddress);
    const kind = fields.must('kind', (text) => readOneOf(text, grantKinds, 'kind of grant'));
    return mailbox === null || grantee === null || kind === null ? null : { mailbox, grantee, kind };
  },
} as const satisfies { readonly [Kind in EstateFileKind]: (fields: Fields<ColumnOf<Kind>>) => EstateRows[Kind] | null };

function readMailbox(fields: Fields<ColumnOf<'mailboxes'>>): MailboxRow | null {
  const address = fields.must('address', readAddress);
  const kind = fields.must('kind', (text) => readOneOf(text, mailboxKinds, 'kind of mailbox'));
  const organisation = fields.must('organisation', readCode);
  const sizeBytes = fields.may('size_bytes', readWhole);
  const items = fields.may('items', readWhole);
  const notBefore = fields.may('not_before', readDay);
  const particulars = {
    sizeBytes,
    items,
    notBefore,
    notAfter: fields.may('not_after', (text) => readDayFrom(text, notBefore)),
    waveHint: fields.may('wave_hint', readWord),
    sourceUser: fields.may('source_user', readWord),
    targetUser: fields.may('target_user', readWord),
    displayName: fields.may('display_name', (text) => readWords(text, nameMost)),
    aliases: fields.may('aliases', (text) => readAliases(text, address ?? '')) ?? [],
    timezone: fields.may('timezone', readTimezone),
    language: fields.may('language', readLanguage),
  };
  if (address === null || organisation === null) return null;
  return { address, kind: kind ?? 'person', organisation, ...particulars };
}

/** The last day on which a mailbox may switch, which is not before the first. */
function readDayFrom(text: string, notBefore: Day | null): Read<Day> {
  const read = readDay(text);
  if ('problem' in read || notBefore === null || read.value >= notBefore) return read;
  return { problem: `not_after ${read.value} is earlier than not_before ${notBefore}.` };
}

function readWord(text: string): Read<string> {
  return readWords(text, wordMost);
}

/** The fields of one line by their columns. */
class Fields<Column extends string> {
  readonly #at: ReadonlyMap<string, number>;
  readonly #line: number;
  readonly #cells: readonly string[];
  readonly #note: (problem: RowProblem) => void;

  constructor(
    header: { readonly at: ReadonlyMap<string, number> },
    line: number,
    cells: readonly string[],
    note: (problem: RowProblem) => void,
  ) {
    this.#at = header.at;
    this.#line = line;
    this.#cells = cells;
    this.#note = note;
  }

  /** A value that has to be there; null where it is missing or wrong. */
  must<T>(column: Column, read: (text: string) => Read<T>): T | null {
    const at = this.#at.get(column) as number;
    const text = this.#text(at);
    return text === '' ? this.#wrong(at, `The ${column} is missing.`) : this.#taken(at, read(text));
  }

  /** A value that may be empty, or whose column may be missing. */
  may<T>(column: Column, read: (text: string) => Read<T>): T | null {
    const at = this.#at.get(column);
    if (at === undefined) return null;
    const text = this.#text(at);
    return text === '' ? null : this.#taken(at, read(text));
  }

  #text(at: number): string {
    return (this.#cells[at] ?? '').trim();
  }

  #taken<T>(at: number, read: Read<T>): T | null {
    return 'value' in read ? read.value : this.#wrong(at, read.problem);
  }

  #wrong(at: number, problem: string): null {
    this.#note({ line: this.#line, column: at + 1, problem });
    return null;
  }
}
