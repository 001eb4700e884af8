/** The lines of `mailboxes.csv` into a roster. */

import { dayNumber } from '#domain/calendar-days.ts';
import { mailboxKinds, type MailboxRow } from '#domain/estate.ts';
import type { ColumnOf, Header } from '#domain/estate-columns.ts';
import type { Lined } from '#domain/estate-rows.ts';
import { readAliases, readLanguage, readTimezone } from '#domain/estate-values.ts';
import { noDayAfter, noDayBefore } from '#planning/roster.ts';
import type { RosterBuilder, RosterNumbers } from '#planning/roster-builder.ts';
import type { RosterFindings } from './read-roster-findings.ts';
import type { LineTaker } from './read-roster-lines.ts';
import { OctetFields } from './read-roster-octets.ts';
import type { OrganisationNumbers } from './read-roster-organisations.ts';

/** Columns by numbers, which are told apart faster than words. */
const columns = {
  address: 0,
  kind: 1,
  organisation: 2,
  size_bytes: 3,
  items: 4,
  not_before: 5,
  not_after: 6,
  wave_hint: 7,
  source_user: 8,
  target_user: 9,
  display_name: 10,
  aliases: 11,
  timezone: 12,
  language: 13,
} as const satisfies Record<ColumnOf<'mailboxes'>, number>;

const kindWords = mailboxKinds.map((kind) => Buffer.from(kind));
/** Lists of aliases and names that are longer are left to the import's reader. */
const aliasesMost = 4_096;
const [nameMost, wordMost, zoneMost] = [400, 256, 64];

/** What is known of so many is small enough to stay near at hand. */
const togetherMost = 512;

export class MailboxLines implements LineTaker<'mailboxes'> {
  readonly #builder: RosterBuilder;
  readonly #organisations: OrganisationNumbers;
  readonly #findings: RosterFindings;
  #header: Header<'mailboxes'> = { kind: 'mailboxes', at: new Map(), width: 0 };
  /** The column of each field. */
  #columns: readonly number[] = [];
  readonly #fields = new OctetFields();
  /** Those of the line at hand. */
  readonly #numbers: RosterNumbers = { ...nobody };
  #aliases: readonly string[] = none;
  /** The line of each mailbox, to be told where an address stands twice. */
  #lines = new Int32Array(1 << 8);

  /** Mailboxes whose addresses were not looked at yet, and where those are; the last of them may have others as well. */
  #octets: Buffer = Buffer.alloc(0);
  #count = 0;
  readonly #places = new Int32Array(togetherMost * 2);
  readonly #found = new Int32Array(togetherMost);

  constructor(builder: RosterBuilder, organisations: OrganisationNumbers, findings: RosterFindings) {
    this.#builder = builder;
    this.#organisations = organisations;
    this.#findings = findings;
  }

  begin(header: Header<'mailboxes'>): void {
    this.#header = header;
    this.#columns = [...header.at].toSorted(([, a], [, b]) => a - b).map(([column]) => columns[column]);
  }

  /** Other addresses are entered before any line that follows is looked at, as they may be the address of that. */
  get isFull(): boolean {
    return this.#count === togetherMost || this.#aliases.length > 0;
  }

  ordinary(octets: Buffer, at: number, line: number): number {
    if (!this.#fieldsOf(octets, at)) {
      this.#aliases = none;
      return -1;
    }
    this.#octets = octets;
    this.#count++;
    this.#keep(line, this.#numbers);
    return this.#fields.at;
  }

