/** How full the columns of an arrangement are, and what it costs that some are too full: an arrangement may break a bound that a plan may not. */

/** Columns are windows, and before them the days on which people have moved already. */
export interface Columns {
  /** Day numbers, rising. */
  readonly day: Float64Array;
  /** What each takes; 0 for days that are over. */
  readonly mailboxes: Float64Array;
  readonly bytes: Float64Array;
  /** By organisation, one octet per column, 1 for closed; null where all are open. */
  readonly closed: readonly (Uint8Array | null)[];
  /** The first column for who has no dates. */
  readonly firstUsual: number;
}

/** More than this many columns to each side no group is spread over. */
const widestMost = 20;

export class Crowding {
  /** What a mailbox too many costs, in grant-days. */
  price = 0;
  /** How much dearer it becomes the more there are: with 5, a fifth too many costs twice as much each. */
  curve = 0;
  readonly #columns: Columns;
  readonly #used: Float64Array;
  readonly #usedBytes: Float64Array;
  readonly #usual: number;

  constructor(columns: Columns) {
    this.#columns = columns;
    this.#used = new Float64Array(columns.day.length);
    this.#usedBytes = new Float64Array(columns.day.length);
    const rooms = columns.mailboxes.filter((room) => room > 0);
    this.#usual = rooms.reduce((sum, room) => sum + room, 0) / Math.max(1, rooms.length);
  }

  /** So many columns to each side of its own a group takes up that is too large for one. */
  wideFor(mailboxes: number): number {
    return Math.min(widestMost, Math.max(0, Math.ceil((mailboxes / this.#usual - 1) / 2)));
  }

  /** Adds a group to a column, or takes it away with `sign` -1. */
  occupy(column: number, wide: number, mailboxes: number, bytes: number, sign: 1 | -1): void {
    const low = this.#low(column, wide);
    const high = this.#high(column, wide);
    const part = sign / (high - low + 1);
    for (let at = low; at <= high; at++) {
      this.#used[at] = (this.#used[at] as number) + mailboxes * part;
      this.#usedBytes[at] = (this.#usedBytes[at] as number) + bytes * part;
    }
  }

  /** What it costs that a group, now in `here`, is in `column`. */
  costOf(column: number, here: number, wide: number, mailboxes: number, bytes: number): number {
    if (wide === 0)
      return this.#excessOf(column, mailboxes, bytes, column === here ? mailboxes : 0, column === here ? bytes : 0);
    const [low, high] = [this.#low(column, wide), this.#high(column, wide)];
    const [lowHere, highHere] = [this.#low(here, wide), this.#high(here, wide)];
    const part = 1 / (high - low + 1);
    const partHere = 1 / (highHere - lowHere + 1);
    let cost = 0;
    for (let at = low; at <= high; at++) {
      const has = at >= lowHere && at <= highHere ? partHere : 0;
      cost += this.#excessOf(at, mailboxes * part, bytes * part, mailboxes * has, bytes * has);
    }
    return cost;
  }

  /** What so much more costs in a column, of which `has` is there already. */
  #excessOf(column: number, mailboxes: number, bytes: number, has: number, hasBytes: number): number {
    const room = this.#columns.mailboxes[column] as number;
    const roomBytes = this.#columns.bytes[column] as number;
    const used = (this.#used[column] as number) - has;
    const usedBytes = (this.#usedBytes[column] as number) - hasBytes;
    let cost = 0;
    if (used + mailboxes > room) cost = this.#excess(used + mailboxes, room) - this.#excess(used, room);
    if (usedBytes + bytes > roomBytes) {
      // Told in mailboxes of the size of which so many would just fill it.
      const share = room / Math.max(1, roomBytes);
      cost += this.#excess((usedBytes + bytes) * share, room) - this.#excess(usedBytes * share, room);
    }
    return cost * this.price;
  }

  #excess(used: number, room: number): number {
    if (used <= room) return 0;
    const over = used - room;
    return over + (over * over * this.curve) / Math.max(1, room);
  }

  #low(column: number, wide: number): number {
    return Math.max(Math.min(this.#columns.firstUsual, column), column - wide);
  }

  #high(column: number, wide: number): number {
    return Math.min(this.#used.length - 1, column + wide);
  }
}
