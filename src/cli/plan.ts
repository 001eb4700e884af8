/** `godwit plan`: who moves when, around who works with whom. */

import { serverOf } from './by-server.ts';
import { exitCodes } from './exit-code.ts';
import type { PlanFlags } from './flags.ts';
import { explanationLines } from './plan-explain-text.ts';
import { inPlaces } from './plan-problems.ts';
import { PlanProgress } from './plan-progress.ts';
import { inFull, onScreen, planLines } from './plan-text.ts';
import { settingsOf } from './programme.ts';
import { parseDuration } from './quantities.ts';
import type { Session } from './session.ts';
import { duration, shown } from './shown.ts';
import { Problems } from './usage.ts';
import type { PlanPlaces, PlanWork, PlanWorkOptions } from './world.ts';

/** Exit code 3 where somebody has no window. */
export async function makePlan(this: Session, flags: PlanFlags): Promise<void> {
  const { world } = this;
  const choices = choicesIn(flags);
  const calendar = await world.readCalendar(flags.calendar);
  await using planning = await openWork(this, flags, {
    calendar: flags.calendar,
    out: choices.out,
    reads: [flags.wishes, flags.config].filter((path) => path !== undefined),
    earlier: choices.earlier,
  });
  world.onEmergency(() => planning.abandon());
  using progress = new PlanProgress(this.screen, () => world.now());
  const order = { ...choices, calendar, now: world.now(), watcher: progress };
  const report = await planning.plan(order, world.interruption).catch((error: unknown) => {
    throw inPlaces(error);
  });
  progress[Symbol.dispose]();
  world.interruption.throwIfAborted();
  const files = planning.settle(lines(planLines(report, inFull)));
  if (report.unplaced !== null) this.exitCode = exitCodes.withExceptions;
  this.conclude({ ...report, files }, () => [
    ...(report.explanations.length > 0
      ? report.explanations.flatMap((each, i) => [...(i === 0 ? [] : ['']), ...explanationLines(each)])
      : planLines(report, onScreen)),
    '',
    ...files.map((file) => `Written: ${shown(file, 300)}`),
    tookLine(report.milliseconds),
  ]);
}

interface Choices {
  /** Where the plan is written; null: nowhere. */
  readonly out: string | null;
  readonly earlier: string | null;
  readonly wishes: string | null;
  readonly explain: readonly string[];
  readonly seed: number;
  readonly effortSeconds: number | null;
}

const seedMost = 2 ** 31 - 1;

function choicesIn(flags: PlanFlags): Choices {
  const problems = new Problems();
  // One flag for both, since `-o json` is said everywhere and `-o plan.csv` is what one says of a file; `-o ./json` is a file, too.
  const files = (flags.output ?? []).filter((said) => said !== 'json' && said !== 'text');
  if (files.length > 1) problems.add(`-o names ${files.length} files, and a plan is written to one.`);
  if (files[0] === 'csv') problems.add('-o csv: a plan is written to a file, -o plan.csv.');
  if (files[0]?.endsWith('/')) problems.add(`-o ${files[0]} is a folder; name a file in it: ${files[0]}plan.csv`);
  const seed = /^\d{1,10}$/.test(flags.seed ?? '1') ? Number(flags.seed ?? '1') : null;
  if (seed === null || seed > seedMost) problems.add(`--seed wants a whole number up to ${seedMost}.`);
  const effortSeconds = flags.effort === undefined ? null : parseDuration(flags.effort);
  if (flags.effort !== undefined && effortSeconds === null) problems.add('--effort wants a time such as 30s or 5m.');
  problems.settle();
  return {
    out: files[0] ?? null,
    earlier: flags.diff ?? null,
    wishes: flags.wishes ?? null,
    explain: flags.explain ?? [],
    seed: seed ?? 1,
    effortSeconds,
  };
}

/** A folder is planned here, wherever the estate of the programme is. */
async function openWork(session: Session, flags: PlanFlags, places: PlanPlaces): Promise<PlanWork> {
  const { world } = session;
  const server = flags.estate === undefined ? await serverOf(session, flags) : null;
  if (server !== null) return (await world.openDesksThere(server)).planWork(places);
  const estate = flags.estate === undefined ? await importedEstate(session, flags) : { folder: flags.estate };
  return world.openPlanWork({ ...places, estate, log: session.log(flags), signal: world.interruption });
}

/** Where the settings of the programme say that the estate is. */
async function importedEstate(session: Session, flags: PlanFlags): Promise<PlanWorkOptions['estate']> {
  const settings = await settingsOf(session, flags);
  return { database: settings?.database ?? 'embedded', stateDir: flags.state ?? session.world.settings().stateDir };
}

function lines(text: readonly string[]): string {
  return `${text.join('\n')}\n`;
}

function tookLine({ reading, planning, writing }: { reading: number; planning: number; writing: number }): string {
  return `Read in ${duration(reading)}, planned in ${duration(planning)}, written in ${duration(writing)}.`;
}
