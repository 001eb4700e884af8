/**
 * The lines of `grants.csv` into a roster whose mailboxes are known. Some hundred are looked at before it is looked up whose
 * addresses they name, since that is done faster for many.
 */

import { type GrantKind, type GrantRow, grantKinds } from '#domain/estate.ts';
import type { Header } from '#domain/estate-columns.ts';
import type { RosterBuilder } from '#planning/roster-builder.ts';
import type { LineTaker } from './read-roster-lines.ts';
import { isPlainAddress, OctetFields } from './read-roster-octets.ts';

const kindWords = grantKinds.map((kind) => Buffer.from(kind));
/** What is known of so many is small enough to stay near at hand. */
const togetherMost = 512;

export class GrantLines implements LineTaker<'grants'> {
  readonly #builder: RosterBuilder;
  readonly #fields = new OctetFields();
  /** Which field is the kind, and which the mailbox; the third is the grantee. */
  #kindAt = 2;
  #mailboxAt = 0;

  /** Lines that were looked at and not settled: where each begins, its number, its kind, and where the addresses of its ends are. */
  #octets: Buffer = Buffer.alloc(0);
  #count = 0;
  readonly #begins = new Int32Array(togetherMost);
  readonly #lines = new Int32Array(togetherMost);
  readonly #kinds = new Uint8Array(togetherMost);
  readonly #places = new Int32Array(togetherMost * 4);
  readonly #found = new Int32Array(togetherMost * 2);

  constructor(builder: RosterBuilder) {
    this.#builder = builder;
  }

  begin({ at }: Header<'grants'>): void {
    this.#kindAt = at.get('kind') as number;
    this.#mailboxAt = at.get('mailbox') as number;
  }

  get isFull(): boolean {
    return this.#count === togetherMost;
  }

  ordinary(octets: Buffer, at: number, line: number): number {
    const fields = this.#fields;
    fields.octets = octets;
    fields.at = at;
    for (let i = 0; i < 3; i++) {
      fields.begin();
      if (!this.#field(i) || !fields.end(i === 2)) return -1;
    }
    this.#octets = octets;
    this.#begins[this.#count] = at;
    this.#lines[this.#count] = line;
    this.#count++;
    return fields.at;
  }

  settle(giveBack: (at: number, line: number) => void): void {
    const count = this.#count;
    this.#count = 0;
    if (count === 0) return;
    const found = this.#found;
    this.#builder.findAll(this.#octets, this.#places, count * 2, found);
    for (let i = 0; i < count; i++) {
      const mailbox = found[i * 2] as number;
      const grantee = found[i * 2 + 1] as number;
      if (mailbox >= 0 && grantee >= 0) this.#builder.grant(mailbox, grantee, this.#kinds[i] as number);
      else if ((mailbox >= 0 || this.#isPlain(i * 2)) && (grantee >= 0 || this.#isPlain(i * 2 + 1)))
        this.#unknownEnds(i, mailbox, grantee);
      else giveBack(this.#begins[i] as number, this.#lines[i] as number);
    }
  }

  row(row: GrantRow): void {
    const [mailbox, grantee] = [this.#builder.findText(row.mailbox), this.#builder.findText(row.grantee)];
    if (mailbox >= 0 && grantee >= 0) this.#builder.grant(mailbox, grantee, grantKinds.indexOf(row.kind));
    else this.#unknown(row, mailbox < 0, grantee < 0);
  }

  /** Reads a field of the line at hand. An address need not be looked into where somebody has it: then it is one. */
  #field(i: number): boolean {
    const fields = this.#fields;
    if (i === this.#kindAt) {
      const isOne = fields.word(kindWords);
      this.#kinds[this.#count] = fields.number;
      return isOne;
    }
    const place = this.#count * 4 + (i === this.#mailboxAt ? 0 : 2);
    const isLikely = fields.likelyAddress();
    this.#places[place] = fields.from;
    this.#places[place + 1] = fields.at;
    return isLikely;
  }

  #isPlain(end: number): boolean {
    return isPlainAddress(this.#octets, this.#places[end * 2] as number, this.#places[end * 2 + 1] as number);
  }

  #unknownEnds(i: number, mailbox: number, grantee: number): void {
    const isAsked = this.#builder.asksForUnknown;
    if (!isAsked) return this.#builder.unknownGrant([]);
    const kind = grantKinds[this.#kinds[i] as number] as GrantKind;
    this.#unknown({ mailbox: this.#textOf(i * 2), grantee: this.#textOf(i * 2 + 1), kind }, mailbox < 0, grantee < 0);
  }

  #textOf(end: number): string {
    const [from, to] = this.#places.subarray(end * 2, end * 2 + 2);
    return this.#octets.toString('latin1', from, to).toLowerCase();
  }

  #unknown({ mailbox, grantee, kind }: GrantRow, isMailbox: boolean, isGrantee: boolean): void {
    this.#builder.unknownGrant([...(isMailbox ? [mailbox] : []), ...(isGrantee ? [grantee] : [])]);
    const unknown = isMailbox && isGrantee ? 'both' : isMailbox ? 'mailbox' : 'grantee';
    this.#builder.tellUnknown({ mailbox, grantee, kind, unknown });
  }
}
