/** Ends the programme as early as it can: whoever is in the last window, and loses nothing by it, moves before it. */

import { nowhere, type Seating } from './seating.ts';

/** Empties windows from the last on, as long as each of their mailboxes finds another that costs no more. */
export function endEarly(seating: Seating): void {
  const { used, conditions } = seating;
  for (let window = conditions.windows.length - 1; window > conditions.firstUsual; window--) {
    if (used[window] === 0) continue;
    if (!emptied(seating, window)) return;
  }
}

/** Moves all of a window before it; false, and all as before, where that cannot be. */
function emptied(seating: Seating, window: number): boolean {
  const mailboxes = Array.from({ length: seating.used[window] as number }, (_, index) => seating.member(window, index));
  const moved: number[] = [];
  for (const mailbox of mailboxes) {
    const to = earlier(seating, mailbox, window);
    if (to === nowhere) {
      for (const each of moved) seating.put(each, window);
      return false;
    }
    seating.put(mailbox, to);
    moved.push(mailbox);
  }
  return true;
}

/** The last window before one in which a mailbox costs no more. */
function earlier(seating: Seating, mailbox: number, window: number): number {
  const { day, from, firstUsual } = seating.conditions;
  const now = seating.cost(mailbox, day[window] as number);
  for (let at = window - 1; at >= Math.max(firstUsual, from[mailbox] as number); at--)
    if (
      seating.hasRoom(mailbox, at) &&
      seating.isAllowed(mailbox, at) &&
      seating.cost(mailbox, day[at] as number) <= now
    )
      return at;
  return nowhere;
}
