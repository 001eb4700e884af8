/**
 * `godwit rehearse` on a made-up estate, as a whole process from the launcher to its end: a plan of all of it, a twentieth of all
 * passes and mailboxes failing, twice, and whether both are the same to the last octet.
 */

import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { readCalendar } from '../labs/plan/calendar-windows.ts';
import { readEstateFolder } from '../labs/plan/estate-files.ts';
import { type CpuCounter, openCpuCounter } from './cpu.ts';
import { measure } from './measure.ts';
import { launcher } from './peers/godwit.ts';
import { plainPlanners } from './plan/plain-planners.ts';
import { madeEstate } from './plan/run-plan.ts';

export interface RehearseBenchOptions {
  readonly mailboxes: number;
  readonly seed: number;
  /** Who plans: `godwit`, or `organisations` for one after the other, which takes seconds. */
  readonly planner: 'godwit' | 'organisations';
  /** Seeds that each rehearsal goes through; null: as many as the command does by itself. */
  readonly runs: number | null;
  readonly say: (line: string) => void;
}

export interface RehearseBenchResult {
  readonly mailboxes: number;
  readonly seed: number;
  readonly samples: readonly RehearseSample[];
  readonly isSame: boolean;
  /** Windows that opened in a blackout, and mailboxes of which nobody knows where they are. */
  readonly inBlackouts: number;
  readonly lost: number;
  readonly isWell: boolean;
}

interface RehearseSample {
  readonly wallSeconds: number;
  readonly cpuSeconds: number;
  readonly peakRssBytes: number;
  readonly digest: string;
}

/** What is asked of 2.1 million. */
const most = { seconds: 600, bytes: 3e9 } as const;
const scratch = '.scratch/bench/rehearse';
const timeoutMs = 60 * 60_000;
/** With 3, somebody has no window in the end. */
const fineExits = [0, 3];

/** A twentieth of all that is done fails, and a twentieth of all mailboxes needs somebody. */
const weather = 'failures: { passes: 5%, mailboxes: 5% }\n';

export async function runRehearseBench(options: RehearseBenchOptions): Promise<RehearseBenchResult> {
  const { mailboxes, seed, say } = options;
  mkdirSync(scratch, { recursive: true });
  using counter = openCpuCounter();
  const logFile = join(scratch, 'rehearse.log');
  // Whatever a checkout does once, it has done by then.
  await measure(counter, [{ argv: [launcher, '--version'], env: {}, logFile }], timeoutMs);
  const estate = await madeEstate(mailboxes, seed, say);
  const plan = await planned(counter, estate, options);
  writeFileSync(join(scratch, 'weather.yaml'), weather);
  const samples: RehearseSample[] = [];
  for (const time of ['first', 'second']) {
    const sample = await rehearsedOnce(counter, estate, plan, options);
    samples.push(sample);
    say(
      `${time}: ${sample.wallSeconds.toFixed(1)} s, CPU ${sample.cpuSeconds.toFixed(1)} s, ${(sample.peakRssBytes / 1e6).toFixed(0)} MB`,
    );
  }
  const document = JSON.parse(readFileSync(join(scratch, 'rehearsal.json'), 'utf8')) as Told;
  const result = judged(options, samples, document);
  for (const line of verdictLines(result, document)) say(line);
  return result;
}

/** Its file. */
async function planned(
  counter: CpuCounter,
  estate: string,
  { planner, mailboxes, seed, say }: RehearseBenchOptions,
): Promise<string> {
  const plan = join(scratch, 'plan.csv');
  await rm(plan, { force: true });
  const calendarFile = join(estate, 'calendar.yaml');
  if (planner === 'organisations') {
    await writePlain(estate, calendarFile, plan);
    return plan;
  }
  const logFile = join(scratch, 'plan.log');
  const argv = [launcher, 'plan', '--estate', estate, '--calendar', calendarFile, '--seed', String(seed), '-o', plan];
  const { cost, exits, complaint } = await measure(counter, [{ argv, env: {}, logFile }], timeoutMs);
  if (!fineExits.includes(exits[0] ?? -1)) throw new Error(`godwit plan ended with ${complaint}`);
  say(`${mailboxes.toLocaleString('en')} mailboxes planned in ${cost.wallSeconds.toFixed(1)} s`);
  return plan;
}

