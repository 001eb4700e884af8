/** The plan before: what a file says, or the waves that stand. */

import type { EarlierPlan } from '#planning/difference.ts';
import { isToPlace } from '#planning/moves.ts';
import type { PlanningOrder } from '#planning/placement.ts';

/** The waves that stand; whoever has none was not planned. */
export function earlierWaves(
  { windows }: Pick<PlanningOrder, 'windows'>,
  before: NonNullable<PlanningOrder['before']>,
): EarlierPlan {
  return {
    start: before,
    starts: windows.map(({ start, dayNumber }) => ({ start, dayNumber })),
    leavers: { mailboxes: 0, first: [] },
  };
}

/**
 * What a planner is told of the plan before: all of it, or nothing where it gave a window to less than half of those who need one, since
 * whoever keeps to such a plan has arranged hardly anybody.
 */
export function worthKeeping(
  order: Pick<PlanningOrder, 'roster' | 'before' | 'fixed' | 'excluded'>,
): PlanningOrder['before'] {
  const { roster, before } = order;
  if (before === null) return null;
  let [asked, planned] = [0, 0];
  for (let m = 0; m < roster.size; m++) {
    if (!isToPlace(order, m)) continue;
    asked++;
    if ((before[m] as number) >= 0) planned++;
  }
  return planned * 2 < asked ? null : before;
}
