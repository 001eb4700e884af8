/**
 * Groups of mailboxes along the calendar, and where one of them is drawn to. A table keeps how strongly each group is bound to each
 * column, so that its cost in all of them is two sums over a row, and a move touches only the rows of its neighbours. Who goes
 * last follows the people of the organisation wherever they move.
 */

import type { Chance } from '#lib/chance.ts';
import { last, person } from './conditions.ts';
import { type Columns, Crowding } from './crowding.ts';
import type { Network } from './network.ts';

/** Groups as they are moved. */
export interface Units {
  readonly network: Network;
  /** Mailboxes and octets in each. */
  readonly mailboxes: Float64Array;
  readonly bytes: Float64Array;
  readonly organisation: Int32Array;
  /** `person` where there are people in it, `last` for all of an organisation who go last, `lastAlone`, or 0. */
  readonly role: Uint8Array;
  /** The columns that the dates of a group allow. */
  readonly from: Int16Array;
  readonly to: Int16Array;
  /** 1 for groups that stay where they are. */
  readonly fixed: Uint8Array;
}

/** A group of those that go last, by itself, since it has dates of its own. */
export const lastAlone = 3;

/** For what is impossible: dearer than everything else together. */
const never = 1e15;
/** Of the draws of `noiseOf` none is larger. */
const noiseMost = 12;

export class Arrangement {
  readonly units: Units;
  readonly columns: Columns;
  readonly crowding: Crowding;
  /**
   * The share of the wait of those that go last that everyone pays who is later than they would like to be. Without it nobody moves earlier
   * where several are late, since each of them alone gains nothing.
   */
  lure = 0;
  /** The column of each group. */
  readonly place: Int16Array;
  /** How strongly each group is bound to each column: a row for each group. */
  readonly #bound: Float32Array;
  /** Days between a column and the one before it. */
  readonly #gap: Float64Array;
  readonly #wide: Uint8Array;
  /** Groups with people in them, by organisation and column. */
  readonly #people: Int32Array;
  /** The group of an organisation that goes last; -1 where it has none. */
  readonly #lastOf: Int32Array;
  /** How strongly a group is bound to that of its organisation that goes last. */
  readonly #toLast: Float32Array;
  readonly #cost: Float64Array;
  /** Of the group that follows the one in hand: its costs, its best column, and where it may be. */
  readonly #lastCost: Float64Array;
  #lastMiddle = 0;
  #lastBonds = 0;
  #lastTo = 0;
  /** Σ weight of the bonds of whom `#costs` was told of last. */
  #bonds = 0;
  #lastShut: Uint8Array | null = null;
  #mutual = 0;

  /** `tilt`: what a mailbox costs for each day that it moves later, so that what nothing holds moves early. */
  constructor(units: Units, columns: Columns, place: Int16Array, tilt: number) {
    this.units = units;
    this.columns = columns;
    this.crowding = new Crowding(columns);
    this.place = place;
    const count = units.network.size;
    const width = columns.day.length;
    this.#bound = new Float32Array(count * width);
    this.#gap = Float64Array.from(columns.day, (day, at) => (at === 0 ? 0 : day - (columns.day[at - 1] as number)));
    this.#wide = Uint8Array.from(units.mailboxes, (mailboxes) => this.crowding.wideFor(mailboxes));
    this.#people = new Int32Array(columns.closed.length * width);
    this.#lastOf = new Int32Array(columns.closed.length).fill(-1);
    this.#toLast = new Float32Array(count);
    this.#cost = new Float64Array(width);
    this.#lastCost = new Float64Array(width);
    this.#settleIn(tilt);
  }

  #settleIn(tilt: number): void {
    const { network, mailboxes, bytes, organisation, role, fixed } = this.units;
    const { start, neighbour, weight } = network;
    const width = this.#gap.length;
    for (let unit = 0; unit < network.size; unit++) {
      const at = this.place[unit] as number;
      const row = unit * width;
      const home = organisation[unit] as number;
      if (role[unit] === last) this.#lastOf[home] = unit;
      for (let i = start[unit] as number; i < (start[unit + 1] as number); i++)
        this.#bind(row + (this.place[neighbour[i] as number] as number), weight[i] as number);
      if (fixed[unit] === 1) continue;
      this.#bind(row + this.columns.firstUsual, tilt * (mailboxes[unit] as number));
      this.crowding.occupy(at, this.#wide[unit] as number, mailboxes[unit] as number, bytes[unit] as number, 1);
      if (role[unit] === person) this.#countPeople(home, at, 1);
    }
    for (const group of this.#lastOf) {
      if (group < 0) continue;
      for (let i = start[group] as number; i < (start[group + 1] as number); i++) {
        const other = neighbour[i] as number;
        if (organisation[other] === organisation[group]) this.#toLast[other] = weight[i] as number;
      }
    }
  }

