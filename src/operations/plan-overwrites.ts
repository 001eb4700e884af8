/** Whether a plan would be written over what it is made from: one slip of `-o`, and an estate would be gone that took weeks to gather. */

import { realpathSync } from 'node:fs';
import { type PlanFile, planFilePaths } from './plan-files.ts';

/** A file of the plan that is one of those that are read. */
export interface Overwrite {
  readonly file: PlanFile;
  /** As they were named. */
  readonly written: string;
  readonly read: string;
}

/** `earlier`: the plan before, whose place the new one itself may take, and none of the tables beside it. */
export function overwrites(plan: string, reads: readonly string[], earlier: string | null): readonly Overwrite[] {
  const inputs = [...reads, ...(earlier === null ? [] : [earlier])].flatMap((read) => {
    const whole = wholePath(read);
    return whole === null ? [] : [{ read, whole }];
  });
  return Object.entries(planFilePaths(plan)).flatMap(([name, written]) => {
    const file = name as PlanFile;
    const whole = wholePath(written);
    return inputs
      .filter((input) => input.whole === whole && !(file === 'plan' && input.read === earlier))
      .slice(0, 1)
      .map(({ read }) => ({ file, written, read }));
  });
}

/** With all links followed, so that two names of one file are one; null for what is not there, and cannot be lost. */
function wholePath(path: string): string | null {
  try {
    return realpathSync.native(path);
  } catch {
    return null;
  }
}
