/** A whole programme on a virtual clock, from its first copy to its last switch: the same for the same order, on any machine. */

import type { RehearsalOrder } from './order.ts';
import type { Rehearsal, Stand } from './outcome.ts';
import { beginRehearsal } from './play.ts';

/** Told once for each day of the programme. */
export interface RehearsalWatcher {
  day(stand: Stand): void;
}

export function rehearse(order: RehearsalOrder, watcher: RehearsalWatcher): Rehearsal {
  const play = beginRehearsal(order);
  for (let at = play.begins; !play.isOver; at += dayMs) {
    play.until(at);
    watcher.day(play.stand());
  }
  return play.outcome();
}

const dayMs = 24 * 3_600_000;
