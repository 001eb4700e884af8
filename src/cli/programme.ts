/** `godwit serve`, `wave`, `mailbox` and `status`: an estate moves, and people see how it stands. */

import { existsSync } from 'node:fs';
import { marks, type Stage, stages } from '#domain/journey.ts';
import { readSelector } from '#domain/selector.ts';
import { readWindow } from '#domain/window.ts';
import type { EstateNow, MailboxOrder, Standing } from '#domain/estate-state.ts';
import type { Wave, WaveOrderStep } from '#domain/wave.ts';
import { exitCodes } from './exit-code.ts';
import type { EstateFlags, MailboxFlags, ServeFlags, StatusFlags, WaveCreateFlags, WaveFlags } from './flags.ts';
import { parseShare } from './quantities.ts';
import { unknownText } from './selection-text.ts';
import type { Session } from './session.ts';
import { bytes, count, counted, duration, shown, table } from './shown.ts';
import { usageError } from './usage.ts';
import { listenOf, sayAtWork, untilAskedToGo } from './worker.ts';
import type { Programme } from './world.ts';

export async function serve(this: Session, flags: ServeFlags): Promise<void> {
  const { world } = this;
  const { stateDir, config, keys } = world.settings();
  const settings = await world.readEstate(flags.config ?? config);
  const log = this.log(flags);
  await untilAskedToGo(this, async (signal) => {
    await world.serve(
      {
        settings: { ...settings, listen: listenOf(flags, settings.listen) },
        stateDir: flags.state ?? stateDir,
        keys,
        log,
        started: (at) => sayAtWork(this, flags, at),
      },
      signal,
    );
    return 'stopped';
  });
}

export async function createWave(this: Session, flags: WaveCreateFlags, name: string): Promise<void> {
  const settings = await settingsOf(this, flags);
  const timezone = settings?.timezone ?? 'UTC';
  const window = readWindow(flags.window, timezone);
  if ('problem' in window) throw usageError(window.problem);
  const selector = readSelector(flags.select ?? '');
  if ('problem' in selector) throw usageError(selector.problem);
  if (flags.limit !== undefined && !/^[1-9]\d{0,8}$/.test(flags.limit))
    throw usageError('--limit wants a number of mailboxes.');
  const errorBudget = flags.errorBudget === undefined ? (settings?.errorBudget ?? 0.02) : parseShare(flags.errorBudget);
  if (errorBudget === null) throw usageError('--error-budget wants a share such as 2%.');
  const limit = flags.limit === undefined ? null : Number(flags.limit);
  await using programme = await openProgrammeFor(this, flags);
  const order = { name, window, selector, limit, isPilot: flags.pilot === true, errorBudget };
  const created = await programme.waves.create(order, programme.who);
  if (created.kind === 'name-taken') throw usageError(`There is a wave ${shown(name)} already.`);
  if (created.kind === 'unknown') throw usageError(unknownText(created));
  if (created.kind === 'nobody')
    throw usageError('Nobody is meant: these mailboxes have a wave, are marked, or are not there (godwit status).');
  this.conclude(created, () => [
    `${shown(name)}: ${counted(created.mailboxes, 'mailbox', 'mailboxes')}, ${windowText(created.wave)}.`,
    `Begin with: godwit wave start ${shown(name)}`,
  ]);
}

export async function moveWave(session: Session, flags: WaveFlags, name: string, step: WaveOrderStep): Promise<void> {
  await using programme = await openProgrammeFor(session, flags);
  const moved = await programme.waves.move(name, step, programme.who, flags.why ?? null);
  if (moved.kind === 'unknown')
    throw usageError(
      `There is no wave ${shown(name)}${moved.nearest ? `; did you mean ${shown(moved.nearest)}?` : '.'}`,
    );
  if (moved.kind === 'refused') throw usageError(`The wave ${shown(name)} is ${moved.state}; it cannot ${step}.`);
  session.conclude(moved.wave, () => [`${shown(name)} is ${moved.wave.state}, ${windowText(moved.wave)}.`]);
}

export async function listWaves(this: Session, flags: StatusFlags): Promise<void> {
  await using programme = await openProgrammeFor(this, flags);
  const waves = await programme.waves.list();
  this.conclude({ waves }, () => (waves.length === 0 ? ['There are no waves.'] : waveLines(waves)));
}

export async function orderMailbox(
  session: Session,
  flags: MailboxFlags,
  address: string,
  order: MailboxOrder,
): Promise<void> {
  await using programme = await openProgrammeFor(session, flags);
  const ordered = await programme.mailboxes.order(address, order, programme.who, flags.why ?? null);
  if (ordered.kind === 'unknown') throw usageError(`There is no mailbox ${shown(address)} in this estate.`);
  if (ordered.kind === 'refused') {
    const mark = ordered.mark === null ? '' : ` and ${ordered.mark}`;
    throw usageError(`${shown(address)} is ${ordered.stage}${mark}; ${order} is not possible there.`);
  }
  session.conclude({ address, order }, () => [`${shown(address)}: ${order}.`]);
}

export async function status(this: Session, flags: StatusFlags): Promise<void> {
  await using programme = await openProgrammeFor(this, flags);
  const now = await programme.view.now();
  this.conclude(now, () => statusLines(now));
  if (now.standings.some(({ mark }) => mark === 'blocked')) this.exitCode = exitCodes.withExceptions;
}

async function settingsOf({ world }: Session, flags: EstateFlags) {
  const { config } = world.settings();
  const file = flags.config ?? config;
  return flags.config !== undefined || existsSync(file) ? world.readEstate(file) : null;
}

/** The estate that the flags and settings of this run mean, opened for people. */
export async function openProgrammeFor(session: Session, flags: Omit<StatusFlags, 'output'>): Promise<Programme> {
  const { world } = session;
  const settings = await settingsOf(session, flags);
  return world.openProgramme({
    database: settings?.database ?? 'embedded',
    stateDir: flags.state ?? world.settings().stateDir,
    log: session.log(flags),
    signal: world.interruption,
  });
}

function statusLines({ standings, waves, workers, platforms }: EstateNow): readonly string[] {
  const all = standings.reduce((sum, { mailboxes }) => sum + mailboxes, 0);
  if (all === 0) return ['There are no mailboxes in this estate yet: godwit estate import --help'];
  return [
    `${counted(all, 'mailbox', 'mailboxes')}, ${bytes(standings.reduce((sum, each) => sum + each.bytes, 0))}`,
    '',
    ...table(standingRows(standings), numbersRight),
    ...(waves.length === 0 ? [] : ['', ...waveLines(waves)]),
    '',
    workers.length === 0
      ? 'Nobody is at work: godwit serve'
      : `${counted(workers.length, 'worker')} at work on ${counted(
          workers.reduce((sum, { mailboxes }) => sum + mailboxes, 0),
          'mailbox',
          'mailboxes',
        )}`,
    ...platforms.map(({ side, connectionsInUse, connections, why }) =>
      shown(`${side}: ${connectionsInUse} of ${connections} connections. ${why}`, 300),
    ),
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

function waveLines(waves: readonly Wave[]): readonly string[] {
  return table(
    [
      ['wave', 'state', 'window', ''],
      ...waves.map((wave) => [shown(wave.name, 40), wave.state, windowText(wave), shown(wave.pausedWhy ?? '', 80)]),
    ],
    new Set(),
  );
}

export function windowText({ window: { opensAt, closesAt } }: Wave): string {
  return `${new Date(opensAt).toISOString().slice(0, 16)}Z for ${duration(closesAt - opensAt)}`;
}
