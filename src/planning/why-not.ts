/**
 * Why somebody has no window, and the smallest change that would give them one.
 *
 * A change is for one mailbox and one window: what has to be otherwise for it to move then, while everybody else stays where
 * they are. The changes of one list fit together, too: what those before ask for is counted as done, so that who makes all of
 * them has everybody placed, and one evening is not asked to take a hundred thousand more where there are others.
 */

import type { PlanWindow } from '#domain/calendar.ts';
import { isToPlace, lastKinds, movesOf, turnsBetween, turnsOf, type WindowColumns, windowColumns } from './moves.ts';
import type { Placement, PlanningOrder } from './placement.ts';
import { ChangeSearch, type Planned } from './why-not-change.ts';

/** What took away the last windows that its other rules had left to a mailbox. */
export type Reason =
  /** No window opens between its own dates. */
  | { readonly kind: 'dates' }
  /** All that open between them are closed to its organisation. */
  | { readonly kind: 'closed' }
  /** All that are left come before the last person of its organisation has moved, on this day. */
  | { readonly kind: 'after-people'; readonly lastDay: number }
  /** All that are left come after mailboxes that are to move after it, from this day on. */
  | { readonly kind: 'before-others'; readonly firstDay: number }
  /** It is larger than any that is left takes, by so many octets. */
  | { readonly kind: 'too-large'; readonly bytesOver: number }
  /** All that are left, so many, are full. */
  | { readonly kind: 'full'; readonly windows: number }
  /** There is room for it: planned for longer, it may be placed. */
  | { readonly kind: 'room-left'; readonly window: PlanWindow };

export type Part =
  | { readonly kind: 'not-before'; readonly from: number; readonly to: number }
  | { readonly kind: 'not-after'; readonly from: number; readonly to: number }
  /** The window, to its organisation. */
  | { readonly kind: 'open' }
  /** So much more than the window takes now, and than is asked of it before in the same list. */
  | { readonly kind: 'room'; readonly mailboxes: number; readonly bytes: number }
  /** The end of the calendar. */
  | { readonly kind: 'until'; readonly to: number }
  /** Others, who are to move after it, move later than planned; each has a window where nothing else has to change. */
  | { readonly kind: 'others-later'; readonly moves: readonly { readonly mailbox: number; readonly at: number }[] };

export interface Change {
  readonly window: PlanWindow;
  /** Its number in `windows`, and beyond them in `later`. */
  readonly at: number;
  /** None where nothing has to change. */
  readonly parts: readonly Part[];
}

export interface WhyNot {
  readonly mailbox: number;
  readonly reason: Reason;
  /** Null where none was found: mostly since those who are to move after it have no later window. */
  readonly change: Change | null;
}

/** Windows after the last of the calendar, were it to go on, and to whom they are closed, as in `PlanningOrder`. */
export interface LaterWindows {
  readonly windows: readonly PlanWindow[];
  readonly closed: readonly (Uint8Array | null)[];
}

/** Everybody without a window, one after the other: first those whom others wait for, each lot in the order of the roster. */
export function* whyNots(order: PlanningOrder, placement: Placement, later: LaterWindows): Generator<WhyNot> {
  const isLast = lastKinds(order.calendar.kindsLast);
  const moves = movesOf(order, placement);
  const turns = turnsOf(order, placement);
  const planned = { order, placement, later, moves, turns, isLast };
  const search = new ChangeSearch(planned);
  const columns = windowColumns(order.windows);
  for (const turn of [0, 1])
    for (let mailbox = 0; mailbox < order.roster.size; mailbox++) {
      if ((placement.window[mailbox] as number) >= 0 || !isToPlace(order, mailbox)) continue;
      if (isLast[order.roster.kind[mailbox] as number] !== turn) continue;
      yield { mailbox, reason: reasonOf(planned, mailbox, columns), change: search.of(mailbox) };
    }
}

function reasonOf(
  { order, moves, turns, isLast }: Planned,
  mailbox: number,
  { days, mailboxesMost, bytesMost }: WindowColumns,
): Reason {
  const { roster, windows } = order;
  const [notBefore, notAfter] = [roster.notBefore[mailbox] as number, roster.notAfter[mailbox] as number];
  const closed = order.closed[roster.organisation[mailbox] as number] ?? null;
  const [from, to] = turnsBetween(order, mailbox, turns, isLast);
  const size = roster.sizeBytes[mailbox] as number;
  let [inDates, open, afterPeople, inTurn, largest] = [0, 0, 0, 0, 0];
  for (let w = 0; w < days.length; w++) {
    if ((days[w] as number) < notBefore || (days[w] as number) > notAfter) continue;
    inDates++;
    if (closed?.[w] === 1) continue;
    open++;
    if (w < from) continue;
    afterPeople++;
    if (w >= to) continue;
    inTurn++;
    largest = Math.max(largest, bytesMost[w] as number);
    const fits = (moves.mailboxes[w] as number) + 1 <= (mailboxesMost[w] as number);
    if (fits && (moves.bytes[w] as number) + size <= (bytesMost[w] as number))
      return { kind: 'room-left', window: windows[w] as PlanWindow };
  }
  if (inDates === 0) return { kind: 'dates' };
  if (open === 0) return { kind: 'closed' };
  if (afterPeople === 0) return { kind: 'after-people', lastDay: days[from - 1] as number };
  if (inTurn === 0) return { kind: 'before-others', firstDay: days[to] as number };
  return size > largest ? { kind: 'too-large', bytesOver: size - largest } : { kind: 'full', windows: inTurn };
}