/** Organisation by organisation, as people do it. */
async function writePlain(estate: string, calendarFile: string, plan: string): Promise<void> {
  const read = await readEstateFolder(estate);
  const calendar = readCalendar(readFileSync(calendarFile, 'utf8'));
  const placed = plainPlanners['organisation by organisation'](read, calendar);
  const windows = calendar.windows(read.addresses.length);
  const lines = read.addresses.map((address, mailbox) => {
    const window = windows[placed[mailbox] as number];
    return `${address},${window?.wave ?? ''},${window?.start ?? ''}`;
  });
  writeFileSync(plan, `address,wave,window_start\n${lines.join('\n')}\n`);
}

async function rehearsedOnce(
  counter: CpuCounter,
  estate: string,
  plan: string,
  { seed, runs }: RehearseBenchOptions,
): Promise<RehearseSample> {
  const folder = join(scratch, 'report');
  await rm(folder, { recursive: true, force: true });
  const logFile = join(scratch, 'rehearsal.json');
  const files = [
    '--estate',
    estate,
    '--calendar',
    join(estate, 'calendar.yaml'),
    '--faults',
    join(scratch, 'weather.yaml'),
  ];
  const wanted = [
    '--seed',
    String(seed),
    '--report',
    folder,
    ...(runs === null ? [] : ['--runs', String(runs)]),
    '-o',
    'json',
  ];
  const argv = [launcher, 'rehearse', plan, ...files, ...wanted];
  const { cost, exits, complaint } = await measure(counter, [{ argv, env: {}, logFile }], timeoutMs);
  if (!fineExits.includes(exits[0] ?? -1)) throw new Error(`godwit rehearse ended with ${complaint}`);
  const hash = createHash('sha256').update(readFileSync(logFile));
  for (const name of readdirSync(folder).toSorted()) hash.update(name).update(readFileSync(join(folder, name)));
  return {
    wallSeconds: cost.wallSeconds,
    cpuSeconds: cost.clientCpu,
    peakRssBytes: cost.peakRssBytes,
    digest: hash.digest('hex'),
  };
}

/** Of the document, what is looked at. */
interface Told {
  readonly mailboxes: number;
  readonly plannedFinish: string | null;
  readonly finish: string | null;
  readonly everMissed: number;
  readonly end: Readonly<Record<string, number | string>>;
  readonly windows: readonly { readonly window: string; readonly done: number; readonly planned: number }[];
}

const places = [
  'unplaced',
  'planned',
  'copying',
  'following',
  'switching',
  'settled',
  'returning',
  'released',
  'held',
  'blocked',
  'excluded',
  'left',
];

function judged(
  { mailboxes, seed }: RehearseBenchOptions,
  samples: readonly RehearseSample[],
  { mailboxes: all, end, windows }: Told,
): RehearseBenchResult {
  const isSame = new Set(samples.map(({ digest }) => digest)).size === 1;
  // As the calendar of the made estate has it for everybody; no evening before it may reach into it either.
  const inBlackouts = windows.filter(({ window }) => window > '2026-12-23' && window < '2027-01-03').length;
  const lost = all - places.reduce((sum, place) => sum + Number(end[place]), 0);
  const isFast = samples.every(({ wallSeconds }) => wallSeconds <= most.seconds);
  const isSmall = samples.every(({ peakRssBytes }) => peakRssBytes <= most.bytes);
  const isWell = isSame && inBlackouts === 0 && lost === 0 && isFast && isSmall;
  return { mailboxes, seed, samples, isSame, inBlackouts, lost, isWell };
}

function verdictLines(result: RehearseBenchResult, told: Told): readonly string[] {
  const { samples, isSame, inBlackouts, lost } = result;
  const slowest = Math.max(...samples.map(({ wallSeconds }) => wallSeconds));
  const largest = Math.max(...samples.map(({ peakRssBytes }) => peakRssBytes));
  const line = (isMet: boolean, what: string): string => `${isMet ? 'PASS' : 'FAIL'}  ${what}`;
  return [
    `planned to end ${told.plannedFinish}, rehearsed to end ${told.finish}; ${told.everMissed.toLocaleString('en')} missed a window`,
    line(slowest <= most.seconds, `${slowest.toFixed(0)} s of at most ${most.seconds}`),
    line(largest <= most.bytes, `${(largest / 1e9).toFixed(2)} GB of at most ${most.bytes / 1e9}`),
    line(isSame, 'two rehearsals with one seed are the same'),
    line(inBlackouts === 0, 'no window in a blackout'),
    line(lost === 0, 'every mailbox is somewhere'),
  ];
}
