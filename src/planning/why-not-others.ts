/** Those who are to move after the people of their organisation, and where they would go if one of these moved later than planned. */

import type { Placement, PlanningOrder } from './placement.ts';
import type { Room } from './why-not-room.ts';

export interface Move {
  readonly mailbox: number;
  /** The number of a window. */
  readonly at: number;
}

export class Others {
  readonly #order: PlanningOrder;
  readonly #window: Int32Array;
  readonly #room: Room;
  readonly #isLast: Uint8Array;
  /** What they were told before. */
  readonly #movedTo = new Map<number, number>();
  #waiting: Waiting | null = null;

  constructor(order: PlanningOrder, { window }: Placement, room: Room, isLast: Uint8Array) {
    [this.#order, this.#window, this.#room, this.#isLast] = [order, window, room, isLast];
  }

  /** Windows behind `at` for those of an organisation who are to wait and are planned until then; null where one finds none. */
  behind(organisation: number, at: number): readonly Move[] | null {
    this.#waiting ??= new Waiting(this.#order, this.#isLast);
    const moves: Move[] = [];
    const beside = new Map<number, Beside>();
    for (const mailbox of this.#waiting.of(organisation)) {
      const now = this.#window[mailbox] as number;
      if (now < 0 || now > at) continue;
      let w = this.#movedTo.get(mailbox) ?? -1;
      if (w <= at) {
        w = at + 1;
        while (w < this.#room.windows.length && !this.#fits(w, mailbox, beside.get(w))) w++;
        if (w === this.#room.windows.length) return null;
        const { mailboxes, bytes } = beside.get(w) ?? nobody;
        beside.set(w, { mailboxes: mailboxes + 1, bytes: bytes + (this.#order.roster.sizeBytes[mailbox] as number) });
      }
      moves.push({ mailbox, at: w });
    }
    return moves;
  }

  /**
   * From here on this counts as done. What they leave is left free: whoever is told to move there without asking for more
   * room would depend on it.
   */
  take(moves: readonly Move[]): void {
    for (const { mailbox, at } of moves) {
      if (this.#movedTo.get(mailbox) === at) continue;
      this.#movedTo.set(mailbox, at);
      this.#room.take(at, this.#order.roster.sizeBytes[mailbox] as number);
    }
  }

  /** Whether a mailbox can move in a window as everything stands, with others of its organisation beside it. */
  #fits(at: number, mailbox: number, { mailboxes, bytes }: Beside = nobody): boolean {
    const { roster } = this.#order;
    const day = this.#room.days[at] as number;
    if (day < (roster.notBefore[mailbox] as number) || day > (roster.notAfter[mailbox] as number)) return false;
    if (this.#room.isClosed(roster.organisation[mailbox] as number, at)) return false;
    return this.#room.growth(at, (roster.sizeBytes[mailbox] as number) + bytes, 1 + mailboxes) === 0;
  }
}

interface Beside {
  readonly mailboxes: number;
  readonly bytes: number;
}

const nobody: Beside = { mailboxes: 0, bytes: 0 };

/** The mailboxes that move after the people of their organisation, by organisations. */
class Waiting {
  readonly #from: Int32Array;
  readonly #mailboxes: Int32Array;

  constructor({ roster, excluded }: PlanningOrder, isLast: Uint8Array) {
    const from = new Int32Array(roster.organisations.length + 1);
    const waits = (m: number): boolean => isLast[roster.kind[m] as number] === 1 && excluded?.[m] !== 1;
    for (let m = 0; m < roster.size; m++) if (waits(m)) (from[(roster.organisation[m] as number) + 1] as number)++;
    for (let o = 0; o < roster.organisations.length; o++) from[o + 1] = (from[o + 1] as number) + (from[o] as number);
    const at = from.slice();
    const mailboxes = new Int32Array(from.at(-1) as number);
    for (let m = 0; m < roster.size; m++)
      if (waits(m)) {
        const organisation = roster.organisation[m] as number;
        mailboxes[at[organisation] as number] = m;
        (at[organisation] as number)++;
      }
    [this.#from, this.#mailboxes] = [from, mailboxes];
  }

  of(organisation: number): Int32Array {
    return this.#mailboxes.subarray(this.#from[organisation], this.#from[organisation + 1]);
  }
}