  /**
   * The column that a group is drawn to at a heat (Gibbs sampling: Geman and Geman 1984). What its bonds cost rises to both sides of
   * the column in their middle, and so does what waits behind it: from there outwards it is looked until nothing can be drawn any more.
   */
  draw(unit: number, heat: number, noise: Float64Array, chance: Chance): number {
    const { mailboxes, bytes, organisation, role, from, to } = this.units;
    const high = to[unit] as number;
    const home = organisation[unit] as number;
    let low = from[unit] as number;
    if ((role[unit] as number) >= last) low = Math.max(low, this.#lastPerson(home, -1) + 1);
    if (low >= high) return high;
    const here = this.place[unit] as number;
    const shut = this.columns.closed[home] as Uint8Array | null;
    const [wide, many, heavy] = [this.#wide[unit] as number, mailboxes[unit] as number, bytes[unit] as number];
    const cost = this.#cost;
    const follower = role[unit] === person ? (this.#lastOf[home] as number) : -1;
    const lastPerson = follower >= 0 ? this.#lastPerson(home, here) : -1;
    const middle = follower >= 0 ? this.#costsWithout(unit, follower) : this.#costs(unit, cost);
    const offset = chance.bits() & (noise.length - 1);
    const reach = heat * noiseMost;
    const begin = middle < low ? low : middle > high ? high : middle;
    // Leftwards nobody has to wait for less than this.
    const waits = follower >= 0 ? this.#behind(lastPerson) : 0;
    let best = here;
    let least = Number.POSITIVE_INFINITY;
    for (let step = 1; step >= -1; step -= 2) {
      for (let column = step === 1 ? begin : begin - 1; column >= low && column <= high; column += step) {
        let sum = cost[column] as number;
        if ((step === 1 ? sum : sum + waits) - reach > least) break;
        if (shut !== null && shut[column] === 1) continue;
        if (follower >= 0) sum += this.#behindWith(Math.max(lastPerson, column), column) + this.#lured(column);
        sum += this.crowding.costOf(column, here, wide, many, heavy);
        sum -= heat * (noise[(offset + column) & (noise.length - 1)] as number);
        if (sum >= least) continue;
        least = sum;
        best = column;
      }
    }
    return best;
  }

  /** Moves the group that was drawn last to a column, and whoever follows it behind it. */
  move(unit: number, to: number): void {
    const { organisation, role } = this.units;
    const home = organisation[unit] as number;
    const here = this.place[unit] as number;
    const follower = role[unit] === person ? (this.#lastOf[home] as number) : -1;
    const behind = follower >= 0 ? this.#lastColumn(Math.max(this.#lastPerson(home, here), to)) : -1;
    this.#put(unit, to);
    if (behind >= 0 && behind !== this.place[follower]) this.#put(follower, behind);
  }

  #put(unit: number, to: number): void {
    const { network, mailboxes, bytes, organisation, role } = this.units;
    const { start, neighbour, weight } = network;
    const width = this.#gap.length;
    const here = this.place[unit] as number;
    const [wide, many, heavy] = [this.#wide[unit] as number, mailboxes[unit] as number, bytes[unit] as number];
    this.place[unit] = to;
    this.crowding.occupy(here, wide, many, heavy, -1);
    this.crowding.occupy(to, wide, many, heavy, 1);
    if (role[unit] === person) {
      this.#countPeople(organisation[unit] as number, here, -1);
      this.#countPeople(organisation[unit] as number, to, 1);
    }
    for (let i = start[unit] as number; i < (start[unit + 1] as number); i++) {
      const row = (neighbour[i] as number) * width;
      const by = weight[i] as number;
      this.#bind(row + here, -by);
      this.#bind(row + to, by);
    }
  }

  /** What the bonds of a group cost in each column; answers the column in their middle, where that is least. */
  #costs(unit: number, into: Float64Array): number {
    const gap = this.#gap;
    const bound = this.#bound;
    const width = gap.length;
    const row = unit * width;
    let behind = 0;
    let cost = 0;
    into[0] = 0;
    for (let column = 1; column < width; column++) {
      behind += bound[row + column - 1] as number;
      cost += behind * (gap[column] as number);
      into[column] = cost;
    }
    this.#bonds = behind + (bound[row + width - 1] as number);
    const half = this.#bonds / 2;
    let middle = width - 1;
    behind = bound[row + width - 1] as number;
    cost = 0;
    for (let column = width - 2; column >= 0; column--) {
      if (behind < half) middle = column;
      cost += behind * (gap[column + 1] as number);
      into[column] = (into[column] as number) + cost;
      behind += bound[row + column] as number;
    }
    return middle;
  }

  /** The same of a unit and of the group that follows it, the bond between them apart. */
  #costsWithout(unit: number, follower: number): number {
    const { organisation, from, to } = this.units;
    const width = this.#gap.length;
    const mutual = this.#toLast[unit] as number;
    const [ours, theirs] = [
      unit * width + (this.place[follower] as number),
      follower * width + (this.place[unit] as number),
    ];
    this.#bind(ours, -mutual);
    this.#bind(theirs, -mutual);
    const middle = this.#costs(unit, this.#cost);
    this.#lastMiddle = Math.max(this.#costs(follower, this.#lastCost), from[follower] as number);
    this.#bind(ours, mutual);
    this.#bind(theirs, mutual);
    this.#lastBonds = this.#bonds;
    this.#lastTo = to[follower] as number;
    this.#lastShut = this.columns.closed[organisation[follower] as number] as Uint8Array | null;
    this.#mutual = mutual;
    return middle;
  }

  /** The column of the group that goes last where the last person is in `column`; -1 where none is left for it. */
  #lastColumn(column: number): number {
    let at = Math.max(column + 1, this.#lastMiddle);
    const shut = this.#lastShut;
    if (shut !== null) while (at <= this.#lastTo && shut[at] === 1) at++;
    return at <= this.#lastTo ? at : -1;
  }

  /** What it costs there, without that bond. */
  #behind(lastPerson: number): number {
    const at = this.#lastColumn(lastPerson);
    return at < 0 ? never : (this.#lastCost[at] as number);
  }

  /** And with it, the unit in hand being in `column`. */
  #behindWith(lastPerson: number, column: number): number {
    const at = this.#lastColumn(lastPerson);
    if (at < 0) return never;
    const days = Math.abs((this.columns.day[at] as number) - (this.columns.day[column] as number));
    return (this.#lastCost[at] as number) + this.#mutual * days;
  }

  /** What those who hold up the group that goes last pay for it, each their share. */
  #lured(column: number): number {
    const days = (this.columns.day[column] as number) - (this.columns.day[this.#lastMiddle] as number);
    return days > 0 ? this.lure * this.#lastBonds * days : 0;
  }

  /** The last column with people of an organisation; a group of them in `without` is not counted. */
  #lastPerson(home: number, without: number): number {
    const width = this.#gap.length;
    const row = home * width;
    for (let column = width - 1; column >= 0; column--)
      if ((this.#people[row + column] as number) > (column === without ? 1 : 0)) return column;
    return -1;
  }

  #countPeople(home: number, column: number, by: 1 | -1): void {
    const cell = home * this.#gap.length + column;
    this.#people[cell] = (this.#people[cell] as number) + by;
  }

  #bind(cell: number, by: number): void {
    this.#bound[cell] = (this.#bound[cell] as number) + by;
  }
}

/**
 * Draws of a Gumbel distribution: of several costs, each less heat times such a draw, the least is the one that a heat bath would
 * have drawn (Gumbel 1954).
 */
export function noiseOf(chance: Chance): Float64Array {
  return Float64Array.from({ length: 1 << 14 }, () => -Math.log(-Math.log((chance.bits() + 0.5) / 0x1_0000_0000)));
}
