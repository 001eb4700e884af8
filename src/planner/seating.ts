/**
 * Who sits in which window, with every hard rule kept at every moment: room, dates, and that some kinds go last. What a search
 * asks all the time (is there room, what would it cost) is answered out of counts.
 */

import { type Conditions, isWelcome, last, mayTake, person } from './conditions.ts';
import { membersOf, type Network } from './network.ts';
import { noMove } from '#planning/moves.ts';
import { notFixed } from '#planning/placement.ts';

/** Nobody's window, and the day of who has none. */
export const nowhere = -1;
export const noDay = noMove;

/** What it costs, in grant-days, to tell somebody another day: as much as a deputy's full access and sending as two days apart. */
export const changeCosts = 20;

/** Room for so many members is made in every window beforehand. */
const membersLeast = 64;

export class Seating {
  readonly conditions: Conditions;
  readonly network: Network;
  /** The window of each mailbox; `nowhere` for the unplaced, and for who is not to be placed. */
  readonly window: Int32Array;
  /** The day of each, also of who has moved already; `noDay` for the rest. */
  readonly day: Int32Array;
  readonly used: Float64Array;
  readonly usedBytes: Float64Array;
  readonly room: Float64Array;
  readonly roomBytes: Float64Array;
  readonly #width: number;
  /** People, and those that go last, by organisation and window. */
  readonly #people: Int32Array;
  readonly #lasts: Int32Array;
  /** The others, of kinds that wait for nobody and for whom nobody waits. */
  readonly #others: Int32Array;
  /** Who sits in a window, in no order: `used` of them, and room for more, which grows with them and not with what the calendar says. */
  readonly #members: Int32Array[];
  readonly #seat: Int32Array;
  /** Those that go last: of organisation `o` from `#firstLastOf[o]` on. */
  readonly #firstLastOf: Int32Array;
  readonly #lastsOf: Int32Array;
  readonly #told: Int32Array | null;
  /** 1 for who has no window but against a wish, or behind who is fixed; null for nobody. */
  #excused: Uint8Array | null = null;
  /** Whether everybody is, for the moment. */
  isLenient = false;
  /** Those without a window for whom the search ended before it had looked everywhere. */
  readonly cutShort = new Set<number>();

