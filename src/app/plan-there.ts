/** Plans by the API of a server: what they are made of is sent there, and what comes of them is written here. */

import type { ApiClient } from '#api/client.ts';
import type { PlanProgress } from '#api/planning.ts';
import type { Bounded } from '#api/shapes/plan.ts';
import type { PlanApplying, PlanPlaces, PlanWork } from '#cli/world.ts';
import { fault } from '#domain/fault.ts';
import type { PlanApplied } from '#operations/apply-plan.ts';
import type { PlanEstateWatcher } from '#operations/plan-estate.ts';
import { PlanDrafts } from '#operations/plan-files.ts';
import type { PlanReport } from '#operations/plan-report.ts';
import { unknownHeader, wishesHeader } from '#operations/plan-rows.ts';
import { was } from './outcomes-there.ts';
import { FilesThere } from './plan-files-there.ts';
import { mustOverwriteNothing } from './plan-places.ts';
import { unbounded } from './unbounded.ts';

/** `server`: as it is shown. */
export function applyingThere(client: ApiClient, server: string, calendar: string): PlanApplying {
  return {
    async apply({ file, dryRun, errorBudget, why, watcher }) {
      const given = new FilesThere(client);
      const body = {
        calendar: await given.send(calendar),
        plan: await given.plan(file),
        dryRun,
        errorBudget,
        ...(why === null ? {} : { why }),
      };
      const applied = async (): Promise<PlanApplied> => {
        for await (const lines of client.lines('apply-plan', { body }))
          for (const line of lines) {
            if ('begins' in line) watcher.begins(line.begins);
            else return was<PlanApplied>(line.applied);
          }
        throw fault('api.server.broke-off', { server });
      };
      return { ...(await given.asHere(applied, appliedIn)), file };
    },
    [Symbol.asyncDispose]: async () => client[Symbol.dispose](),
  };
}

/** Of a plan that was refused, what it would have been. */
function appliedIn(outcome: { readonly kind: string }): PlanApplied | null {
  return outcome.kind === 'estate-moved' && 'applied' in outcome ? (outcome.applied as PlanApplied) : null;
}

/** Work on a plan that is made there and written here. Throws a `UsageError` where something would be written over. */
export function planWorkThere(client: ApiClient, server: string, places: PlanPlaces): PlanWork {
  mustOverwriteNothing(places);
  const { calendar, out } = places;
  const drafts = out === null ? null : new PlanDrafts(out);
  return {
    async plan({ wishes, earlier, explain, seed, effortSeconds, watcher }) {
      // As here: where nothing can be written that is told at once.
      drafts?.begin('plan');
      drafts?.retire('unknown', unknownHeader);
      watcher.begins('reading');
      const given = new FilesThere(client);
      const body = {
        calendar: await given.send(calendar),
        ...(wishes === null ? {} : { wishes: await given.wishes(wishes) }),
        ...(earlier === null ? {} : { earlier: await given.plan(earlier) }),
        explain: [...explain],
        seed,
        ...(effortSeconds === null ? {} : { effortSeconds }),
        files: drafts !== null,
      };
      const made = async (): Promise<PlanReport> => {
        for await (const lines of client.lines('make-plan', { body }))
          for (const line of lines) {
            if ('progress' in line) await watched(watcher, line.progress);
            else if ('file' in line) drafts?.begin(line.file).write(line.text);
            else return unbounded<PlanReport>(was<Bounded<PlanReport>>(line.report));
          }
        throw fault('api.server.broke-off', { server });
      };
      const report = await given.asHere(made, () => null);
      if (report.wishes === null) drafts?.retire('wishes', wishesHeader);
      return report;
    },
    settle(summary) {
      if (drafts === null) return [];
      drafts.begin('summary').write(summary);
      return drafts.settle();
    },
    abandon: () => drafts?.[Symbol.dispose](),
    async [Symbol.asyncDispose]() {
      drafts?.[Symbol.dispose]();
      client[Symbol.dispose]();
    },
  };
}

/** A step that begins is told by its name alone. */
async function watched(watcher: PlanEstateWatcher, { step, share, grantDays }: PlanProgress): Promise<void> {
  if (step === 'reading' || step === 'planning' || step === 'writing') watcher.begins(step);
  else await watcher.progress(step, share, grantDays);
}
