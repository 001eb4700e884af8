/** The wish to move after everybody else of one's organisation: granted where there is room, after all that is harder is settled. */

import { last } from './conditions.ts';
import { makeWay } from './seat.ts';
import { nowhere, type Seating } from './seating.ts';

/** Moves who wished to be last (1) to the window of the last of the others, or a later one, those that go last aside. */
export function grantLast(seating: Seating, wishes: Uint8Array | null): void {
  if (wishes === null) return;
  const { conditions, window } = seating;
  const { organisation, role } = conditions;
  const lastOfOthers = new Int32Array(conditions.closed.length).fill(nowhere);
  for (let mailbox = 0; mailbox < conditions.size; mailbox++) {
    const home = organisation[mailbox] as number;
    if (wishes[mailbox] === 1 || role[mailbox] === last) continue;
    lastOfOthers[home] = Math.max(lastOfOthers[home] as number, window[mailbox] as number);
  }
  for (let mailbox = 0; mailbox < conditions.size; mailbox++) {
    const here = window[mailbox] as number;
    const from = lastOfOthers[organisation[mailbox] as number] as number;
    if (wishes[mailbox] === 1 && here !== nowhere && here < from) moveBehind(seating, mailbox, from);
  }
}

/** To the first window from `from` on; where none is free of those that go last, they make way, whatever it costs. */
function moveBehind(seating: Seating, mailbox: number, from: number): void {
  const { to } = seating.conditions;
  for (let at = from; at <= (to[mailbox] as number); at++) {
    if (!seating.hasRoom(mailbox, at)) continue;
    if (seating.isAllowed(mailbox, at)) return seating.put(mailbox, at);
    if (makeWay(seating, mailbox, at, Number.NEGATIVE_INFINITY) !== null) return;
  }
}
