/** Where a plan is to lie, beside what it is made from. */

import { Problems } from '#cli/usage.ts';
import type { PlanPlaces, PlanWorkOptions } from '#cli/world.ts';
import { overwrites } from '#operations/plan-overwrites.ts';
import { estateFilesIn } from '#operations/read-roster.ts';

/** Told before anything is opened, not after a minute of planning. */
export function mustOverwriteNothing({
  estate,
  calendar,
  out,
  reads,
  earlier,
}: PlanPlaces & { readonly estate?: PlanWorkOptions['estate'] }): void {
  if (out === null) return;
  const problems = new Problems();
  const tables = estate && 'folder' in estate ? Object.values(estateFilesIn(estate.folder)) : [];
  for (const { file, written, read } of overwrites(out, [...tables, calendar, ...reads], earlier))
    problems.add(
      file === 'plan'
        ? `-o ${written} would be written over what is read from ${read}. Name another file.`
        : `-o ${out} would put ${written} over what is read from ${read}. Name another file for the plan, or for what is read.`,
    );
  problems.settle();
}
