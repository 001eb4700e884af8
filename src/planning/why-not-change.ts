/**
 * The smallest change that gives a mailbox a window. Each is weighed, and the lightest is told: a day by which a date of the
 * mailbox moves weighs 1; a window opened to an organisation, 7; each hundredth, begun or full, by which a window has to grow, 1;
 * a later end of the calendar, 14 and 1 for each day. Of what weighs the same, fewer parts go first, then the earlier window.
 * Only where nothing else helps others are asked to move later.
 */

import type { PlanWindow } from '#domain/calendar.ts';
import { dayNumber } from '#domain/calendar-days.ts';
import { mailboxKinds } from '#domain/estate.ts';
import { type Moves, type Turns, turnsBetween } from './moves.ts';
import type { Placement, PlanningOrder } from './placement.ts';
import type { Change, LaterWindows, Part } from './why-not.ts';
import { Waiting } from './why-not-waiting.ts';

export interface Given {
  readonly order: PlanningOrder;
  readonly placement: Placement;
  readonly later: LaterWindows;
  readonly moves: Moves;
  readonly turns: Turns;
  readonly isLast: Uint8Array;
}

interface Move {
  readonly mailbox: number;
  readonly at: number;
}

interface Weighed {
  readonly at: number;
  readonly weight: number;
  readonly others: readonly Move[];
}

const openWeight = 7;
const untilWeight = 14;
const person = mailboxKinds.indexOf('person');

/** Gives one change after the other; what it has given counts as done. */
export class ChangeSearch {
  readonly #order: PlanningOrder;
  readonly #isLast: Uint8Array;
  readonly #later: LaterWindows;
  /** Of the calendar, and then the later ones. */
  readonly #windows: readonly PlanWindow[];
  /** In columns, since they are walked over for everybody without a window. */
  readonly #days: Int32Array;
  readonly #mailboxesMost: Float64Array;
  readonly #bytesMost: Float64Array;
  readonly #until: number;
  readonly #placed: Int32Array;
  /** Of those who are to move later what they were told. */
  readonly #movedTo = new Map<number, number>();
  readonly #mailboxes: Float64Array;
  readonly #bytes: Float64Array;
  readonly #turns: Turns;
  /** The last window that is used beyond the end of the calendar. */
  #reached: number;
  #waiting: Waiting | null = null;

  constructor({ order, placement, later, moves, turns, isLast }: Given) {
    this.#order = order;
    this.#isLast = isLast;
    this.#later = later;
    this.#windows = [...order.windows, ...later.windows];
    this.#days = Int32Array.from(this.#windows, (window) => window.dayNumber);
    this.#mailboxesMost = Float64Array.from(this.#windows, ({ mailboxes }) => mailboxes);
    this.#bytesMost = Float64Array.from(this.#windows, ({ bytes }) => bytes);
    this.#until = dayNumber(order.calendar.until);
    this.#placed = placement.window;
    const all = this.#windows.length;
    this.#mailboxes = extended(moves.mailboxes, all);
    this.#bytes = extended(moves.bytes, all);
    // Whom nobody is to follow may also use what comes after the calendar.
    const firstLast = turns.firstLast.map((w) => (w === order.windows.length ? all : w));
    this.#turns = { lastPerson: turns.lastPerson.slice(), firstLast };
    this.#reached = order.windows.length - 1;
  }

  of(mailbox: number): Change | null {
    const lightest = this.#lightest(mailbox) ?? this.#withOthersLater(mailbox);
    if (lightest === null) return null;
    const { at, others } = lightest;
    const parts = this.#parts(mailbox, at);
    const last = Math.max(at, ...others.map((move) => move.at));
    if (last >= this.#order.windows.length) parts.push({ kind: 'until', to: this.#days[last] as number });
    if (others.length > 0) parts.push({ kind: 'others-later', moves: others });
    for (const move of others) this.#take(move);
    this.#take({ mailbox, at });
    return { window: this.#windows[at] as PlanWindow, at, parts };
  }

  /** The window that asks for least; null where there is none in the turn of this mailbox. */
  #lightest(mailbox: number): Weighed | null {
    const [from, to] = this.#between(mailbox);
    let [at, weight, parts] = [-1, Number.POSITIVE_INFINITY, 0];
    for (let w = from; w < to; w++) {
      const asked = this.#weigh(mailbox, w);
      if (asked === null) continue;
      // Windows are in the order of their days, so what follows is asked for at least as many.
      if (asked.daysLate > weight) break;
      if (asked.weight > weight || (asked.weight === weight && asked.parts >= parts)) continue;
      [at, weight, parts] = [w, asked.weight, asked.parts];
    }
    return at < 0 ? null : { at, weight, others: [] };
  }

  /** The window that asks for least after which those who are to move later still find one. */
  #withOthersLater(mailbox: number): Weighed | null {
    const { roster } = this.#order;
    if (roster.kind[mailbox] !== person) return null;
    const organisation = roster.organisation[mailbox] as number;
    let best: Weighed | null = null;
    for (let at = this.#turns.firstLast[organisation] as number; at < this.#windows.length; at++) {
      const asked = this.#weigh(mailbox, at);
      if (asked === null || asked.weight >= (best?.weight ?? Number.POSITIVE_INFINITY)) continue;
      const others = this.#movedBehind(organisation, at);
      if (others !== null) best = { at, weight: asked.weight, others };
    }
    return best;
  }

