/** The wish to move after everybody else: granted where there is room, after all that is harder is settled. */

import { last } from './conditions.ts';
import { membersOf } from './network.ts';
import { firstWindowFrom } from '#planning/moves.ts';
import { notFixed, type LastWish } from '#planning/placement.ts';
import { makeWay } from './seat.ts';
import { nowhere, type Seating } from './seating.ts';

/**
 * Moves who wished to be last to a window behind the last of the others of whoever asked, those that go last aside; where none is free,
 * to the same window. Wishes that are made within another's follow it.
 */
export function grantLast(seating: Seating, wishes: readonly LastWish[] | null): void {
  if (wishes === null) return;
  const { conditions, window } = seating;
  const { first, members } = membersOf(conditions.organisation, conditions.closed.length);
  for (const { mailboxes, organisations } of wishes) {
    const those = new Set(mailboxes);
    let from = nowhere;
    for (const home of organisations)
      for (let at = first[home] as number; at < (first[home + 1] as number); at++) {
        const other = members[at] as number;
        if (!those.has(other) && conditions.role[other] !== last) from = Math.max(from, windowBy(seating, other));
      }
    if (from === nowhere) continue;
    for (const mailbox of mailboxes) {
      const here = window[mailbox] as number;
      if (here !== nowhere && here <= from) moveBehind(seating, mailbox, here, from);
    }
  }
}

/** 1 for who wishes to be last of any others; null where nobody does. */
export function wishingLast(size: number, wishes: readonly LastWish[] | null): Uint8Array | null {
  if (wishes === null) return null;
  const found = new Uint8Array(size);
  for (const { mailboxes } of wishes) for (const mailbox of mailboxes) found[mailbox] = 1;
  return found;
}

/** The window of a mailbox; of who is fixed the last that opens by then. */
function windowBy({ window, conditions: { fixed, day } }: Seating, mailbox: number): number {
  const moved = fixed === null ? notFixed : (fixed[mailbox] as number);
  return moved === notFixed ? (window[mailbox] as number) : firstWindowFrom(day, moved + 1) - 1;
}

/** To the first window behind `from`, else to that; where none is free of those that go last, they make way, whatever it costs. */
function moveBehind(seating: Seating, mailbox: number, here: number, from: number): void {
  const { conditions, used } = seating;
  // Whoever is alone in the pilot keeps it from being empty.
  if (here === 0 && conditions.windows[0]?.isPilot === true && used[0] === 1) return;
  const to = conditions.to[mailbox] as number;
  for (let at = from + 1; at <= to; at++) if (isSeated(seating, mailbox, at)) return;
  if (here < from && from <= to) isSeated(seating, mailbox, from);
}

function isSeated(seating: Seating, mailbox: number, at: number): boolean {
  if (!seating.hasRoom(mailbox, at)) return false;
  if (!seating.isAllowed(mailbox, at)) return makeWay(seating, mailbox, at, Number.NEGATIVE_INFINITY) !== null;
  seating.put(mailbox, at);
  return true;
}
