/**
 * The smallest change that gives a mailbox a window. Each is weighed, and the lightest is told: a day by which a date of the
 * mailbox moves weighs 1; a window opened to an organisation, 7; each hundredth, begun or full, by which a window has to grow, 1;
 * a later end of the calendar, 14 and 1 for each day. Of what weighs the same, fewer parts go first, then the earlier window.
 * Only where nothing else helps others are asked to move later.
 */

import { dayNumber } from '#domain/calendar-days.ts';
import { mailboxKinds } from '#domain/estate.ts';
import { type Moves, type Turns, turnsBetween } from './moves.ts';
import type { Placement, PlanningOrder } from './placement.ts';
import { noDayAfter, noDayBefore } from './roster.ts';
import type { Change, LaterWindows, Part } from './why-not.ts';
import { type Move, Others } from './why-not-others.ts';
import { Room } from './why-not-room.ts';

/** A plan, and what follows from it. */
export interface Planned {
  readonly order: PlanningOrder;
  readonly placement: Placement;
  readonly later: LaterWindows;
  readonly moves: Moves;
  readonly turns: Turns;
  readonly isLast: Uint8Array;
}

interface Lightest {
  readonly at: number;
  readonly others: readonly Move[];
}

/** A window that was lightest, and for what. */
interface Recent {
  at: number;
  asked: number;
  sizeBytes: number;
  reached: number;
}

/** More than a change has. */
const partsMost = 10;
const openWeight = 7;
const untilWeight = 14;
const person = mailboxKinds.indexOf('person');
const kinds = mailboxKinds.length;

/** Gives one change after the other; what it has given counts as done. */
export class ChangeSearch {
  readonly #order: PlanningOrder;
  readonly #isLast: Uint8Array;
  readonly #room: Room;
  readonly #others: Others;
  readonly #turns: Turns;
  readonly #until: number;
  readonly #recent = new Map<number, Recent>();