  /** What it weighs to move this mailbox in this window; null where that is not for the asking. */
  #weigh(mailbox: number, at: number) {
    const { roster, windows } = this.#order;
    const day = this.#days[at] as number;
    const early = (roster.notBefore[mailbox] as number) - day;
    const daysLate = day - (roster.notAfter[mailbox] as number);
    let [weight, parts] = [0, 0];
    if (early > 0 || daysLate > 0) [weight, parts] = [Math.max(early, daysLate), 1];
    if (this.#isClosed(roster.organisation[mailbox] as number, at)) [weight, parts] = [weight + openWeight, parts + 1];
    if (at >= windows.length && at > this.#reached)
      [weight, parts] = [weight + untilWeight + day - this.#until, parts + 1];
    const growth = this.#growth(at, roster.sizeBytes[mailbox] as number);
    // The share of the pilot is what people were promised.
    if (growth > 0 && this.#windows[at]?.isPilot === true) return null;
    if (growth > 0) [weight, parts] = [weight + Math.ceil(100 * growth), parts + 1];
    return { weight, parts, daysLate };
  }

  /** By what share of it a window has to grow to take so much more. */
  #growth(at: number, sizeBytes: number, more = 1): number {
    const [mailboxesMost, bytesMost] = [this.#mailboxesMost[at] as number, this.#bytesMost[at] as number];
    const mailboxes = (this.#mailboxes[at] as number) + more - mailboxesMost;
    const bytes = (this.#bytes[at] as number) + sizeBytes - bytesMost;
    return Math.max(mailboxes > 0 ? mailboxes / mailboxesMost : 0, bytes > 0 ? bytes / bytesMost : 0);
  }

  #parts(mailbox: number, at: number): Part[] {
    const { roster } = this.#order;
    const [notBefore, notAfter] = [roster.notBefore[mailbox] as number, roster.notAfter[mailbox] as number];
    const day = this.#days[at] as number;
    const parts: Part[] = [];
    if (day < notBefore) parts.push({ kind: 'not-before', from: notBefore, to: day });
    if (day > notAfter) parts.push({ kind: 'not-after', from: notAfter, to: day });
    if (this.#isClosed(roster.organisation[mailbox] as number, at)) parts.push({ kind: 'open' });
    // More than those before have asked for: the sum is what all together need, and each alone needs no more than its own.
    const more = (used: number, adds: number, most: number) =>
      Math.max(0, used + adds - most) - Math.max(0, used - most);
    const mailboxes = more(this.#mailboxes[at] as number, 1, this.#mailboxesMost[at] as number);
    const size = roster.sizeBytes[mailbox] as number;
    const bytes = more(this.#bytes[at] as number, size, this.#bytesMost[at] as number);
    if (mailboxes > 0 || bytes > 0) parts.push({ kind: 'room', mailboxes, bytes });
    return parts;
  }

  /** Windows behind `at` for those of an organisation that move after its people and not yet behind it; null where one finds none. */
  #movedBehind(organisation: number, at: number): readonly Move[] | null {
    this.#waiting ??= new Waiting(this.#order, this.#isLast);
    const moved: Move[] = [];
    const taken = new Map<number, { mailboxes: number; bytes: number }>();
    for (const mailbox of this.#waiting.of(organisation)) {
      const now = this.#placed[mailbox] as number;
      if (now < 0 || now > at) continue;
      let w = this.#movedTo.get(mailbox) ?? -1;
      if (w <= at) {
        w = at + 1;
        while (w < this.#windows.length && !this.#hasRoom(w, mailbox, taken.get(w))) w++;
        if (w === this.#windows.length) return null;
        const { mailboxes, bytes } = taken.get(w) ?? { mailboxes: 0, bytes: 0 };
        taken.set(w, { mailboxes: mailboxes + 1, bytes: bytes + (this.#order.roster.sizeBytes[mailbox] as number) });
      }
      moved.push({ mailbox, at: w });
    }
    return moved;
  }

  /** Whether a mailbox can move in a window as everything stands, with others of its organisation, `taken`, beside it. */
  #hasRoom(at: number, mailbox: number, taken = { mailboxes: 0, bytes: 0 }): boolean {
    const { roster } = this.#order;
    const day = this.#days[at] as number;
    if (day < (roster.notBefore[mailbox] as number) || day > (roster.notAfter[mailbox] as number)) return false;
    if (this.#isClosed(roster.organisation[mailbox] as number, at)) return false;
    return this.#growth(at, (roster.sizeBytes[mailbox] as number) + taken.bytes, 1 + taken.mailboxes) === 0;
  }

  /**
   * From here on this is where it moves. What it leaves is left free: whoever is told to move there without asking for more
   * room would depend on this change.
   */
  #take({ mailbox, at }: Move): void {
    const { roster } = this.#order;
    if (this.#movedTo.get(mailbox) === at) return;
    if ((this.#placed[mailbox] as number) >= 0) this.#movedTo.set(mailbox, at);
    (this.#mailboxes[at] as number)++;
    this.#bytes[at] = (this.#bytes[at] as number) + (roster.sizeBytes[mailbox] as number);
    this.#reached = Math.max(this.#reached, at);
    if (roster.kind[mailbox] !== person) return;
    const organisation = roster.organisation[mailbox] as number;
    this.#turns.lastPerson[organisation] = Math.max(this.#turns.lastPerson[organisation] as number, at);
  }

  #between(mailbox: number): readonly [from: number, to: number] {
    return turnsBetween({ roster: this.#order.roster, windows: this.#windows }, mailbox, this.#turns, this.#isLast);
  }

  #isClosed(organisation: number, at: number): boolean {
    const { windows, closed } = this.#order;
    if (at < windows.length) return closed[organisation]?.[at] === 1;
    return this.#later.closed[organisation]?.[at - windows.length] === 1;
  }
}

function extended(values: Float64Array, length: number): Float64Array {
  const longer = new Float64Array(length);
  longer.set(values);
  return longer;
}
