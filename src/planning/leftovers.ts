/**
 * Windows for those who found none: a plan leaves nobody out for whom there is room somewhere, though others have to move for
 * them, and others for those (augmenting paths, after Ford and Fulkerson 1956).
 */

import { last } from './conditions.ts';
import { makeWay, seatBest } from './seat.ts';
import { nowhere, type Seating } from './seating.ts';

/** Of a full window so many are asked whether they could move. */
const askedMost = 20_000;

/** Seats everybody who can be; answers how many cannot. People first, since others wait for them. */
export function seatLeftovers(seating: Seating): number {
  const { conditions, window } = seating;
  const left: number[] = [];
  for (let mailbox = 0; mailbox < conditions.size; mailbox++)
    if (window[mailbox] === nowhere && conditions.settled[mailbox] === 0) left.push(mailbox);
  left.sort((a, b) => Number(conditions.role[a] === last) - Number(conditions.role[b] === last) || a - b);
  let without = left;
  // Whoever is seated may have made room for another.
  for (let before = -1; without.length !== before && without.length > 0; ) {
    before = without.length;
    without = without.filter((mailbox) => !seatSomehow(seating, mailbox));
  }
  return without.length;
}

function seatSomehow(seating: Seating, mailbox: number): boolean {
  return (
    seatBest(seating, mailbox) ||
    seatAnywhere(seating, mailbox) ||
    seatBehind(seating, mailbox) ||
    seatByChain(seating, mailbox)
  );
}

/** Any window that is possible as things are: the pilot, and those that were kept free for who goes last. */
function seatAnywhere(seating: Seating, mailbox: number): boolean {
  const { from, to, day } = seating.conditions;
  let best = nowhere;
  let least = Number.POSITIVE_INFINITY;
  for (let at = from[mailbox] as number; at <= (to[mailbox] as number); at++) {
    if (!seating.hasRoom(mailbox, at) || !seating.isPossible(mailbox, at)) continue;
    const cost = seating.cost(mailbox, day[at] as number);
    if (cost >= least) continue;
    least = cost;
    best = at;
  }
  if (best === nowhere) return false;
  seating.put(mailbox, best);
  return true;
}

/** A window that those who go last stand in the way of. */
function seatBehind(seating: Seating, mailbox: number): boolean {
  const { from, to } = seating.conditions;
  for (let at = from[mailbox] as number; at <= (to[mailbox] as number); at++)
    if (makeWay(seating, mailbox, at, 0) !== null) return true;
  return false;
}

interface Step {
  readonly mailbox: number;
  readonly to: number;
}

/** How somebody may come into a full window: who, and in which turn the one was found whose place they take. */
interface Entry {
  readonly window: number;
  readonly mover: number;
  readonly after: number;
}

/** A full window, of which one moves to another, of which one moves …, to one with room. */
function seatByChain(seating: Seating, mailbox: number): boolean {
  const { conditions, window, used } = seating;
  const width = conditions.windows.length;
  const reached = new Uint8Array(width);
  const waiting: Entry[] = [];
  for (let at = 0; at < width; at++) {
    if (!seating.isPossible(mailbox, at)) continue;
    reached[at] = 1;
    waiting.push({ window: at, mover: mailbox, after: -1 });
  }
  for (let turn = 0; turn < waiting.length; turn++) {
    const { window: full, mover } = waiting[turn] as Entry;
    const sitting = Math.min(askedMost, used[full] as number);
    for (let i = 0; i < sitting; i++) {
      const member = seating.member(full, i);
      if (!fitsInstead(seating, mover, member, full)) continue;
      for (let to = 0; to < width; to++) {
        if (to === window[member] || !seating.isAllowed(member, to)) continue;
        // Also a window that was reached before: it may have no room for a larger one, and some for this.
        if (seating.hasRoom(member, to)) {
          if (follow(seating, chainOf(waiting, turn, { mailbox: member, to }))) return true;
          continue;
        }
        if (reached[to] === 1) continue;
        reached[to] = 1;
        waiting.push({ window: to, mover: member, after: turn });
      }
    }
  }
  return false;
}

/** Whether there is room for one where another leaves. */
function fitsInstead(seating: Seating, mailbox: number, instead: number, window: number): boolean {
  const { sizeBytes } = seating.conditions;
  const bytes = (seating.usedBytes[window] as number) - (sizeBytes[instead] as number) + (sizeBytes[mailbox] as number);
  return bytes <= (seating.roomBytes[window] as number) && (seating.room[window] as number) > 0;
}

/** The steps in the order in which they are done, from the one into the window with room back to the first. */
function chainOf(waiting: readonly Entry[], turn: number, freeing: Step): readonly Step[] {
  const steps = [freeing];
  for (let at = turn; at !== -1; ) {
    const { window, mover, after } = waiting[at] as Entry;
    steps.push({ mailbox: mover, to: window });
    at = after;
  }
  return steps;
}

/** Does the steps; false, and all as before, where a rule stands against one of them by then. */
function follow(seating: Seating, steps: readonly Step[]): boolean {
  const were = steps.map(({ mailbox }) => seating.window[mailbox] as number);
  for (const [done, { mailbox, to }] of steps.entries()) {
    const was = were[done] as number;
    if (was !== nowhere) seating.lift(mailbox);
    if (seating.hasRoom(mailbox, to) && seating.isPossible(mailbox, to)) {
      seating.put(mailbox, to);
      continue;
    }
    if (was !== nowhere) seating.put(mailbox, was);
    for (let back = done - 1; back >= 0; back--) {
      const mover = (steps[back] as Step).mailbox;
      seating.lift(mover);
      if (were[back] !== nowhere) seating.put(mover, were[back] as number);
    }
    return false;
  }
  return true;
}
