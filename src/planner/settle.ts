/** The end of every plan: nobody is left out, the pilot has somebody, it ends early, and wishes are granted where they break nothing. */

import type { PlanningOrder } from '#planning/placement.ts';
import { usualEffortSeconds } from './effort.ts';
import { finishEarly } from './finish-early.ts';
import { grantHints, Hints } from './grant-hints.ts';
import { grantLast, wishingLast } from './grant-last.ts';
import { seatLeftovers } from './leftovers.ts';
import { fillPilot, type PilotWishes } from './pilot.ts';
import type { Seating } from './seating.ts';
import type { Setting } from './setting.ts';

/** Times that wishes are looked at again, since whoever had no window may have come in their way. */
const roundsMost = 4;

/** How much longer it is looked for room than usual, by the effort that was asked for. */
export function searchScale({ effortSeconds, roster }: PlanningOrder): number {
  return Math.max(1, effortSeconds / usualEffortSeconds(roster.size));
}

/** `isNew`: nobody was told of a plan before, so that anybody may be asked into the pilot; else somebody only where it is empty. */
export function settle({ order, later }: Setting, seating: Seating, isNew = true): void {
  const scale = searchScale(order);
  const hints = new Hints(order);
  const wishing = wishingLast(order.roster.size, order.lastWishes);
  const wishes: PilotWishes = {
    hopes: (mailbox) => hints.of(mailbox)?.[0] === 1,
    minds: (mailbox) => wishing?.[mailbox] === 1 || hints.of(mailbox)?.[0] === 0,
  };
  // Whoever hopes for the pilot is there before it is filled with others.
  grantHints(seating, hints, wishing);
  let without = seatLeftovers(seating, scale);
  if (isNew || seating.used[0] === 0) fillPilot(seating, later, wishes);
  finishEarly(seating);
  // Whoever went to the pilot, or to an earlier window, has left room behind.
  if (without > 0) without = seatLeftovers(seating, scale);
  for (let round = 0; round < roundsMost; round++) {
    grantHints(seating, hints, wishing);
    grantLast(seating, order.lastWishes);
    if (seating.used[0] === 0) fillPilot(seating, later, wishes);
    const before = without;
    if (before > 0) without = seatLeftovers(seating, scale);
    if (without === before) return;
  }
}
