/** When each mailbox moves under a placement, how full its windows get by that, and in which order organisations may go. */

import type { PlanWindow } from '#domain/calendar.ts';
import { type MailboxKind, mailboxKinds } from '#domain/estate.ts';
import { notFixed, type Placement, type PlanningOrder } from './placement.ts';

/** The day of who does not move: unplaced, or excluded. */
export const noMove = notFixed;

export interface Moves {
  /** Of each mailbox the day number on which it moves or has moved, else `noMove`. */
  readonly day: Int32Array;
  /** Of each window how many move in it, and how much. */
  readonly mailboxes: Float64Array;
  readonly bytes: Float64Array;
}

/** Windows in columns, for whoever walks over them for a million mailboxes. */
export interface WindowColumns {
  readonly days: Int32Array;
  readonly mailboxesMost: Float64Array;
  readonly bytesMost: Float64Array;
}

export function windowColumns(windows: readonly PlanWindow[]): WindowColumns {
  return {
    days: Int32Array.from(windows, ({ dayNumber }) => dayNumber),
    mailboxesMost: Float64Array.from(windows, ({ mailboxes }) => mailboxes),
    bytesMost: Float64Array.from(windows, ({ bytes }) => bytes),
  };
}

/** Who moves when. Who has moved already takes up no room in any window. */
export function movesOf({ roster, windows, fixed, excluded }: PlanningOrder, { window }: Placement): Moves {
  const day = new Int32Array(roster.size).fill(noMove);
  const mailboxes = new Float64Array(windows.length);
  const bytes = new Float64Array(windows.length);
  const dayNumbers = Int32Array.from(windows, ({ dayNumber }) => dayNumber);
  for (let m = 0; m < roster.size; m++) {
    if (excluded?.[m] === 1) continue;
    const moved = fixed?.[m] ?? notFixed;
    if (moved !== notFixed) {
      day[m] = moved;
      continue;
    }
    const w = window[m] as number;
    if (w < 0) continue;
    day[m] = dayNumbers[w] as number;
    (mailboxes[w] as number)++;
    bytes[w] = (bytes[w] as number) + (roster.sizeBytes[m] as number);
  }
  return { day, mailboxes, bytes };
}

/** Whether a mailbox is asked for a window: not who has moved, nor who is excluded. */
export function isToPlace({ fixed, excluded }: Pick<PlanningOrder, 'fixed' | 'excluded'>, mailbox: number): boolean {
  return excluded?.[mailbox] !== 1 && (fixed?.[mailbox] ?? notFixed) === notFixed;
}

/** Which kinds of mailboxes move last, by their numbers in `mailboxKinds`. */
export function lastKinds(kindsLast: readonly MailboxKind[]): Uint8Array {
  return Uint8Array.from(mailboxKinds, (kind) => (kindsLast.includes(kind) ? 1 : 0));
}

/** The bounds within an organisation that `kinds_last` sets: windows by their numbers. */
export interface Turns {
  /** The window of the last placed person of each organisation; -1 where nobody is placed. */
  readonly lastPerson: Int32Array;
  /** The window of the first mailbox of a last kind; the number of windows where there is none. */
  readonly firstLast: Int32Array;
}

const person = mailboxKinds.indexOf('person');

export function turnsOf(order: PlanningOrder, { window }: Placement): Turns {
  const { roster, windows, calendar } = order;
  const isLast = lastKinds(calendar.kindsLast);
  const lastPerson = new Int32Array(roster.organisations.length).fill(-1);
  const firstLast = new Int32Array(roster.organisations.length).fill(windows.length);
  const { days } = windowColumns(windows);
  for (let m = 0; m < roster.size; m++) {
    if (order.excluded?.[m] === 1) continue;
    const kind = roster.kind[m] as number;
    const organisation = roster.organisation[m] as number;
    const moved = order.fixed?.[m] ?? notFixed;
    if (kind === person) {
      // Who moved on a day counts like somebody in the last window of that day or before.
      const w = moved === notFixed ? (window[m] as number) : firstWindowFrom(days, moved + 1) - 1;
      if (w > (lastPerson[organisation] as number)) lastPerson[organisation] = w;
    } else if (isLast[kind] === 1 && moved === notFixed) {
      const w = window[m] as number;
      if (w >= 0 && w < (firstLast[organisation] as number)) firstLast[organisation] = w;
    }
  }
  return { lastPerson, firstLast };
}

/** The windows that `kinds_last` leaves to a mailbox, from the first to before the last. */
export function turnsBetween(
  { roster, windows }: Pick<PlanningOrder, 'roster' | 'windows'>,
  mailbox: number,
  { lastPerson, firstLast }: Turns,
  isLast: Uint8Array,
): readonly [from: number, to: number] {
  const [kind, organisation] = [roster.kind[mailbox] as number, roster.organisation[mailbox] as number];
  const from = isLast[kind] === 1 ? (lastPerson[organisation] as number) + 1 : 0;
  return [from, kind === person ? (firstLast[organisation] as number) : windows.length];
}

/** The first window that opens on `day` or later; as many as there are where none does. `days`: those of the windows, rising. */
export function firstWindowFrom(days: ArrayLike<number>, day: number): number {
  let low = 0;
  let high = days.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((days[middle] as number) < day) low = middle + 1;
    else high = middle;
  }
  return low;
}
