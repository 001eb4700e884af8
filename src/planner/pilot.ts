/** Fills the pilot at the end: after whoever asked for it, with others of many organisations whom it costs nothing to go first. */

import { person } from './conditions.ts';
import type { Later } from './later.ts';
import { nowhere, type Seating } from './seating.ts';

/** What somebody wishes of the pilot. */
export interface PilotWishes {
  hopes(mailbox: number): boolean;
  /** Hopes for another window, or to be last. */
  minds(mailbox: number): boolean;
}

/** Somebody moves in the pilot, as many as fit of those who bind nobody and do not mind. */
export function fillPilot(seating: Seating, { circles }: Later, wishes: PilotWishes): void {
  const { conditions, used, room } = seating;
  if (conditions.windows[0]?.isPilot !== true) return;
  for (const circle of inTurns(seating, circles, wishes)) {
    if ((used[0] as number) + circle.length > (room[0] as number)) continue;
    if (circle.every((mailbox) => isFree(seating, mailbox) && !wishes.minds(mailbox)))
      for (const mailbox of circle) seating.put(mailbox, 0);
  }
  if (used[0] === 0) putCheapest(seating, wishes);
}

/** One circle of each organisation before the second of any; those of one who asked before all others. */
function inTurns(seating: Seating, circles: readonly Int32Array[], wishes: PilotWishes): readonly Int32Array[] {
  const turns = new Map<number, number>();
  const keyed = circles.map((circle) => {
    const home = seating.conditions.organisation[circle[0] as number] as number;
    const hasWished = circle.some((mailbox) => wishes.hopes(mailbox));
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

/** At least one: whom it costs least of all who may; one who minds only where there is nobody else. */
function putCheapest(seating: Seating, wishes: PilotWishes): void {
  const { conditions, window, day } = seating;
  let best = nowhere;
  let least = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY] as readonly [minds: number, cost: number];
  for (let mailbox = 0; mailbox < conditions.size; mailbox++) {
    if (window[mailbox] === nowhere || !isFree(seating, mailbox)) continue;
    const minds = Number(wishes.minds(mailbox));
    if (minds > least[0]) continue;
    const cost = seating.cost(mailbox, conditions.day[0] as number) - seating.cost(mailbox, day[mailbox] as number);
    // Of equal ones a person, who can say how it was.
    const isSame = minds === least[0] && cost === least[1];
    if (minds === least[0] && (cost > least[1] || (isSame && conditions.role[mailbox] !== person))) continue;
    if (isSame && conditions.role[best] === person) continue;
    least = [minds, cost];
    best = mailbox;
  }
  if (best !== nowhere) seating.put(best, 0);
}
