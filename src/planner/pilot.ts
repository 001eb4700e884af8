/** Fills the pilot at the end: with whoever asked for it, and with others of many organisations whom it costs nothing to go first. */

import { person } from './conditions.ts';
import type { Later } from './later.ts';
import { nowhere, type Seating } from './seating.ts';

/** Somebody moves in the pilot, as many as fit of those who bind nobody; `wishes`: 1 for who asked to. */
export function fillPilot(seating: Seating, { circles }: Later, wishes: Uint8Array | null): void {
  const { conditions, used, room } = seating;
  if (conditions.windows[0]?.isPilot !== true) return;
  for (const circle of inTurns(seating, circles, wishes)) {
    if ((used[0] as number) + circle.length > (room[0] as number)) continue;
    if (circle.every((mailbox) => isFree(seating, mailbox))) for (const mailbox of circle) seating.put(mailbox, 0);
  }
  if (used[0] === 0) putCheapest(seating);
}

/** One circle of each organisation before the second of any; those of one who asked before all others. */
function inTurns(seating: Seating, circles: readonly Int32Array[], wishes: Uint8Array | null): readonly Int32Array[] {
  const turns = new Map<number, number>();
  const keyed = circles.map((circle) => {
    const home = seating.conditions.organisation[circle[0] as number] as number;
    const hasWished = wishes !== null && circle.some((mailbox) => wishes[mailbox] === 1);
    const turn = hasWished ? -1 : (turns.get(home) ?? 0);
    if (!hasWished) turns.set(home, turn + 1);
    return { circle, turn };
  });
  return keyed.sort((a, b) => a.turn - b.turn).map(({ circle }) => circle);
}

/** Whether a mailbox may go first: its dates allow it, there is room, and nobody waits for it longer by that. */
function isFree(seating: Seating, mailbox: number): boolean {
  return seating.window[mailbox] !== nowhere && seating.isAllowed(mailbox, 0) && seating.hasRoom(mailbox, 0);
}

/** At least one: whom it costs least of all who may. */
function putCheapest(seating: Seating): void {
  const { conditions, window, day } = seating;
  let best = nowhere;
  let least = Number.POSITIVE_INFINITY;
  for (let mailbox = 0; mailbox < conditions.size && least > 0; mailbox++) {
    if (window[mailbox] === nowhere || !isFree(seating, mailbox)) continue;
    const cost = seating.cost(mailbox, conditions.day[0] as number) - seating.cost(mailbox, day[mailbox] as number);
    // Of equal ones a person, who can say how it was.
    if (cost > least || (cost === least && conditions.role[mailbox] !== person)) continue;
    least = cost;
    best = mailbox;
  }
  if (best !== nowhere) seating.put(best, 0);
}