  settle(): void {
    const [count, found, aliases] = [this.#count, this.#found, this.#aliases];
    this.#count = 0;
    this.#aliases = none;
    if (count === 0) return;
    const first = this.#builder.addresses.size;
    this.#builder.addresses.addAll(this.#octets, this.#places, count, found);
    const hasAliases = this.#builder.hasAliases;
    for (let i = 0; i < count; i++)
      if ((found[i] as number) >= 0 || hasAliases)
        this.#seeWhoseAddress(first + i, this.#addressAt(i), found[i] as number);
    if (aliases.length > 0) this.#enterAliases(first + count - 1, this.#addressAt(count - 1), aliases);
  }

  row(row: Lined<MailboxRow>, cells: readonly string[]): void {
    const { line, address, organisation: code } = row;
    const organisation = this.#organisations.of(code);
    if (organisation < 0) {
      const clash = { clash: 'organisation.unknown', code, near: this.#organisations.near(code) } as const;
      this.#findings.clash('mailboxes', line, this.#header.at.get('organisation'), clash);
    }
    const mailbox = this.#builder.size;
    this.#keep(line, {
      kind: mailboxKinds.indexOf(row.kind),
      organisation,
      sizeBytes: row.sizeBytes ?? 0,
      items: row.items ?? 0,
      notBefore: row.notBefore === null ? noDayBefore : dayNumber(row.notBefore),
      notAfter: row.notAfter === null ? noDayAfter : dayNumber(row.notAfter),
      waveHint: row.waveHint === null ? -1 : this.#builder.hint(row.waveHint),
    });
    // The row has it in lower case, and people want to see it as they wrote it.
    const written = cells[this.#header.at.get('address') as number] as string;
    this.#seeWhoseAddress(mailbox, address, this.#builder.addresses.addText(written));
    this.#enterAliases(mailbox, address, row.aliases);
  }

  /** Reads the line that begins at `at`; false where it is not ordinary. */
  #fieldsOf(octets: Buffer, at: number): boolean {
    const fields = this.#fields;
    const present = this.#columns;
    fields.octets = octets;
    fields.at = at;
    const last = present.length - 1;
    for (let i = 0; i <= last; i++) {
      fields.begin();
      if (!this.#field(present[i] as number) || !fields.end(i === last)) return false;
    }
    return this.#numbers.notBefore <= this.#numbers.notAfter;
  }

  /** Reads the value of the field at hand; false where it is not in its usual form. */
  #field(column: number): boolean {
    const fields = this.#fields;
    const numbers = this.#numbers;
    switch (column) {
      case columns.address: {
        const isOne = fields.address();
        this.#places[this.#count * 2] = fields.from;
        this.#places[this.#count * 2 + 1] = fields.at;
        return isOne;
      }
      case columns.kind: {
        const isOne = fields.word(kindWords);
        numbers.kind = fields.number;
        return isOne;
      }
      case columns.organisation:
        numbers.organisation = fields.code() ? this.#organisations.at(fields) : -1;
        return numbers.organisation >= 0;
      case columns.size_bytes: {
        const isOne = fields.whole();
        numbers.sizeBytes = fields.number;
        return isOne;
      }
      case columns.items: {
        const isOne = fields.whole();
        numbers.items = fields.number;
        return isOne;
      }
      case columns.not_before: {
        const isOne = fields.day(noDayBefore);
        numbers.notBefore = fields.number;
        return isOne;
      }
      case columns.not_after: {
        const isOne = fields.day(noDayAfter);
        numbers.notAfter = fields.number;
        return isOne;
      }
      case columns.wave_hint: {
        const hint = fields.words(wordMost) ? trimmed(fields) : null;
        numbers.waveHint = hint ? this.#builder.hint(hint) : -1;
        return hint !== null;
      }
      case columns.source_user:
      case columns.target_user:
        return fields.words(wordMost);
      case columns.display_name:
        return fields.words(nameMost);
      case columns.aliases:
        return fields.words(aliasesMost) && this.#aliasesIn(trimmed(fields));
      case columns.timezone: {
        const zone = fields.words(zoneMost) ? trimmed(fields) : null;
        return zone === '' || (zone !== null && 'value' in readTimezone(zone));
      }
      case columns.language: {
        const language = fields.words(zoneMost) ? trimmed(fields) : null;
        return language === '' || (language !== null && 'value' in readLanguage(language));
      }
      default:
        return false;
    }
  }

  #aliasesIn(text: string): boolean {
    if (text === '') return true;
    const read = readAliases(text);
    if ('problem' in read) return false;
    this.#aliases = read.value;
    return true;
  }

  #addressAt(i: number): string {
    return this.#octets.toString('latin1', this.#places[i * 2], this.#places[i * 2 + 1]).toLowerCase();
  }

  /** `known`: who has it for an address already, or -1. */
  #seeWhoseAddress(mailbox: number, address: string, known: number): void {
    const other = known >= 0 ? known : this.#builder.aliasOwner(address);
    if (other >= 0) this.#tellTwice(mailbox, 'address', address, other);
  }

  #enterAliases(mailbox: number, address: string, aliases: readonly string[]): void {
    for (const alias of aliases) {
      const other = alias === address ? -1 : this.#builder.alias(mailbox, alias);
      if (other >= 0) this.#tellTwice(mailbox, 'aliases', alias, other);
    }
  }

  #tellTwice(mailbox: number, column: 'address' | 'aliases', address: string, other: number): void {
    const clash = { clash: 'address.twice', address, otherLine: this.#lines[other] as number } as const;
    this.#findings.clash('mailboxes', this.#lines[mailbox] as number, this.#header.at.get(column), clash);
  }

  #keep(line: number, numbers: RosterNumbers): void {
    const mailbox = this.#builder.size;
    if (mailbox === this.#lines.length) {
      const wider = new Int32Array(mailbox * 2);
      wider.set(this.#lines);
      this.#lines = wider;
    }
    this.#lines[mailbox] = line;
    this.#builder.mailbox(numbers);
  }
}

const none: readonly string[] = [];
const nobody: RosterNumbers = {
  kind: 0,
  organisation: 0,
  sizeBytes: 0,
  items: 0,
  notBefore: noDayBefore,
  notAfter: noDayAfter,
  waveHint: -1,
};

function trimmed(fields: OctetFields): string {
  return fields.at === fields.from ? '' : fields.text().trim();
}
