/** All windows, those of the calendar and those that would follow, with what is in them and what has been proposed. */

import type { PlanWindow } from '#domain/calendar.ts';
import { type Moves, windowColumns } from './moves.ts';
import type { PlanningOrder } from './placement.ts';
import type { LaterWindows } from './why-not.ts';

export class Room {
  readonly windows: readonly PlanWindow[];
  /** Of the windows, in a column, since they are walked over for everybody who has none. */
  readonly days: Int32Array;
  /** How many of them are those of the calendar. */
  readonly inCalendar: number;
  /** The last that is used; beyond the end of the calendar others may follow where one has gone. */
  reached: number;
  readonly #mailboxesMost: Float64Array;
  readonly #bytesMost: Float64Array;
  readonly #mailboxes: Float64Array;
  readonly #bytes: Float64Array;
  readonly #closed: PlanningOrder['closed'];
  readonly #closedLater: LaterWindows['closed'];

  constructor({ windows, closed }: PlanningOrder, later: LaterWindows, moves: Moves) {
    this.windows = [...windows, ...later.windows];
    const { days, mailboxesMost, bytesMost } = windowColumns(this.windows);
    [this.days, this.#mailboxesMost, this.#bytesMost] = [days, mailboxesMost, bytesMost];
    [this.inCalendar, this.reached] = [windows.length, windows.length - 1];
    this.#mailboxes = extended(moves.mailboxes, this.windows.length);
    this.#bytes = extended(moves.bytes, this.windows.length);
    [this.#closed, this.#closedLater] = [closed, later.closed];
  }

  isClosed(organisation: number, at: number): boolean {
    if (at < this.inCalendar) return this.#closed[organisation]?.[at] === 1;
    return this.#closedLater[organisation]?.[at - this.inCalendar] === 1;
  }

  /** Whether no window at all is closed to an organisation. */
  isAlwaysOpen(organisation: number): boolean {
    return !this.#closed[organisation] && !this.#closedLater[organisation];
  }

  /** By what share of it a window has to grow to take so much more. */
  growth(at: number, sizeBytes: number, more = 1): number {
    const [mailboxesMost, bytesMost] = [this.#mailboxesMost[at] as number, this.#bytesMost[at] as number];
    const mailboxes = (this.#mailboxes[at] as number) + more - mailboxesMost;
    const bytes = (this.#bytes[at] as number) + sizeBytes - bytesMost;
    return Math.max(mailboxes > 0 ? mailboxes / mailboxesMost : 0, bytes > 0 ? bytes / bytesMost : 0);
  }

  /**
   * How much more a window has to take for one more, beyond what has been asked of it: the sum is what all together need, and each
   * alone needs no more than its own.
   */
  shortOf(at: number, sizeBytes: number): { readonly mailboxes: number; readonly bytes: number } {
    const more = (used: number, adds: number, most: number) =>
      Math.max(0, used + adds - most) - Math.max(0, used - most);
    return {
      mailboxes: more(this.#mailboxes[at] as number, 1, this.#mailboxesMost[at] as number),
      bytes: more(this.#bytes[at] as number, sizeBytes, this.#bytesMost[at] as number),
    };
  }

  take(at: number, sizeBytes: number): void {
    (this.#mailboxes[at] as number)++;
    this.#bytes[at] = (this.#bytes[at] as number) + sizeBytes;
    this.reached = Math.max(this.reached, at);
  }
}

function extended(values: Float64Array, length: number): Float64Array {
  const longer = new Float64Array(length);
  longer.set(values);
  return longer;
}