  constructor({ order, placement, later, moves, turns, isLast }: Planned) {
    [this.#order, this.#isLast] = [order, isLast];
    this.#room = new Room(order, later, moves);
    this.#others = new Others(order, placement, this.#room, isLast);
    this.#until = dayNumber(order.calendar.until);
    // Whom nobody is to follow may also use what comes after the calendar.
    const all = this.#room.windows.length;
    const firstLast = turns.firstLast.map((w) => (w === order.windows.length ? all : w));
    this.#turns = { lastPerson: turns.lastPerson.slice(), firstLast };
  }

  of(mailbox: number): Change | null {
    const lightest = this.#lightest(mailbox) ?? this.#withOthersLater(mailbox);
    if (lightest === null) return null;
    const { at, others } = lightest;
    const parts = this.#parts(mailbox, at);
    const last = Math.max(at, ...others.map((move) => move.at));
    if (last >= this.#room.inCalendar) parts.push({ kind: 'until', to: this.#room.days[last] as number });
    if (others.length > 0) parts.push({ kind: 'others-later', moves: others });
    this.#others.take(others);
    this.#take(mailbox, at);
    return { window: this.#room.windows[at] as Change['window'], at, parts };
  }

  /** The window that asks for least; null where there is none in the turn of this mailbox. */
  #lightest(mailbox: number): Lightest | null {
    const { roster } = this.#order;
    const [from, to] = this.#between(mailbox);
    const notAfter = roster.notAfter[mailbox] as number;
    const recent = this.#recentOf(mailbox, from, to);
    if (recent !== null && this.#isStillLightest(mailbox, recent)) return { at: recent.at, others: [] };
    let [at, least] = [-1, Number.POSITIVE_INFINITY];
    for (let w = from; w < to && least > 0; w++) {
      // Windows are in the order of their days, so what follows is asked for at least as many.
      if (((this.#room.days[w] as number) - notAfter) * partsMost > least) break;
      const asked = this.#weigh(mailbox, w);
      if (asked < least) [at, least] = [w, asked];
    }
    if (at < 0) return null;
    if (recent !== null) {
      [recent.at, recent.asked, recent.reached] = [at, least, this.#room.reached];
      recent.sizeBytes = roster.sizeBytes[mailbox] as number;
    }
    return { at, others: [] };
  }

  /** What was found for the last mailbox with the same windows to choose from; null where that is not kept. */
  #recentOf(mailbox: number, from: number, to: number): Recent | null {
    const { roster } = this.#order;
    const organisation = roster.organisation[mailbox] as number;
    if (roster.notBefore[mailbox] !== noDayBefore || roster.notAfter[mailbox] !== noDayAfter) return null;
    const key =
      this.#room.isAlwaysOpen(organisation) && from === 0 && to === this.#room.windows.length
        ? -1
        : organisation * kinds + (roster.kind[mailbox] as number);
    const known = this.#recent.get(key);
    if (known) return known;
    const recent = { at: -1, asked: 0, sizeBytes: 0, reached: 0 };
    this.#recent.set(key, recent);
    return recent;
  }

  /**
   * Whether a window that was lightest is so for a mailbox with the same windows to choose from. What any window asks only grows as
   * changes are given, and with the size, unless one beyond the end is reached; so what asks the same as before is lightest still.
   */
  #isStillLightest(mailbox: number, { at, asked, sizeBytes, reached }: Recent): boolean {
    if (at < 0 || reached !== this.#room.reached) return false;
    if ((this.#order.roster.sizeBytes[mailbox] as number) < sizeBytes) return false;
    return this.#weigh(mailbox, at) === asked;
  }

  /** The window that asks for least after which those who are to move later still find one. */
  #withOthersLater(mailbox: number): Lightest | null {
    const { roster } = this.#order;
    if (roster.kind[mailbox] !== person) return null;
    const organisation = roster.organisation[mailbox] as number;
    let best: Lightest | null = null;
    let least = Number.POSITIVE_INFINITY;
    for (let at = this.#turns.firstLast[organisation] as number; at < this.#room.windows.length; at++) {
      const asked = this.#weigh(mailbox, at);
      const others = asked < least ? this.#others.behind(organisation, at) : null;
      if (others !== null) [best, least] = [{ at, others }, asked];
    }
    return best;
  }

  /**
   * What it weighs to move this mailbox in this window, and in the last digit of how many parts that is; infinite where it is not
   * for the asking. One number, since there may be a million mailboxes to weigh in hundreds of windows.
   */
  #weigh(mailbox: number, at: number): number {
    const { roster } = this.#order;
    const day = this.#room.days[at] as number;
    const daysOff = Math.max((roster.notBefore[mailbox] as number) - day, day - (roster.notAfter[mailbox] as number));
    let [weight, parts] = [0, 0];
    if (daysOff > 0) [weight, parts] = [daysOff, 1];
    if (this.#room.isClosed(roster.organisation[mailbox] as number, at))
      [weight, parts] = [weight + openWeight, parts + 1];
    if (at >= this.#room.inCalendar && at > this.#room.reached)
      [weight, parts] = [weight + untilWeight + day - this.#until, parts + 1];
    const growth = this.#room.growth(at, roster.sizeBytes[mailbox] as number);
    if (growth > 0) {
      // The share of the pilot is what people were promised.
      if (this.#room.windows[at]?.isPilot === true) return Number.POSITIVE_INFINITY;
      [weight, parts] = [weight + Math.ceil(100 * growth), parts + 1];
    }
    return weight * partsMost + parts;
  }

  #parts(mailbox: number, at: number): Part[] {
    const { roster } = this.#order;
    const [notBefore, notAfter] = [roster.notBefore[mailbox] as number, roster.notAfter[mailbox] as number];
    const day = this.#room.days[at] as number;
    const parts: Part[] = [];
    if (day < notBefore) parts.push({ kind: 'not-before', from: notBefore, to: day });
    if (day > notAfter) parts.push({ kind: 'not-after', from: notAfter, to: day });
    if (this.#room.isClosed(roster.organisation[mailbox] as number, at)) parts.push({ kind: 'open' });
    const { mailboxes, bytes } = this.#room.shortOf(at, roster.sizeBytes[mailbox] as number);
    if (mailboxes > 0 || bytes > 0) parts.push({ kind: 'room', mailboxes, bytes });
    return parts;
  }

  /** From here on this is where it moves. */
  #take(mailbox: number, at: number): void {
    const { roster } = this.#order;
    this.#room.take(at, roster.sizeBytes[mailbox] as number);
    if (roster.kind[mailbox] !== person) return;
    const organisation = roster.organisation[mailbox] as number;
    this.#turns.lastPerson[organisation] = Math.max(this.#turns.lastPerson[organisation] as number, at);
  }

  #between(mailbox: number): readonly [from: number, to: number] {
    const { roster } = this.#order;
    return turnsBetween({ roster, windows: this.#room.windows }, mailbox, this.#turns, this.#isLast);
  }
}
