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
  /** Those who wait, circle by circle, the largest circles first, and of equal ones those of an organisation together. */
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
  const home = (circle: readonly number[]): number => organisation[circle[0] as number] as number;
  const circles = [...byIsland.values()]
    .sort((a, b) => b.length - a.length || home(a) - home(b))
    .map((circle) => Int32Array.from(circle));
  return { waits, circles };
}

/** Seats those who waited: a circle together where there is room for it, best where others of its organisation are. */
export function seatLater(seating: Seating, circles: Later['circles']): void {
  const homes = new Map<number, number[]>();
  for (const circle of circles) {
    const home = seating.conditions.organisation[circle[0] as number] as number;
    const theirs = homes.get(home) ?? windowsOf(seating, home);
    homes.set(home, theirs);
    const window = togetherIn(seating, circle, theirs);
    for (const mailbox of circle) {
      if (window !== nowhere && seating.hasRoom(mailbox, window) && seating.isAllowed(mailbox, window))
        seating.put(mailbox, window);
      else seatBest(seating, mailbox);
      // The first of an organisation show the others of it where to go.
      const taken = seating.window[mailbox] as number;
      if (taken !== nowhere && !theirs.includes(taken)) theirs.push(taken);
    }
  }
}

/** The windows in which an organisation is, those with most of it first. */
function windowsOf(seating: Seating, home: number): number[] {
  const windows = seating.conditions.windows.map((_, window) => window);
  const found = windows.filter((window) => seating.sittingOf(home, window) > 0);
  return found.sort((a, b) => seating.sittingOf(home, b) - seating.sittingOf(home, a) || a - b);
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
