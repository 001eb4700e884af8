/** Seats everybody where they are drawn to, by the rules: who has few windows first, who goes last at the end. */

import { isDated, last } from './conditions.ts';
import { seatBest } from './seat.ts';
import { nowhere, type Seating } from './seating.ts';

/** Seats all but those who wait. `windowOf`: where a mailbox is drawn to; it takes what is best of the rest where that is full. */
export function seatAll(seating: Seating, waits: Uint8Array, windowOf: (mailbox: number) => number): void {
  const { conditions } = seating;
  const turnOf = (mailbox: number): number =>
    conditions.role[mailbox] === last ? 2 : isDated(conditions, mailbox) ? 0 : 1;
  for (let turn = 0; turn < 3; turn++) {
    const left: number[] = [];
    for (let mailbox = 0; mailbox < conditions.size; mailbox++) {
      if (conditions.settled[mailbox] === 1 || waits[mailbox] === 1 || turnOf(mailbox) !== turn) continue;
      const window = windowOf(mailbox);
      if (window >= 0 && seating.hasRoom(mailbox, window) && seating.isAllowed(mailbox, window))
        seating.put(mailbox, window);
      else left.push(mailbox);
    }
    for (const mailbox of left) seatBest(seating, mailbox);
  }
}

/**
 * Seats everybody in the window they had, where that is still allowed; then who had none, or lost it, where they are drawn to by `others`,
 * if there are any, else where it is best; who is `aside` is left for later.
 */
export function seatAsBefore(seating: Seating, before: Int32Array, others: Int32Array | null, aside: Uint8Array): void {
  const { conditions, window } = seating;
  for (const wanted of others === null ? [before] : [before, others])
    for (const isLast of [false, true])
      for (let mailbox = 0; mailbox < conditions.size; mailbox++) {
        const at = wanted[mailbox] as number;
        if (at < 0 || window[mailbox] !== nowhere || conditions.settled[mailbox] === 1) continue;
        if ((conditions.role[mailbox] === last) !== isLast) continue;
        if (seating.hasRoom(mailbox, at) && seating.isPossible(mailbox, at)) seating.put(mailbox, at);
      }
  for (const isLast of [false, true])
    for (let mailbox = 0; mailbox < conditions.size; mailbox++)
      if (
        window[mailbox] === nowhere &&
        conditions.settled[mailbox] === 0 &&
        aside[mailbox] === 0 &&
        (conditions.role[mailbox] === last) === isLast
      )
        seatBest(seating, mailbox);
}