  /** `told`: the day that each was told before, `noDay` for who was told none; null where nobody was. */
  constructor(conditions: Conditions, network: Network, told: Int32Array | null) {
    this.conditions = conditions;
    this.network = network;
    this.#told = told;
    const { windows, fixed, closed } = conditions;
    const size = network.size;
    this.#width = windows.length;
    this.window = new Int32Array(size).fill(nowhere);
    this.day = new Int32Array(size).fill(noDay);
    if (fixed)
      for (let mailbox = 0; mailbox < size; mailbox++)
        if (fixed[mailbox] !== notFixed) this.day[mailbox] = fixed[mailbox] as number;
    this.room = Float64Array.from(windows, ({ mailboxes }) => Math.min(mailboxes, size));
    this.roomBytes = Float64Array.from(windows, ({ bytes }) => bytes);
    this.used = new Float64Array(this.#width);
    this.usedBytes = new Float64Array(this.#width);
    this.#people = new Int32Array(closed.length * this.#width);
    this.#lasts = new Int32Array(closed.length * this.#width);
    this.#others = new Int32Array(closed.length * this.#width);
    this.#members = windows.map(() => new Int32Array(membersLeast));
    this.#seat = new Int32Array(size).fill(-1);
    const homes = Int32Array.from(conditions.organisation, (home, mailbox) =>
      conditions.role[mailbox] === last ? home : -1,
    );
    const { first, members } = membersOf(homes, closed.length);
    this.#firstLastOf = first;
    this.#lastsOf = members;
  }

  hasRoom(mailbox: number, window: number): boolean {
    return (
      (this.used[window] as number) < (this.room[window] as number) &&
      (this.usedBytes[window] as number) + (this.conditions.sizeBytes[mailbox] as number) <=
        (this.roomBytes[window] as number)
    );
  }

  /** Whether dates and the order of kinds allow it, room aside, and those that go last keep their windows. */
  isAllowed(mailbox: number, window: number): boolean {
    const { role, organisation, lastForPeople } = this.conditions;
    if (role[mailbox] === person && window > (lastForPeople[organisation[mailbox] as number] as number)) return false;
    return this.isPossible(mailbox, window);
  }

  /** Whether dates and the order of kinds allow it as all others sit now, room aside. */
  isPossible(mailbox: number, window: number): boolean {
    if (!mayTake(this.conditions, mailbox, window)) return false;
    if (!this.isLenient && this.#excused?.[mailbox] !== 1 && !isWelcome(this.conditions, mailbox, window)) return false;
    const role = this.conditions.role[mailbox];
    if (role === person) return window < this.firstLast(this.conditions.organisation[mailbox] as number);
    if (role === last) return window > this.lastPerson(this.conditions.organisation[mailbox] as number);
    return true;
  }

  /** From now on wishes, and who is fixed, do not keep this mailbox out of a window. */
  excuse(mailbox: number): void {
    this.#excused ??= new Uint8Array(this.network.size);
    this.#excused[mailbox] = 1;
  }

  isExcused(mailbox: number): boolean {
    return this.#excused?.[mailbox] === 1;
  }

  /** Whether a mailbox had a window in the plan before. */
  wasTold(mailbox: number): boolean {
    return this.#told !== null && this.#told[mailbox] !== noDay;
  }

  /** The last window with a person of an organisation; -1 where there is none. */
  lastPerson(organisation: number): number {
    const row = organisation * this.#width;
    for (let window = this.#width - 1; window >= 0; window--)
      if ((this.#people[row + window] as number) > 0) return window;
    return -1;
  }

  /** The first window with one of those that go last; the number of windows where there is none. */
  firstLast(organisation: number): number {
    const row = organisation * this.#width;
    for (let window = 0; window < this.#width; window++) if ((this.#lasts[row + window] as number) > 0) return window;
    return this.#width;
  }

  /** All of an organisation in a window. */
  sittingOf(organisation: number, window: number): number {
    const cell = organisation * this.#width + window;
    return (this.#people[cell] as number) + (this.#lasts[cell] as number) + (this.#others[cell] as number);
  }

  /** Those that go last of an organisation and sit up to a window; null where they are more than `most`. */
  lastsUntil(organisation: number, window: number, most: number): readonly number[] | null {
    const found: number[] = [];
    for (
      let at = this.#firstLastOf[organisation] as number;
      at < (this.#firstLastOf[organisation + 1] as number);
      at++
    ) {
      const mailbox = this.#lastsOf[at] as number;
      const theirs = this.window[mailbox] as number;
      if (theirs === nowhere || theirs > window) continue;
      if (found.length === most) return null;
      found.push(mailbox);
    }
    return found;
  }

  /** What the grants of a mailbox cost when it moves on a day, and that it moves on another than it was told before. */
  cost(mailbox: number, day: number): number {
    const { start, neighbour, weight } = this.network;
    const told = this.#told === null ? noDay : (this.#told[mailbox] as number);
    let cost = told !== noDay && told !== day ? changeCosts : 0;
    const end = start[mailbox + 1] as number;
    for (let at = start[mailbox] as number; at < end; at++) {
      const theirs = this.day[neighbour[at] as number] as number;
      if (theirs !== noDay) cost += (weight[at] as number) * Math.abs(theirs - day);
    }
    return cost;
  }

  /** One of those in a window, by a number below `used`. */
  member(window: number, index: number): number {
    return (this.#members[window] as Int32Array)[index] as number;
  }

  /** Seats a mailbox, wherever it was. */
  put(mailbox: number, window: number): void {
    if (this.window[mailbox] !== nowhere) this.lift(mailbox);
    const { role, organisation, sizeBytes, day } = this.conditions;
    const seat = this.used[window] as number;
    this.#membersFor(window, seat)[seat] = mailbox;
    this.#seat[mailbox] = seat;
    this.window[mailbox] = window;
    this.day[mailbox] = day[window] as number;
    this.used[window] = (this.used[window] as number) + 1;
    this.usedBytes[window] = (this.usedBytes[window] as number) + (sizeBytes[mailbox] as number);
    const cell = (organisation[mailbox] as number) * this.#width + window;
    const counts = role[mailbox] === person ? this.#people : role[mailbox] === last ? this.#lasts : this.#others;
    counts[cell] = (counts[cell] as number) + 1;
  }

  /** Takes a mailbox out of its window. */
  lift(mailbox: number): void {
    const { role, organisation, sizeBytes } = this.conditions;
    const window = this.window[mailbox] as number;
    const left = (this.used[window] as number) - 1;
    const seat = this.#seat[mailbox] as number;
    const members = this.#members[window] as Int32Array;
    const moved = members[left] as number;
    members[seat] = moved;
    this.#seat[moved] = seat;
    this.window[mailbox] = nowhere;
    this.day[mailbox] = noDay;
    this.used[window] = left;
    this.usedBytes[window] = (this.usedBytes[window] as number) - (sizeBytes[mailbox] as number);
    const cell = (organisation[mailbox] as number) * this.#width + window;
    const counts = role[mailbox] === person ? this.#people : role[mailbox] === last ? this.#lasts : this.#others;
    counts[cell] = (counts[cell] as number) - 1;
  }

  #membersFor(window: number, seat: number): Int32Array {
    const members = this.#members[window] as Int32Array;
    if (seat < members.length) return members;
    const wider = new Int32Array(members.length * 2);
    wider.set(members);
    this.#members[window] = wider;
    return wider;
  }

  /** Σ weight × days apart. */
  grantDays(): number {
    const { size, start, neighbour, weight } = this.network;
    let sum = 0;
    for (let node = 0; node < size; node++) {
      const mine = this.day[node] as number;
      if (mine === noDay) continue;
      for (let at = start[node] as number; at < (start[node + 1] as number); at++) {
        const theirs = this.day[neighbour[at] as number] as number;
        if (theirs !== noDay) sum += (weight[at] as number) * Math.abs(theirs - mine);
      }
    }
    return sum / 2;
  }

  /** The grant-days, and what it costs that people are told other days than before. */
  allCosts(): number {
    const told = this.#told;
    if (told === null) return this.grantDays();
    return told.reduce(
      (sum, day, mailbox) => (day !== noDay && day !== this.day[mailbox] ? sum + changeCosts : sum),
      this.grantDays(),
    );
  }
}
