/** Seats mailboxes one by one: each where it costs least of what is open to it, and who goes last out of the way of others. */

import { person } from './conditions.ts';
import { nowhere, type Seating } from './seating.ts';
import { Trial } from './trial.ts';

/** Seats a mailbox where it costs least; of equal windows in the first. False, and it has no window, where there is none. */
export function seatBest(seating: Seating, mailbox: number): boolean {
  if (seating.window[mailbox] !== nowhere) seating.lift(mailbox);
  const best = bestWindow(seating, mailbox);
  if (best !== nowhere) seating.put(mailbox, best);
  return best !== nowhere;
}

/** The window with room in which a mailbox costs least, of equal ones the first with others of its organisation, else the first; `nowhere` for none. */
function bestWindow(seating: Seating, mailbox: number): number {
  const { conditions } = seating;
  const to = conditions.to[mailbox] as number;
  // The pilot is filled at the end, but for who may move at no other time.
  const from = Math.max(conditions.from[mailbox] as number, Math.min(conditions.firstUsual, to));
  let best = nowhere;
  let least = Number.POSITIVE_INFINITY;
  let isAtHome = false;
  const home = conditions.organisation[mailbox] as number;
  for (let at = from; at <= to; at++) {
    if (!seating.hasRoom(mailbox, at) || !seating.isAllowed(mailbox, at)) continue;
    const cost = seating.cost(mailbox, conditions.day[at] as number);
    if (cost > least || (cost === least && (isAtHome || seating.sittingOf(home, at) === 0))) continue;
    least = cost;
    best = at;
    isAtHome = seating.sittingOf(home, at) > 0;
  }
  return best;
}

/** More of those that go last do not make way for one person who has a window. */
const makeWayMost = 32;

/**
 * Seats a person in a window that those who go last stand in the way of: they move behind it. Done where it gains more than `atLeast`
 * grant-days in all, or, for who has no window yet, where it is possible; answers what it gained, or null, and all is as before.
 */
export function makeWay(seating: Seating, mailbox: number, window: number, atLeast: number): number | null {
  const { conditions } = seating;
  if (conditions.role[mailbox] !== person || !seating.hasRoom(mailbox, window)) return null;
  const was = seating.window[mailbox] as number;
  const most = was === nowhere ? Number.POSITIVE_INFINITY : makeWayMost;
  const ahead = seating.lastsUntil(conditions.organisation[mailbox] as number, window, most);
  if (ahead === null || ahead.length === 0 || !isRoomBehind(seating, window, ahead.length)) return null;
  const trial = new Trial(seating);
  for (const each of ahead) trial.lift(each);
  trial.lift(mailbox);
  if (was === nowhere ? seating.isPossible(mailbox, window) : seating.isAllowed(mailbox, window)) {
    trial.put(mailbox, window);
    const isDone = ahead.every((each) => {
      const best = bestWindow(seating, each);
      if (best !== nowhere) trial.put(each, best);
      return best !== nowhere;
    });
    if (isDone && (was === nowhere || trial.gain > atLeast)) return trial.gain;
  }
  trial.undo();
  return null;
}

/** Whether so many fit behind a window; what they leave is before it. */
function isRoomBehind({ used, room }: Seating, window: number, mailboxes: number): boolean {
  let left = 0;
  for (let at = window + 1; at < room.length && left < mailboxes; at++)
    left += (room[at] as number) - (used[at] as number);
  return left >= mailboxes;
}
