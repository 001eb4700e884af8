/** What a process that plans does, as the command line does it. */

import { existsSync } from 'node:fs';
import { toldFiles } from '#api/contract-plans.ts';
import type { PlanProgress, RehearsalStands } from '#api/planning.ts';
import type { Bounded } from '#api/shapes/plan.ts';
import type { RehearsalTold } from '#api/shapes/rehearsal.ts';
import type { RehearsalReading } from '#cli/world.ts';
import { applyPlan, type PlanWatcher } from '#operations/apply-plan.ts';
import { planEstate } from '#operations/plan-estate.ts';
import { PlanDrafts, planFilePaths } from '#operations/plan-files.ts';
import type { PlanReport } from '#operations/plan-report.ts';
import type { RehearseWatcher } from '#operations/rehearse.ts';
import type { Log } from '#lib/log.ts';
import { planKeepingOf } from '#store/plan-keeping.ts';
import { openEstateDatabase } from './estate-database.ts';
import type { Environment } from './keyring.ts';
import { estateToPlan, unhurried } from './plan-work.ts';
import type { ApplyJob, MakeJob, PlanningJob, PlanningWord, RehearseJob } from './planning-job.ts';
import { readCalendar } from './read-calendar.ts';
import { rehearse } from './rehearsing.ts';

export interface PlanningHands {
  readonly say: (word: PlanningWord) => void;
  readonly log: Log;
  readonly environment: Environment;
}

/** As many as anybody follows with their eyes. */
const progressEveryMs = 250;

/** What comes of `make`, once it is JSON. */
export interface Made {
  readonly report: Bounded<PlanReport>;
  /** Where they lie. */
  readonly files: readonly { readonly file: (typeof toldFiles)[number]; readonly path: string }[];
}

/** Its answer; throws as the operation does. */
export function doJob(job: PlanningJob, hands: PlanningHands, signal: AbortSignal): Promise<unknown> {
  switch (job.kind) {
    case 'make':
      return make(job, hands, signal);
    case 'apply':
      return apply(job, hands, signal);
    case 'rehearse':
      return rehearsed(job, hands, signal);
  }
}

async function make(job: MakeJob, { say, log, environment }: PlanningHands, signal: AbortSignal): Promise<object> {
  const { database, stateDir, out, wishes, earlier, explain, seed, effortSeconds } = job;
  const calendar = await readCalendar(job.calendar);
  await using opened = await estateToPlan({ database, stateDir }, { log, signal }, environment);
  using drafts = out === null ? null : new PlanDrafts(out);
  const tell = seldom((progress: PlanProgress) => say({ kind: 'progress', progress }));
  const report = await planEstate(
    {
      calendar,
      estate: opened.where,
      seed,
      effortSeconds,
      drafts,
      earlier,
      wishes,
      explain,
      now: Date.now(),
      planner: unhurried,
      watcher: {
        reading: () => undefined,
        begins: (step) => say({ kind: 'progress', progress: { step, share: 0, grantDays: null } }),
        progress: (step, share, grantDays) => tell({ step, share, grantDays }),
      },
    },
    signal,
  );
  drafts?.settle();
  return { report, files: out === null ? [] : written(out) };
}

/** The summary is text for people, which who asks makes of the report. */
function written(out: string): Made['files'] {
  const paths = planFilePaths(out);
  return toldFiles.map((file) => ({ file, path: paths[file] })).filter(({ path }) => existsSync(path));
}

async function apply(job: ApplyJob, { say, log, environment }: PlanningHands, signal: AbortSignal): Promise<unknown> {
  const { database, stateDir, plan, called, dryRun, errorBudget, who, why } = job;
  const calendar = await readCalendar(job.calendar);
  const options = { stateDir, environment, connectionsMax: 2, applicationName: 'godwit plan', log };
  await using db = await openEstateDatabase(database, options, signal);
  const watcher: PlanWatcher = { begins: (step) => say({ kind: 'begins', step }) };
  const order = { file: plan, called, calendar, dryRun, errorBudget, who, why, watcher };
  return await applyPlan({ ...order, openKeeping: planKeepingOf(db, log) }, signal);
}

async function rehearsed(
  job: RehearseJob,
  { say, log, environment }: PlanningHands,
  signal: AbortSignal,
): Promise<RehearsalTold> {
  const { database, stateDir, kind: _, ...rest } = job;
  const tell = seldom((stands: RehearsalStands) => say({ kind: 'stands', stands }));
  let run = 0;
  const watcher: RehearseWatcher & RehearsalReading = {
    reads: (what) => say({ kind: 'reads', what }),
    clocks: (timezone) => say({ kind: 'clocks', timezone }),
    begins: (number) => {
      run = number;
      say({ kind: 'stands', stands: { run, stand: null, over: null } });
    },
    stands: (stand, over) => tell({ run, stand, over }),
  };
  const options = { ...rest, estate: { database, stateDir }, folder: null, log };
  const { report } = await rehearse(options, watcher, environment, signal);
  const { switchedIn: __, ...told } = report.runs.told;
  return { ...report, runs: { ...report.runs, told } };
}

function seldom<Progress>(tell: (progress: Progress) => void): (progress: Progress) => void {
  let told = Number.NEGATIVE_INFINITY;
  return (progress) => {
    const now = performance.now();
    if (now - told < progressEveryMs) return;
    told = now;
    tell(progress);
  };
}
