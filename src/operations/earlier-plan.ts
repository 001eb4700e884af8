/** The plan before: what a file says, or the waves that stand. */

import type { EarlierPlan } from '#planning/difference.ts';
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
