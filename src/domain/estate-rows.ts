/**
 * The lines of `organisations.csv`, `mailboxes.csv` and `grants.csv` as rows of an estate. Every value of a line is checked,
 * so that whoever exported the file hears of all that is wrong with it at once. What values have to do with each other and
 * with what is there is looked at later, in the database.
 */

import {
  type GrantKind,
  grantKinds,
  type GrantRow,
  type MailboxKind,
  mailboxKinds,
  type MailboxRow,
  type OrganisationRow,
} from './estate.ts';
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
 * Reads lines of a file, one after the other, and tells `note` what is wrong with them. A file with anything wrong in it is
 * never imported, but what can be read of such a line is still given, so that others can be held against it: who spoils the
 * line of an organisation is not told of all its mailboxes that their organisation is unknown. Null where not even its name
 * can be read.
 */
export function rowReader<Kind extends EstateFileKind>(
  header: Header<Kind>,
  note: (problem: RowProblem) => void,
): (line: number, cells: readonly string[]) => Lined<EstateRows[Kind]> | null {
  const [all, spoilt] = [new Fields<string>(header, note), new Fields<string>(header, () => undefined)];
  const read = readers[header.kind] as (fields: Fields<string>, line: number) => Lined<EstateRows[Kind]> | null;
  return (line, cells) => {
    if (cells.length === header.width) return read(all.of(line, cells), line);
    const problem = `This line has ${cells.length} fields, the header has ${header.width}. A field with a comma in it stands in double quotes.`;
    note({ line, column: Math.min(cells.length, header.width), problem });
    return read(spoilt.of(line, cells), line);
  };
}

type Reader<Kind extends EstateFileKind> = (
  fields: Fields<ColumnOf<Kind>>,
  line: number,
) => Lined<EstateRows[Kind]> | null;

const readers: { readonly [Kind in EstateFileKind]: Reader<Kind> } = {
  organisations(fields, line) {
    const code = fields.must('code', readCode);
    const name = fields.must('name', readName) ?? '';
    const parent = fields.may('parent', readCode);
    return code === null ? null : { line, code, name, parent };
  },
  mailboxes: readMailbox,
  grants(fields, line) {
    const mailbox = fields.must('mailbox', readAddress);
    const grantee = fields.must('grantee', readAddress);
    const kind = fields.must('kind', readGrantKind);
    return mailbox === null || grantee === null || kind === null ? null : { line, mailbox, grantee, kind };
  },
};

function readMailbox(fields: Fields<ColumnOf<'mailboxes'>>, line: number): Lined<MailboxRow> | null {
  const address = fields.must('address', readAddress);
  const kind = fields.must('kind', readMailboxKind) ?? 'person';
  const organisation = fields.must('organisation', readCode);
  const sizeBytes = fields.may('size_bytes', readWhole);
  const items = fields.may('items', readWhole);
  const notBefore = fields.may('not_before', readDay);
  const notAfter = fields.may('not_after', readDay);
  if (notBefore !== null && notAfter !== null && notAfter < notBefore)
    fields.wrong('not_after', `not_after ${notAfter} is earlier than not_before ${notBefore}.`);
  const waveHint = fields.may('wave_hint', readWord);
  const sourceUser = fields.may('source_user', readWord);
  const targetUser = fields.may('target_user', readWord);
  const displayName = fields.may('display_name', readName);
  const aliases = (fields.may('aliases', readAliases) ?? none).filter((alias) => alias !== address);
  const timezone = fields.may('timezone', readTimezone);
  const language = fields.may('language', readLanguage);
  if (address === null || organisation === null) return null;
  return {
    line,
    address,
    kind,
    organisation,
    sizeBytes,
    items,
    notBefore,
    notAfter,
    waveHint,
    sourceUser,
    targetUser,
    displayName,
    aliases,
    timezone,
    language,
  };
}

const none: readonly string[] = [];

function readMailboxKind(text: string): Read<MailboxKind> {
  return readOneOf(text, mailboxKinds, 'kind of mailbox');
}

function readGrantKind(text: string): Read<GrantKind> {
  return readOneOf(text, grantKinds, 'kind of grant');
}

function readName(text: string): Read<string> {
  return readWords(text, nameMost);
}

function readWord(text: string): Read<string> {
  return readWords(text, wordMost);
}

/** The fields of one line after the other, by their columns. */
class Fields<Column extends string> {
  readonly #at: ReadonlyMap<string, number>;
  readonly #note: (problem: RowProblem) => void;
  #line = 0;
  #cells: readonly string[] = [];

  constructor(header: { readonly at: ReadonlyMap<string, number> }, note: (problem: RowProblem) => void) {
    this.#at = header.at;
    this.#note = note;
  }

  /** From here on those of this line. */
  of(line: number, cells: readonly string[]): this {
    this.#line = line;
    this.#cells = cells;
    return this;
  }

  /** A value that has to be there; null where it is missing or wrong. */
  must<T>(column: Column, read: (text: string) => Read<T>): T | null {
    const text = this.#text(this.#at.get(column) as number);
    return text === '' ? this.wrong(column, `The ${column} is missing.`) : this.#taken(column, read(text));
  }

  /** A value that may be empty, or whose column may be missing. */
  may<T>(column: Column, read: (text: string) => Read<T>): T | null {
    const at = this.#at.get(column);
    if (at === undefined) return null;
    const text = this.#text(at);
    return text === '' ? null : this.#taken(column, read(text));
  }

  wrong(column: Column, problem: string): null {
    this.#note({ line: this.#line, column: (this.#at.get(column) ?? 0) + 1, problem });
    return null;
  }

  #text(at: number): string {
    return (this.#cells[at] ?? '').trim();
  }

  #taken<T>(column: Column, read: Read<T>): T | null {
    return 'value' in read ? read.value : this.wrong(column, read.problem);
  }
}
