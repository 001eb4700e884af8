/** Seats mailboxes one by one: each where it costs least of what is open to it, and who goes last out of the way of others. */

import { person } from './conditions.ts';
import { nowhere, type Seating } from './seating.ts';

/** Seats a mailbox where it costs least; of equal windows in the first. False, and it has no window, where there is none. */
export function seatBest(seating: Seating, mailbox: number): boolean {
  const { conditions, window } = seating;
  if (window[mailbox] !== nowhere) seating.lift(mailbox);
  const to = conditions.to[mailbox] as number;
  // The pilot is filled at the end, but for who may move at no other time.
  const from = Math.max(conditions.from[mailbox] as number, Math.min(conditions.firstUsual, to));
  let best = nowhere;
  let least = Number.POSITIVE_INFINITY;
  for (let at = from; at <= to; at++) {
    if (!seating.hasRoom(mailbox, at) || !seating.isAllowed(mailbox, at)) continue;
    const cost = seating.cost(mailbox, conditions.day[at] as number);
    if (cost >= least) continue;
    least = cost;
    best = at;
  }
  if (best === nowhere) return false;
  seating.put(mailbox, best);
  return true;
}

/** More of those that go last do not make way for one person. */
const makeWayMost = 32;

/**
 * Seats a person in a window that those who go last stand in the way of: they move behind it. Done where it gains more than `atLeast`
 * grant-days in all, or, for who has no window yet, where it is possible; answers what it gained, or null, and all is as before.
 */
export function makeWay(seating: Seating, mailbox: number, window: number, atLeast: number): number | null {
  const { conditions } = seating;
  if (conditions.role[mailbox] !== person || !seating.hasRoom(mailbox, window)) return null;
  const was = seating.window[mailbox] as number;
  const ahead = seating.lastsUntil(conditions.organisation[mailbox] as number, window, makeWayMost);
  if (ahead === null || ahead.length === 0) return null;
  const places = ahead.map((each) => seating.window[each] as number);
  // Each bond is counted once: as its first end leaves, and as its second comes back.
  const costOf = (each: number): number => seating.cost(each, seating.day[each] as number);
  let gain = 0;
  for (const each of was === nowhere ? ahead : [mailbox, ...ahead]) {
    gain += costOf(each);
    seating.lift(each);
  }
  if (was === nowhere ? seating.isPossible(mailbox, window) : seating.isAllowed(mailbox, window)) {
    seating.put(mailbox, window);
    gain -= costOf(mailbox);
    const isDone = ahead.every((each) => {
      const isSeated = seatBest(seating, each);
      if (isSeated) gain -= costOf(each);
      return isSeated;
    });
    if (isDone && (was === nowhere || gain > atLeast)) return gain;
  }
  for (const each of [mailbox, ...ahead]) if (seating.window[each] !== nowhere) seating.lift(each);
  if (was !== nowhere) seating.put(mailbox, was);
  for (const [i, each] of ahead.entries()) seating.put(each, places[i] as number);
  return null;
}
