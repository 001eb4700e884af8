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

/** Seats everybody in the window they had, where that is still allowed; then who had none, or lost it. */
export function seatAsBefore(seating: Seating, before: Int32Array): void {
  const { conditions, window } = seating;
  for (const isLast of [false, true]) {
    for (let mailbox = 0; mailbox < conditions.size; mailbox++) {
      const had = before[mailbox] as number;
      if (had < 0 || conditions.settled[mailbox] === 1 || (conditions.role[mailbox] === last) !== isLast) continue;
      if (seating.hasRoom(mailbox, had) && seating.isPossible(mailbox, had)) seating.put(mailbox, had);
    }
  }
  for (const isLast of [false, true])
    for (let mailbox = 0; mailbox < conditions.size; mailbox++)
      if (
        window[mailbox] === nowhere &&
        conditions.settled[mailbox] === 0 &&
        (conditions.role[mailbox] === last) === isLast
      )
        seatBest(seating, mailbox);
}
