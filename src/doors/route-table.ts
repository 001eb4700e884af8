/**
 * Where every mailbox of an estate lives, by all of its names, in memory: no object for a mailbox or a name, but octets and numbers in
 * a few large arrays, so that two million mailboxes take some hundreds of megabytes and a look-up takes about a microsecond.
 *
 * A name leads to one mailbox. Where two of them claim it, the better right wins: the address itself before an alias, an alias before a
 * name to sign in with; between equals the older mailbox, so that it does not depend on the order in which they were read.
 */

import type { Named, SideName } from '#domain/platform.ts';
import type { Route, Standing } from '#domain/route.ts';
import type { RouteRow } from '#ports/routes.ts';
import { mixedIn, NameIndex, octetsOf, spread } from './route-table-index.ts';
import { nameBytesMost, NameOctets, type NamePlace } from './route-table-octets.ts';

/** What a look-up answers with besides the number of a mailbox. */
export const nobody = -1;
/** Not the name of anybody, whoever there is: too long, or with a character that no name has. */
export const noName = -2;

const rights = { address: 0, alias: 1, user: 2, userInLowerCase: 3 } as const;
type Right = (typeof rights)[keyof typeof rights];

/** Some thousand mailboxes with neighbouring numbers. */
interface Leaf {
  readonly address: Uint32Array;
  readonly sourceUser: Uint32Array;
  readonly targetUser: Uint32Array;
  /** 0: no mailbox. */
  readonly state: Uint8Array;
}

const leafShift = 12;
const leafSize = 1 << leafShift;
const withinLeaf = leafSize - 1;

/** All that a table is made of, besides its memory. */
export interface TableShape {
  readonly seed: number;
  readonly mailboxes: number;
  readonly namesEndAt: number;
  readonly rooms: readonly number[];
  readonly leaves: readonly number[];
}

export class RouteTable {
  readonly #seed: number;
  readonly #octets: NameOctets;
  readonly #index: NameIndex;
  readonly #leaves: (Leaf | undefined)[] = [];
  /** Of all addresses that were taken in, in lower case. A table that was kept on disk has none: it knows of nobody who is not in it. */
  readonly #domains = new Set<string>();
  #mailboxes = 0;
  /** The name that is being looked at: as it is, and in lower case. */
  readonly #asIs = Buffer.alloc(nameBytesMost);
  readonly #lower = Buffer.alloc(nameBytesMost);
  #asIsLength = 0;
  #lowerLength = 0;
  #lowerMixed = 0;
  #isLower = true;

  constructor(seed: number, restored: TableShape | null = null) {
    this.#seed = seed;
    this.#octets = restored ? NameOctets.restored(restored.namesEndAt) : new NameOctets();
    this.#index = new NameIndex(this.#octets, restored?.rooms);
    for (const number of restored?.leaves ?? []) this.#leaves[number] = emptyLeaf();
    this.#mailboxes = restored?.mailboxes ?? 0;
  }

