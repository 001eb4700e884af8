/** What `plan.csv` says: where everybody is planned, and of who is fixed or has moved the wave in which they are. */

import { offsetAt } from '#domain/window.ts';
import { notFixed, type Placement, type PlanningOrder } from '#planning/placement.ts';
import type { Standing } from './plan-estate.ts';
import { entriesOf, type PlanEntry } from './plan-file.ts';
import type { PlanToWrite } from './plan-file-write.ts';

/** Of who moved without a wave nothing is said. `plan apply` leaves all of them where they are. */
export function withStanding(
  order: PlanningOrder,
  { window }: Placement,
  standing: Standing | null,
): Pick<PlanToWrite, 'entry' | 'entries'> {
  const entries: PlanEntry[] = [...entriesOf(order.windows)];
  const { fixed, calendar } = order;
  if (standing === null || fixed === null) return { entry: window, entries };
  // A wave has one start in a plan, that which the calendar gives it now.
  const entryOf = standing.waves.map(({ name, opensAt }) => {
    const known = entries.findIndex(({ wave }) => wave === name);
    return known >= 0 ? known : entries.push({ wave: name, start: startOf(opensAt, calendar.timezone) }) - 1;
  });
  const entry = window.map((at, mailbox) =>
    fixed[mailbox] === notFixed ? at : (entryOf[standing.wave[mailbox] as number] ?? -1),
  );
  return { entry, entries };
}

/** By the clocks of the calendar: `2026-08-03T19:00`. */
function startOf(opensAt: number, timezone: string): string {
  return new Date(opensAt + offsetAt(opensAt, timezone)).toISOString().slice(0, '2026-08-03T19:00'.length);
}
