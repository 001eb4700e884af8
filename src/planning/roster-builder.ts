/** A roster while it fills: mailboxes in the order in which they come, then the grants between them. */

import type { GrantKind } from '#domain/estate.ts';
import { AddressBook } from './address-book.ts';
import { unrepeated } from './repeated-grants.ts';
import type { Roster, RosterGrants, RosterOrganisation } from './roster.ts';

/** What is known of a mailbox besides its address, as numbers; see `Roster`. */
export interface RosterNumbers {
  kind: number;
  organisation: number;
  sizeBytes: number;
  items: number;
  notBefore: number;
  notAfter: number;
  waveHint: number;
}

/** Of these a few are kept to be told; all of them are heard by whoever writes them down. */
const addressesShown = 20;

/** A grant of which an end, or both, is not in the estate. */
export interface UnknownGrant {
  readonly mailbox: string;
  readonly grantee: string;
  readonly kind: GrantKind;
  readonly unknown: 'mailbox' | 'grantee' | 'both';
}

export type HearUnknown = (grant: UnknownGrant) => void;

export class RosterBuilder {
  /** One for each mailbox, with the same number. */
  readonly addresses = new AddressBook();
  readonly #aliases = new AddressBook();
  /** The mailbox of each alias. */
  #aliasOf = new Int32Array(1 << 4);
  #columns = columnsFor(1 << 8);
  #size = 0;
  readonly #hints = new Map<string, number>();
  #grants = grantsFor(1 << 8);
  #grantCount = 0;
  #toThemselves = 0;
  #unknown = 0;
  readonly #unknownAddresses = new Set<string>();
  /** Hears of every grant with an unknown end; null where nobody wants to. */
  readonly #heard: HearUnknown | null;

  constructor(heard: HearUnknown | null = null) {
    this.#heard = heard;
  }

  get size(): number {
    return this.#size;
  }

