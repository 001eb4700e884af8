/** `godwit serve` and `status`: an estate moves, and people see how it stands. */

import { existsSync } from 'node:fs';
import type { EstateNow, Standing } from '#domain/estate-state.ts';
import { marks, type Stage, stages } from '#domain/journey.ts';
import { serverOf } from './by-server.ts';
import { exitCodes } from './exit-code.ts';
import { interruptionsText } from './interruption-text.ts';
import type { EstateFlags, ServeFlags, StatusFlags } from './flags.ts';
import { platformLine } from './platform-text.ts';
import type { Session } from './session.ts';
import { bytes, count, counted, shown, table } from './shown.ts';
import { waveLines } from './wave-text.ts';
import { waysHomeLines } from './way-home-text.ts';
import { listenOf, sayAtWork, sayDoors, untilAskedToGo } from './at-work.ts';
import type { DatabaseOptions, PlanApplying, Programme } from './world.ts';

export async function serve(this: Session, flags: ServeFlags): Promise<void> {
  const { world } = this;
  const { stateDir, config, keys, traces } = world.settings();
  const settings = await world.readEstate(flags.config ?? config);
  const log = this.log(flags);
  await untilAskedToGo(this, async (signal) => {
    await world.serve(
      {
        settings: { ...settings, listen: listenOf(flags, settings.listen) },
        stateDir: flags.state ?? stateDir,
        keys,
        traces,
        log,
        started: (at, doors) => {
          sayAtWork(this, flags, at);
          if (!flags.quiet) sayDoors(this, doors);
        },
      },
      signal,
    );
    return 'stopped';
  });
}

export async function status(this: Session, flags: StatusFlags): Promise<void> {
  await using programme = await openProgrammeFor(this, flags);
  const now = await programme.view.now();
  this.conclude(now, () => statusLines(now));
  if (now.standings.some(({ mark }) => mark === 'blocked') || now.waysHomeLate.length > 0)
    this.exitCode = exitCodes.withExceptions;
}

/** The settings of this run; null where there is no file of them. */
export async function settingsOf({ world }: Session, flags: EstateFlags) {
  const { config } = world.settings();
  const file = flags.config ?? config;
  return flags.config !== undefined || existsSync(file) ? world.readEstate(file) : null;
}

/** The estate that the flags and settings of this run mean, opened for people. */
export async function openProgrammeFor(session: Session, flags: Omit<StatusFlags, 'output'>): Promise<Programme> {
  const server = await serverOf(session, flags);
  if (server !== null) return session.world.openProgrammeThere(server);
  return session.world.openProgramme(await estateOf(session, flags));
}

/** By whose clocks windows are told, and which error budget is usual: as the settings of this run say, or the server's. */
export async function termsOf(
  session: Session,
  flags: Omit<StatusFlags, 'output'>,
): Promise<{ readonly timezone: string; readonly errorBudget: number }> {
  const server = await serverOf(session, flags);
  if (server !== null) {
    await using programme = await session.world.openProgrammeThere(server);
    const terms = await programme.terms();
    if (terms !== null) return terms;
  }
  const { timezone = 'UTC', errorBudget = 0.02 } = (await settingsOf(session, flags)) ?? {};
  return { timezone, errorBudget };
}

/** The same, opened for whoever applies a plan that was made for the calendar in this file. */
export async function openPlanningFor(
  session: Session,
  flags: Omit<StatusFlags, 'output'>,
  calendar: string,
): Promise<PlanApplying> {
  const server = await serverOf(session, flags);
  if (server !== null) return (await session.world.openDesksThere(server)).planning(calendar);
  return session.world.openPlanning(await estateOf(session, flags));
}

/** Where the estate is that is meant, for whatever opens it. */
export async function estateOf(session: Session, flags: Omit<StatusFlags, 'output'>): Promise<DatabaseOptions> {
  const { world } = session;
  const settings = await settingsOf(session, flags);
  return {
    database: settings?.database ?? 'embedded',
    stateDir: flags.state ?? world.settings().stateDir,
    log: session.log(flags),
    signal: world.interruption,
  };
}

function statusLines({
  standings,
  waves,
  workers,
  platforms,
  brake,
  waysHomeLate,
  interruptions,
}: EstateNow): readonly string[] {
  const all = standings.reduce((sum, { mailboxes }) => sum + mailboxes, 0);
  if (all === 0) return ['There are no mailboxes in this estate yet: godwit estate import --help'];
  return [
    `${counted(all, 'mailbox', 'mailboxes')}, ${bytes(standings.reduce((sum, each) => sum + each.bytes, 0))}`,
    '',
    ...table(standingRows(standings), numbersRight),
    ...(brake === null
      ? []
      : ['', `The brake is on, nothing is switched: ${shown(brake.who)} (${shown(brake.why, 400)})`]),
    ...waysHomeLines(waysHomeLate),
    ...(interruptions === null ? [] : ['', `Interrupted at the switch: ${interruptionsText(interruptions)}`]),
    ...(waves.length === 0 ? [] : ['', ...waveLines(waves)]),
    '',
    workers.length === 0
      ? 'Nobody is at work: godwit serve'
      : `${counted(workers.length, 'worker')} at work on ${counted(
          workers.reduce((sum, { mailboxes }) => sum + mailboxes, 0),
          'mailbox',
          'mailboxes',
        )}`,
    ...platforms.map(platformLine),
  ];
}

/** All columns but the first. */
const numbersRight = new Set(Array.from({ length: stages.length + marks.length }, (_, i) => i + 1));

/** A row for each wave, a column for each stage that anybody stands in, and those that are marked. */
function standingRows(standings: readonly Standing[]): string[][] {
  const inUse = stages.filter((stage) => standings.some((each) => each.stage === stage && each.mark === null));
  const marked = marks.filter((mark) => standings.some((each) => each.mark === mark));
  const names = [...new Set(standings.map(({ wave }) => wave))];
  const sum = (wave: string | null, of: (each: Standing) => boolean): string => {
    const found = standings.filter((each) => each.wave === wave && of(each));
    return count(found.reduce((total, { mailboxes }) => total + mailboxes, 0));
  };
  const inStage = (stage: Stage) => (each: Standing) => each.stage === stage && each.mark === null;
  return [
    ['wave', ...inUse, ...marked],
    ...names.map((wave) => [
      wave === null ? '(none)' : shown(wave, 40),
      ...inUse.map((stage) => sum(wave, inStage(stage))),
      ...marked.map((mark) => sum(wave, (each) => each.mark === mark)),
    ]),
  ];
}
