/**
 * Windows for those who found none: a plan leaves nobody out for whom there is room somewhere, though others have to move for
 * them.
 */

import { Chains } from './chains.ts';
import { isWelcome, last } from './conditions.ts';
import { makeWay, seatBest } from './seat.ts';
import { nowhere, type Seating } from './seating.ts';

/**
 * Seats everybody who can be; answers how many cannot. People first, since others wait for them. `scale`: by how much more it is looked
 * for room than usual. Whoever finds none is excused from what is only wished; after them, while it is looked for room, everybody is.
 */
export function seatLeftovers(seating: Seating, scale: number): number {
  const { conditions, window } = seating;
  const left: number[] = [];
  for (let mailbox = 0; mailbox < conditions.size; mailbox++)
    if (window[mailbox] === nowhere && conditions.settled[mailbox] === 0) left.push(mailbox);
  left.sort((a, b) => Number(conditions.role[a] === last) - Number(conditions.role[b] === last) || a - b);
  const chains = new Chains(seating, scale);
  let without = seatedAsFarAsCanBe(seating, left, chains);
  if (without.length === 0 || (conditions.barred === null && conditions.beforeFixed === null)) return without.length;
  for (const mailbox of without) seating.excuse(mailbox);
  chains.forget();
  without = seatedAsFarAsCanBe(seating, without, chains);
  if (without.length === 0) return 0;
  seating.isLenient = true;
  chains.forget();
  without = seatedAsFarAsCanBe(seating, without, chains);
  seating.isLenient = false;
  for (let mailbox = 0; mailbox < conditions.size; mailbox++) {
    const here = window[mailbox] as number;
    if (here !== nowhere && !isWelcome(conditions, mailbox, here)) seating.excuse(mailbox);
  }
  return without.length;
}

function seatedAsFarAsCanBe(seating: Seating, left: readonly number[], chains: Chains): readonly number[] {
  let without = left;
  // Whoever is seated may have made room for another.
  for (let before = -1; without.length !== before && without.length > 0; ) {
    before = without.length;
    without = without.filter((mailbox) => !seatSomehow(seating, mailbox, chains));
  }
  return without;
}

function seatSomehow(seating: Seating, mailbox: number, chains: Chains): boolean {
  if (seatBest(seating, mailbox) || seatAnywhere(seating, mailbox) || seatBehind(seating, mailbox)) {
    chains.forget();
    return true;
  }
  return chains.seat(mailbox);
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
