/** Joins `godwit plan` to files, the database and the planner. */

import { setImmediate } from 'node:timers/promises';
import type { PlanWork, PlanWorkOptions } from '#cli/world.ts';
import { folderEstate, importedEstate } from '#operations/estate-to-plan.ts';
import { type EstateToPlan, planEstate, type Planner } from '#operations/plan-estate.ts';
import { PlanDrafts } from '#operations/plan-files.ts';
import { plan } from '#planner/plan.ts';
import { openPlanning } from './estate-planning.ts';
import { mustOverwriteNothing } from './plan-places.ts';
import type { Environment } from './keyring.ts';

/** Opens it. Throws `database.*`, and a `UsageError` where its URL cannot be had, or something would be written over. */
export async function openPlanWork(options: PlanWorkOptions, environment: Environment): Promise<PlanWork> {
  const { estate, out, log, signal } = options;
  mustOverwriteNothing(options);
  const opened = await estateToPlan(estate, { log, signal }, environment);
  const drafts = out === null ? null : new PlanDrafts(out);
  return {
    plan: (order, stop) => planEstate({ ...order, estate: opened.where, drafts, planner: unhurried }, stop),
    settle(summary) {
      if (drafts === null) return [];
      drafts.begin('summary').write(summary);
      return drafts.settle();
    },
    abandon: () => drafts?.[Symbol.dispose](),
    async [Symbol.asyncDispose]() {
      drafts?.[Symbol.dispose]();
      await opened[Symbol.asyncDispose]();
    },
  };
}

/** An estate that is open to be planned. */
export interface OpenEstate extends AsyncDisposable {
  readonly where: EstateToPlan;
}

/** Opens it. Throws `database.*`, and a `UsageError` where its URL cannot be had. */
export async function estateToPlan(
  estate: PlanWorkOptions['estate'],
  options: Pick<PlanWorkOptions, 'log' | 'signal'>,
  environment: Environment,
): Promise<OpenEstate> {
  if ('folder' in estate) return { where: folderEstate(estate.folder), [Symbol.asyncDispose]: async () => undefined };
  const imported = await openPlanning({ ...estate, ...options }, environment);
  const where = importedEstate(
    (calendar, stop) => imported.roster(calendar, stop),
    (stop) => imported.wishes(stop),
  );
  return { where, [Symbol.asyncDispose]: () => imported[Symbol.asyncDispose]() };
}

/** The planner, who looks up every now and then: signals are heard and the progress is drawn meanwhile. */
export const unhurried: Planner = (order, watcher, signal) =>
  plan(order, {
    async progress(step, share, grantDays) {
      await watcher.progress(step, share, grantDays);
      await setImmediate();
      signal.throwIfAborted();
    },
  });