  /** The mailbox to which a name leads; `nobody`, or `noName`. */
  find(name: string): number {
    if (!this.#read(name)) return noName;
    const inLower = this.#index.find(this.#lower, this.#lowerLength, this.#lowerMixed);
    // Addresses are compared without case; who else has just this name to sign in with comes after them.
    if (this.#isLower || (inLower !== 0 && this.#octets.right(inLower) <= rights.alias)) return this.#ownerOf(inLower);
    const asIs = this.#index.find(this.#asIs, this.#asIsLength, this.#asIsMixed());
    return this.#ownerOf(asIs === 0 ? inLower : asIs);
  }

  /** Null where there is no such mailbox. */
  route(mailbox: number): Route | null {
    const state = this.#leaves[mailbox >>> leafShift]?.state[mailbox & withinLeaf] ?? 0;
    return state === 0 ? null : { mailbox, side: sideIn(state), standing: standingIn(state) };
  }

  /** Of a mailbox that there is. */
  named(mailbox: number): Named {
    const { address, sourceUser, targetUser } = this.#leaves[mailbox >>> leafShift] as Leaf;
    const at = mailbox & withinLeaf;
    const text = (place: number): string | null => (place === 0 ? null : this.#octets.text(place));
    return {
      address: this.#octets.text(address[at] as number),
      sourceUser: text(sourceUser[at] as number),
      targetUser: text(targetUser[at] as number),
    };
  }

  /** Takes in a mailbox that is not there yet. */
  add({ mailbox, named, aliases, side, standing }: RouteRow): void {
    const leaf = (this.#leaves[mailbox >>> leafShift] ??= emptyLeaf());
    const at = mailbox & withinLeaf;
    if (leaf.state[at] !== 0) throw new Error(`mailbox ${mailbox} was read twice`);
    leaf.state[at] = stateOf(side, standing);
    this.#mailboxes++;
    leaf.address[at] = this.#name(mailbox, named.address, rights.address);
    this.#domains.add(domainOf(named.address));
    for (const alias of aliases) {
      this.#name(mailbox, alias, rights.alias);
      this.#domains.add(domainOf(alias));
    }
    if (named.sourceUser !== null) leaf.sourceUser[at] = this.#user(mailbox, named.sourceUser);
    if (named.targetUser !== null) leaf.targetUser[at] = this.#user(mailbox, named.targetUser);
  }

  /** It lives there now, and stands so; false where there is no such mailbox. */
  turn(mailbox: number, side: SideName, standing: Standing): boolean {
    const leaf = this.#leaves[mailbox >>> leafShift];
    const at = mailbox & withinLeaf;
    if (leaf === undefined || leaf.state[at] === 0) return false;
    leaf.state[at] = stateOf(side, standing);
    return true;
  }

  /** Whether somebody who was taken in has an address of the same domain. */
  hasDomainOf(name: string): boolean {
    return name.includes('@') && this.#domains.has(domainOf(name));
  }

  get mailboxes(): number {
    return this.#mailboxes;
  }

  get names(): number {
    return this.#index.names;
  }

  /** Those that are held, in the order of their numbers. */
  held(): readonly number[] {
    return this.#those((standing) => standing === 'held');
  }

  /** Those that are about to change sides, or change sides now, in the order of their numbers. */
  moving(): readonly number[] {
    return this.#those((standing) => standing !== 'open');
  }

  get shape(): TableShape {
    const leaves = [...this.#leaves.entries()].flatMap(([number, leaf]) => (leaf === undefined ? [] : [number]));
    return {
      seed: this.#seed,
      mailboxes: this.#mailboxes,
      namesEndAt: this.#octets.endsAt,
      rooms: this.#index.rooms,
      leaves,
    };
  }

  /**
   * Its memory, in an order that its shape tells, to be kept or to be filled with what was kept. Of all of it only the states change
   * once everything has been read, so these are handed out as they are now.
   */
  memory(states: 'live' | 'copied'): readonly Uint8Array[] {
    const leaves = this.#leaves.filter((leaf) => leaf !== undefined);
    return [
      ...this.#octets.pages(),
      ...this.#index.memory(),
      ...leaves.flatMap(({ address, sourceUser, targetUser, state }) => [
        octetsOf(address),
        octetsOf(sourceUser),
        octetsOf(targetUser),
        states === 'live' ? state : state.slice(),
      ]),
    ];
  }

  /** To be called when its memory was filled with what was kept. */
  refilled(): void {
    this.#index.recount();
  }

  #those(are: (standing: Standing) => boolean): readonly number[] {
    const those: number[] = [];
    for (const [number, leaf] of this.#leaves.entries()) {
      if (leaf === undefined) continue;
      for (let at = 0; at < leafSize; at++) {
        const state = leaf.state[at] as number;
        if (state !== 0 && are(standingIn(state))) those.push(number * leafSize + at);
      }
    }
    return those;
  }

  #user(mailbox: number, name: string): NamePlace {
    const place = this.#name(mailbox, name, rights.user);
    // Whoever writes it otherwise is led there too, unless somebody has just that name.
    const lower = name.toLowerCase();
    if (lower !== name) this.#name(mailbox, lower, rights.userInLowerCase);
    return place;
  }

  #name(mailbox: number, name: string, right: Right): NamePlace {
    // The estate takes none that could not be read here.
    if (!this.#read(name)) throw new Error(`mailbox ${mailbox} has a name that nobody can have`);
    const mixed = this.#asIsMixed();
    const there = this.#index.find(this.#asIs, this.#asIsLength, mixed);
    if (there === 0) {
      const place = this.#octets.keep(this.#asIs, this.#asIsLength, mailbox, right);
      this.#index.enter(mixed, place);
      return place;
    }
    const before = this.#octets.right(there);
    const isBetter = right < before || (right === before && mailbox < this.#octets.owner(there));
    if (isBetter) this.#octets.lead(there, mailbox, right);
    return there;
  }

  #ownerOf(place: NamePlace): number {
    return place === 0 ? nobody : this.#octets.owner(place);
  }

  /** Puts a name before us; false where it is none. */
  #read(name: string): boolean {
    const { length } = name;
    if (length === 0 || length > nameBytesMost) return false;
    this.#isLower = true;
    let mixed = this.#seed;
    for (let i = 0; i < length; i++) {
      const code = name.charCodeAt(i);
      if (code < 0x20 || code === 0x7f) return false;
      if (code > 0x7f) return this.#readOther(name);
      const isCapital = code >= 0x41 && code <= 0x5a;
      if (isCapital) this.#isLower = false;
      const lower = isCapital ? code | 0x20 : code;
      this.#asIs[i] = code;
      this.#lower[i] = lower;
      mixed = mixedIn(mixed, lower);
    }
    this.#asIsLength = this.#lowerLength = length;
    this.#lowerMixed = spread(mixed);
    return true;
  }

  /** The same where not all of it is ASCII. */
  #readOther(name: string): boolean {
    // Nothing invisible stands in a name (`readWords`), and half of a pair is no character.
    if (/[\p{Cc}\p{Zl}\p{Zp}]/u.test(name) || !name.isWellFormed()) return false;
    const lower = name.toLowerCase();
    if (Math.max(Buffer.byteLength(name), Buffer.byteLength(lower)) > nameBytesMost) return false;
    this.#isLower = lower === name;
    this.#asIsLength = this.#asIs.write(name);
    this.#lowerLength = this.#lower.write(lower);
    this.#lowerMixed = this.#mixed(this.#lower, this.#lowerLength);
    return true;
  }

  #asIsMixed(): number {
    return this.#isLower ? this.#lowerMixed : this.#mixed(this.#asIs, this.#asIsLength);
  }

  #mixed(name: Uint8Array, length: number): number {
    let mixed = this.#seed;
    for (let i = 0; i < length; i++) mixed = mixedIn(mixed, name[i] as number);
    return spread(mixed);
  }
}

function domainOf(address: string): string {
  return address.slice(address.lastIndexOf('@') + 1).toLowerCase();
}

function emptyLeaf(): Leaf {
  return {
    address: new Uint32Array(leafSize),
    sourceUser: new Uint32Array(leafSize),
    targetUser: new Uint32Array(leafSize),
    state: new Uint8Array(leafSize),
  };
}

const standingsInState = ['open', 'announced', 'held'] as const satisfies readonly Standing[];

/** 1 to 6: 1 more than twice the standing, and one more again on the target. */
function stateOf(side: SideName, standing: Standing): number {
  return 1 + 2 * standingsInState.indexOf(standing) + (side === 'target' ? 1 : 0);
}

function sideIn(state: number): SideName {
  return (state - 1) % 2 === 1 ? 'target' : 'source';
}

function standingIn(state: number): Standing {
  return standingsInState[(state - 1) >> 1] as Standing;
}
