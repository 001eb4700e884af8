/**
 * Those who bind nobody outside a small circle: they may wait until everybody else has a window, and take the room that is left. A
 * plan is the tighter without them, and so those who work together are fewer days apart.
 */

import { type Conditions, isDated, last, person } from './conditions.ts';
import { islandsOf } from './islands.ts';
import type { Network } from './network.ts';
import { seatBest } from './seat.ts';
import { nowhere, type Seating } from './seating.ts';

export interface Later {
  /** 1 for who waits. */
  readonly waits: Uint8Array;
  /** Those who wait, circle by circle, the largest circles first. */
  readonly circles: readonly Int32Array[];
}

/** `sizeMost`: a larger circle does not wait. */
export function laterOf(conditions: Conditions, network: Network, sizeMost: number): Later {
  const { islandOf, size } = islandsOf(network);
  const { role, organisation, settled } = conditions;
  const isWaitedFor = new Uint8Array(conditions.closed.length);
  for (let mailbox = 0; mailbox < conditions.size; mailbox++)
    if (role[mailbox] === last) isWaitedFor[organisation[mailbox] as number] = 1;
  const stays = new Uint8Array(size.length);
  for (let mailbox = 0; mailbox < conditions.size; mailbox++) {
    const island = islandOf[mailbox] as number;
    const isInTheWay = role[mailbox] === person && isWaitedFor[organisation[mailbox] as number] === 1;
    const hasDates = (size[island] as number) > 1 && isDated(conditions, mailbox);
    if (settled[mailbox] === 1 || role[mailbox] === last || isInTheWay || hasDates) stays[island] = 1;
  }
  const waits = new Uint8Array(conditions.size);
  const byIsland = new Map<number, number[]>();
  for (let mailbox = 0; mailbox < conditions.size; mailbox++) {
    const island = islandOf[mailbox] as number;
    if (stays[island] === 1 || (size[island] as number) > sizeMost) continue;
    waits[mailbox] = 1;
    const circle = byIsland.get(island);
    if (circle) circle.push(mailbox);
    else byIsland.set(island, [mailbox]);
  }
  const circles = [...byIsland.values()].sort((a, b) => b.length - a.length).map((circle) => Int32Array.from(circle));
  return { waits, circles };
}

/** Seats those who waited: a circle together where there is room for it, best where others of its organisation are. */
export function seatLater(seating: Seating, circles: Later['circles']): void {
  const homes = new Map<number, number[]>();
  for (const circle of circles) {
    const home = seating.conditions.organisation[circle[0] as number] as number;
    const window = togetherIn(seating, circle, homes.get(home) ?? windowsWithPeople(seating, home, homes));
    for (const mailbox of circle) {
      if (window !== nowhere && seating.hasRoom(mailbox, window) && seating.isAllowed(mailbox, window))
        seating.put(mailbox, window);
      else seatBest(seating, mailbox);
    }
  }
}

/** The windows in which people of an organisation are, most of them first. */
function windowsWithPeople(seating: Seating, home: number, homes: Map<number, number[]>): readonly number[] {
  const windows = seating.conditions.windows.map((_, window) => window);
  const found = windows.filter((window) => seating.peopleIn(home, window) > 0);
  found.sort((a, b) => seating.peopleIn(home, b) - seating.peopleIn(home, a) || a - b);
  homes.set(home, found);
  return found;
}

/** A window with room for all of a circle that is open to all of it: one of `preferred`, else the first. */
function togetherIn(seating: Seating, circle: Int32Array, preferred: readonly number[]): number {
  const isFree = (window: number): boolean =>
    (seating.used[window] as number) + circle.length <= (seating.room[window] as number) &&
    circle.every((mailbox) => seating.isAllowed(mailbox, window) && seating.hasRoom(mailbox, window));
  const found = preferred.find(isFree);
  if (found !== undefined) return found;
  for (let window = seating.conditions.firstUsual; window < seating.conditions.windows.length; window++)
    if (isFree(window)) return window;
  return nowhere;
}
