/**
 * `godwit plan` on made-up estates, as a whole process from the launcher to its end, reading and writing included; its plan judged by
 * the labs' judge, and three plain planners beside it on the same input.
 */

import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { loadavg } from 'node:os';
import { join } from 'node:path';
import { type JudgedCalendar, readCalendar } from '../../labs/plan/calendar-windows.ts';
import { type Estate, linesOf, readEstateFolder } from '../../labs/plan/estate-files.ts';
import { type Judgement, judgePlacement, judgePlan } from '../../labs/plan/judge.ts';
import { type CpuCounter, openCpuCounter } from '../cpu.ts';
import { measure } from '../measure.ts';
import { launcher } from '../peers/godwit.ts';
import { makeEstate, writeMadeEstate } from './made-estate.ts';
import { plainPlanners } from './plain-planners.ts';
import { isWell, type PlanSample, sampleLines, verdictLines } from './plan-result.ts';

export interface PlanBenchOptions {
  readonly mailboxes: readonly number[];
  readonly seeds: readonly number[];
  /** As `--effort` takes it; `default` for what the command does by itself. */
  readonly effort: string;
  readonly say: (line: string) => void;
}

export interface PlanBenchResult {
  readonly samples: readonly PlanSample[];
  readonly isWell: boolean;
}

const scratch = '.scratch/bench/plan';
const logFile = join(scratch, 'plan.log');
const timeoutMs = 30 * 60_000;
/** With 3, somebody has no window, which is not the planner's fault if the judge says so. */
const fineExits = [0, 3];

export async function runPlanBench({ mailboxes, seeds, effort, say }: PlanBenchOptions): Promise<PlanBenchResult> {
  mkdirSync(scratch, { recursive: true });
  using counter = openCpuCounter();
  const samples: PlanSample[] = [];
  // Whatever a checkout does once, it has done by then.
  await measure(counter, [{ argv: [launcher, '--version'], env: {}, logFile }], timeoutMs);
  for (const size of mailboxes) {
    for (const seed of seeds) {
      const sample = await planOnce(counter, await madeEstate(size, seed, say), { mailboxes: size, seed, effort });
      samples.push(sample);
      for (const line of sampleLines(sample)) say(line);
    }
  }
  for (const line of verdictLines(samples)) say(line);
  return { samples, isWell: isWell(samples) };
}

/** Its folder. Made once for each size and seed, and anew when what makes it has been changed. */
export async function madeEstate(mailboxes: number, seed: number, say: (line: string) => void): Promise<string> {
  const folder = join(scratch, `${mailboxes}-${seed}-${makersDigest()}`);
  if (!existsSync(folder)) {
    say(`making an estate of ${mailboxes} mailboxes with seed ${seed}`);
    const draft = `${folder}.draft`;
    await rm(draft, { recursive: true, force: true });
    await writeMadeEstate(makeEstate(mailboxes, seed), draft);
    await rename(draft, folder);
  }
  return folder;
}

function makersDigest(): string {
  const hash = createHash('sha256');
  for (const name of readdirSync(import.meta.dirname).toSorted())
    if (/^made-.*(?<!\.test)\.ts$/.test(name)) hash.update(readFileSync(join(import.meta.dirname, name)));
  return hash.digest('hex').slice(0, 8);
}

async function planOnce(
  counter: CpuCounter,
  folder: string,
  about: { readonly mailboxes: number; readonly seed: number; readonly effort: string },
): Promise<PlanSample> {
  const calendarFile = join(folder, 'calendar.yaml');
  const plan = join(scratch, 'plan.csv');
  await rm(plan, { force: true });
  const effort = about.effort === 'default' ? [] : ['--effort', about.effort];
  const argv = [launcher, 'plan', '--estate', folder, '--calendar', calendarFile, '-o', plan, ...effort];
  const loadBefore = loadavg()[0] ?? 0;
  const { cost, exits, complaint } = await measure(counter, [{ argv, env: {}, logFile }], timeoutMs);
  if (!fineExits.includes(exits[0] ?? -1)) throw new Error(`godwit plan ended with ${complaint}`);
  const estate = await readEstateFolder(folder);
  const calendar = readCalendar(readFileSync(calendarFile, 'utf8'));
  return {
    ...about,
    loadBefore,
    wallSeconds: cost.wallSeconds,
    cpuSeconds: cost.clientCpu,
    peakRssBytes: cost.peakRssBytes,
    judged: { godwit: await judgePlan(estate, calendar, linesOf(plan)), ...plainlyPlanned(estate, calendar) },
  };
}

function plainlyPlanned(estate: Estate, calendar: JudgedCalendar): Omit<PlanSample['judged'], 'godwit'> {
  const by = (name: keyof typeof plainPlanners): Judgement =>
    judgePlacement(estate, calendar, plainPlanners[name](estate, calendar));
  return {
    alphabetical: by('alphabetical'),
    'organisation by organisation': by('organisation by organisation'),
    'whole components': by('whole components'),
  };
}