  /** Makes room for about so many, where somebody knows; what is too much costs nothing, since nobody writes there. */
  reserveMailboxes(mailboxes: number): void {
    this.addresses.reserve(mailboxes);
    if (mailboxes > this.#columns.kind.length) this.#columns = widened(this.#columns, columnsFor(mailboxes));
  }

  reserveGrants(grants: number): void {
    if (grants > this.#grants.kind.length) this.#grants = widened(this.#grants, grantsFor(grants));
  }

  /** The next mailbox; its address is added to `addresses`, earlier or later. */
  mailbox(of: RosterNumbers): void {
    const number = this.#size++;
    if (number === this.#columns.kind.length) this.#columns = widened(this.#columns, columnsFor(number * 2));
    const columns = this.#columns;
    columns.kind[number] = of.kind;
    columns.organisation[number] = of.organisation;
    columns.sizeBytes[number] = of.sizeBytes;
    columns.items[number] = of.items;
    columns.notBefore[number] = of.notBefore;
    columns.notAfter[number] = of.notAfter;
    columns.waveHint[number] = of.waveHint;
  }

  /** The number of a hint. */
  hint(text: string): number {
    const known = this.#hints.get(text);
    if (known !== undefined) return known;
    this.#hints.set(text, this.#hints.size);
    return this.#hints.size - 1;
  }

  /** Enters another address of a mailbox; the mailbox that has it already, else -1. */
  alias(mailbox: number, address: string): number {
    const known = this.addresses.findText(address);
    if (known >= 0) return known;
    const other = this.#aliases.findText(address);
    if (other >= 0) return this.#owner(other);
    const number = this.#aliases.size;
    this.#aliases.addText(address);
    if (number === this.#aliasOf.length) this.#aliasOf = wider(this.#aliasOf, new Int32Array(number * 2));
    this.#aliasOf[number] = mailbox;
    return -1;
  }

  /**
   * The mailboxes whose addresses, or one of whose others, stand in `octets`, as `AddressBook.findAll` has them; -1 where there is
   * none.
   */
  findAll(octets: Uint8Array, places: Int32Array, count: number, found: Int32Array): void {
    this.addresses.findAll(octets, places, count, found);
    if (this.#aliases.size === 0) return;
    for (let i = 0; i < count; i++)
      if ((found[i] as number) < 0)
        found[i] = this.#owner(this.#aliases.find(octets, places[i * 2] as number, places[i * 2 + 1] as number));
  }

  findText(address: string): number {
    const known = this.addresses.findText(address);
    return known >= 0 ? known : this.aliasOwner(address);
  }

  /** The mailbox that has it among its others, as far as they were entered. */
  aliasOwner(address: string): number {
    return this.#aliases.size === 0 ? -1 : this.#owner(this.#aliases.findText(address));
  }

  /** Whether anybody has other addresses. */
  get hasAliases(): boolean {
    return this.#aliases.size > 0;
  }

  /** What somebody may do with their own mailbox is no reason to keep it together. */
  grant(mailbox: number, grantee: number, kind: number): void {
    if (mailbox === grantee) {
      this.#toThemselves++;
      return;
    }
    const number = this.#grantCount++;
    if (number === this.#grants.kind.length) this.reserveGrants(number * 2);
    this.#grants.mailbox[number] = mailbox;
    this.#grants.grantee[number] = grantee;
    this.#grants.kind[number] = kind;
  }

  /** A grant one end of which, or both, nobody has: a group, or somebody elsewhere. */
  unknownGrant(addresses: readonly string[]): void {
    this.#unknown++;
    for (const address of addresses)
      if (this.#unknownAddresses.size < addressesShown) this.#unknownAddresses.add(address);
  }

  /** Tells of one in full to whoever wanted to hear. */
  tellUnknown(grant: UnknownGrant): void {
    this.#heard?.(grant);
  }

  /** Whether more of their addresses are wanted. */
  get asksForUnknown(): boolean {
    return this.#heard !== null || this.#unknownAddresses.size < addressesShown;
  }

  roster(organisations: readonly RosterOrganisation[]): Roster & { readonly leftOut: LeftOutGrants } {
    const size = this.#size;
    const grants = unrepeated(cut(this.#grants, this.#grantCount), size);
    const leftOut = { toThemselves: this.#toThemselves, twice: this.#grantCount - grants.kind.length };
    const unknown: RosterGrants['unknown'] = { grants: this.#unknown, addresses: [...this.#unknownAddresses] };
    return {
      size,
      address: (mailbox) => this.addresses.text(mailbox),
      find: (address) => this.findText(address),
      ...cut(this.#columns, size),
      organisations,
      hints: [...this.#hints.keys()],
      grants: { ...grants, unknown },
      leftOut,
    };
  }

  #owner(alias: number): number {
    return alias < 0 ? -1 : (this.#aliasOf[alias] as number);
  }
}

/** Grants that change nothing, besides those with an unknown end. */
export interface LeftOutGrants {
  /** Of a mailbox to itself. */
  readonly toThemselves: number;
  /** That stand in an earlier line already. */
  readonly twice: number;
}

function columnsFor(size: number) {
  return {
    kind: new Uint8Array(size),
    organisation: new Int32Array(size),
    sizeBytes: new Float64Array(size),
    items: new Float64Array(size),
    notBefore: new Int32Array(size),
    notAfter: new Int32Array(size),
    waveHint: new Int32Array(size),
  };
}

function grantsFor(size: number) {
  return { mailbox: new Int32Array(size), grantee: new Int32Array(size), kind: new Uint8Array(size) };
}

type Column = Uint8Array<ArrayBuffer> | Int32Array<ArrayBuffer> | Float64Array<ArrayBuffer>;

function widened<Columns extends Readonly<Record<string, Column>>>(columns: Columns, into: Columns): Columns {
  for (const [name, column] of Object.entries(columns)) wider(column, into[name] as Column);
  return into;
}

function wider<One extends Column>(column: One, into: One): One {
  into.set(column);
  return into;
}

/** What is filled of each; of one that is filled to a large part no copy is made. */
function cut<Columns extends Readonly<Record<string, Column>>>(columns: Columns, size: number): Columns {
  const part = (column: Column): Column =>
    size * 4 > column.length * 3 ? column.subarray(0, size) : column.slice(0, size);
  return Object.fromEntries(Object.entries(columns).map(([name, column]) => [name, part(column)])) as Columns;
}
