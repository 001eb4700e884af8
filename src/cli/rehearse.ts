/** `godwit rehearse`: the whole programme of a plan on a virtual clock. */

import { runsUsual } from '#operations/rehearse.ts';
import { neverSwitch } from '#rehearsal/words.ts';
import { serverOf } from './by-server.ts';
import { exitCodes } from './exit-code.ts';
import type { RehearseFlags } from './flags.ts';
import { inPlaces } from './plan-problems.ts';
import { settingsOf } from './programme.ts';
import { parseDuration, parseShare } from './quantities.ts';
import { rehearsalDocument } from './rehearse-document.ts';
import { RehearsalProgress } from './rehearse-progress.ts';
import { rehearsalLines } from './rehearse-text.ts';
import type { Session } from './session.ts';
import { duration, shown } from './shown.ts';
import { Problems } from './usage.ts';
import type { RehearseOptions, World } from './world.ts';

/** Exit code 3 where somebody who is to switch has not when all is over. */
export async function rehearse(this: Session, flags: RehearseFlags, plan: string): Promise<void> {
  const { world } = this;
  const choices = choicesIn(flags);
  const server = flags.estate === undefined ? await serverOf(this, flags) : null;
  const began = world.now();
  // Where nothing moves nobody watches, and is not kept waiting.
  const speed = this.screen.moves && !this.json ? choices.speed : null;
  using progress = new RehearsalProgress(this.screen, () => world.now(), choices.runs, speed !== null);
  const options = { ...choices, plan, speed };
  const rehearsing =
    server === null
      ? rehearseHere(this, flags, options, progress)
      : (await world.openDesksThere(server)).rehearse(options, progress);
  const { report, files } = await rehearsing.catch((error: unknown) => {
    throw inPlaces(error);
  });
  progress[Symbol.dispose]();
  if (neverSwitch(report.runs.told) > 0) this.exitCode = exitCodes.withExceptions;
  this.conclude({ ...rehearsalDocument(report), files }, () => [
    ...rehearsalLines(report),
    '',
    ...files.map((file) => `Written: ${shown(file, 300)}`),
    `Rehearsed in ${duration(world.now() - began)}.`,
  ]);
}

async function rehearseHere(
  session: Session,
  flags: RehearseFlags,
  options: Choices & Pick<RehearseOptions, 'plan'>,
  progress: RehearsalProgress,
): ReturnType<World['rehearse']> {
  const { world } = session;
  const settings = await settingsOf(session, flags);
  const estate = flags.estate === undefined ? importedEstate(session, flags, settings) : { folder: flags.estate };
  return world.rehearse({ ...options, estate, settings, log: session.log(flags) }, progress, world.interruption);
}

type Choices = Omit<RehearseOptions, 'plan' | 'estate' | 'settings' | 'log'>;

const seedMost = 2 ** 31 - 1 - 1_000;
const runsMost = 100;

function choicesIn(flags: RehearseFlags): Choices {
  const problems = new Problems();
  const whole = (text: string | undefined, otherwise: number, most: number, says: string): number => {
    if (text === undefined) return otherwise;
    const value = /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN;
    if (value >= 1 && value <= most) return value;
    problems.add(says);
    return otherwise;
  };
  const time = (text: string | undefined, says: string): number | null => {
    if (text === undefined) return null;
    const seconds = parseDuration(text);
    if (seconds === null) problems.add(says);
    return seconds === null ? null : seconds * 1000;
  };
  const seed = whole(flags.seed, 1, seedMost, `--seed wants a whole number from 1 to ${seedMost}.`);
  const runs = whole(flags.runs, runsUsual, runsMost, `--runs wants a number from 1 to ${runsMost}.`);
  const speed = flags.speed === undefined ? null : Number(flags.speed);
  if (speed !== null && !(speed >= 1 && speed <= 1e9)) problems.add('--speed wants a number such as 1000.');
  const errorBudget = flags.errorBudget === undefined ? null : parseShare(flags.errorBudget);
  if (flags.errorBudget !== undefined && errorBudget === null) problems.add('--error-budget wants a share such as 2%.');
  const aheadMs = time(flags.ahead, '--ahead wants a time such as 21d.');
  const followEveryMs = time(flags.followEvery, '--follow-every wants a time such as 15m.');
  const isNever = flags.releaseAfter === 'never';
  const releaseAfterMs = isNever
    ? null
    : time(flags.releaseAfter, '--release-after wants a time such as 30d, or never.');
  problems.settle();
  return {
    calendar: flags.calendar ?? 'calendar.yaml',
    weather: flags.faults ?? null,
    rates: flags.rates ?? null,
    folder: flags.report ?? null,
    seed,
    runs,
    speed,
    habits: {
      ...(aheadMs === null ? {} : { aheadMs }),
      ...(followEveryMs === null ? {} : { followEveryMs }),
      ...(errorBudget === null ? {} : { errorBudget }),
      ...(releaseAfterMs === null && !isNever ? {} : { releaseAfterMs }),
    },
  };
}

/** Where the settings of the programme say that the estate is. */
function importedEstate(
  session: Session,
  flags: RehearseFlags,
  settings: Awaited<ReturnType<typeof settingsOf>>,
): RehearseOptions['estate'] {
  return { database: settings?.database ?? 'embedded', stateDir: flags.state ?? session.world.settings().stateDir };
}
