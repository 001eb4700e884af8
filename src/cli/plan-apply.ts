/** `godwit plan apply`: tries what a plan would change in the waves of an estate, or does it; or says what has moved meanwhile. */

import type { PlanApplied, PlanWatcher } from '#operations/apply-plan.ts';
import { exitCodes } from './exit-code.ts';
import type { PlanApplyFlags } from './flags.ts';
import { appliedLines, refusedLines } from './plan-apply-text.ts';
import { inPlaces } from './plan-problems.ts';
import { openPlanningFor, termsOf } from './programme.ts';
import type { Screen } from './screen.ts';
import type { Session } from './session.ts';
import { duration } from './shown.ts';

export async function applyPlan(this: Session, flags: PlanApplyFlags, file: string): Promise<void> {
  const { world } = this;
  const calendarFile = flags.calendar ?? 'calendar.yaml';
  const calendar = await world.readCalendar(calendarFile);
  const { errorBudget } = await termsOf(this, flags);
  await using planning = await openPlanningFor(this, flags, calendarFile);
  const startedMs = world.now();
  const order = { file, calendar, dryRun: flags.yes !== true, errorBudget, why: flags.why ?? null };
  const applied = await planning
    .apply({ ...order, watcher: watcherOn(this.screen) }, world.interruption)
    .catch((error: unknown) => {
      throw inPlaces(error);
    });
  this.screen.clear();
  if (applied.found.refused !== null) {
    this.exitCode = exitCodes.wrongUsage;
    for (const line of refusedLines(applied)) this.screen.say(line);
  }
  this.conclude(documentOf(applied), () =>
    applied.found.refused === null ? appliedLines(applied, duration(world.now() - startedMs)) : [],
  );
}

const steps = {
  estate: 'looking at the estate',
  file: 'reading the plan',
  comparing: 'holding the plan against the estate',
  applying: 'making it so, all or nothing',
} as const satisfies Record<Parameters<PlanWatcher['begins']>[0], string>;

function watcherOn(screen: Screen): PlanWatcher {
  return {
    begins(step) {
      if (screen.moves) screen.draw([steps[step]]);
    },
  };
}

function documentOf({ found, ...applied }: PlanApplied) {
  return { ...applied, ...found };
}
