/** A plan as it is to be rehearsed: for each mailbox the window that it is planned into, by the calendar at hand. */

import type { PlanWindow } from '#domain/calendar.ts';
import type { UnusableWindow } from '#domain/calendar-windows.ts';
import { fault } from '#domain/fault.ts';
import type { Roster } from '#planning/roster.ts';
import { readPlan, windowsOfPlan } from './plan-file-read.ts';
import type { ReadPlan } from './plan-file-rows.ts';

export interface PlanToRehearse {
  /** A number in the windows of the calendar; -1 for who has none. */
  readonly window: Int32Array;
  /** What is odd and stops nothing. */
  readonly remarks: readonly string[];
}

/** Throws `plan.file.unreadable`, `plan.file.wrong` where it is no plan or none for this calendar, and the signal's reason. */
export async function planToRehearse(
  file: string,
  roster: Pick<Roster, 'size' | 'address' | 'find'>,
  windows: readonly PlanWindow[],
  unusable: readonly UnusableWindow[],
  signal: AbortSignal,
): Promise<PlanToRehearse> {
  const plan = await readPlan(file, roster, signal);
  const { window, unknown } = windowsOfPlan(plan, windows, unusable);
  if (unknown.length > 0) throw fault('plan.file.wrong', { file, problems: unknown.length, findings: unknown });
  return { window, remarks: remarksOn(plan, roster.size) };
}

function remarksOn({ unknown, missing }: ReadPlan, size: number): readonly string[] {
  const first = unknown.first
    .slice(0, 3)
    .map(({ address }) => address)
    .join(', ');
  const [one, lone] = [unknown.mailboxes === 1, missing.mailboxes === 1];
  return [
    ...(unknown.mailboxes > 0
      ? [
          `${unknown.mailboxes} ${one ? 'address' : 'addresses'} of the plan ${one ? 'is' : 'are'} not in the estate, and ${one ? 'was' : 'were'} left out: ${first}${unknown.mailboxes > 3 ? ', …' : ''}`,
        ]
      : []),
    ...(missing.mailboxes > 0
      ? [
          `${missing.mailboxes} of ${size} mailboxes of the estate ${lone ? 'is' : 'are'} not in the plan, and ${lone ? 'has' : 'have'} no window.`,
        ]
      : []),
  ];
}
