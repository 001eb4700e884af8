/** `godwit wave`: mailboxes that switch together, and what people change their minds about. */

import { marks } from '#domain/journey.ts';
import { readSelector } from '#domain/selector.ts';
import type { WaveMoved, WaveOrderStep, WaveOutlined, WaveSettledOrdered } from '#domain/wave.ts';
import { type DayWindow, readWindow, type Window } from '#domain/window.ts';
import type { StatusFlags, WaveCreateFlags, WaveFlags, WaveReleaseFlags, WaveRescheduleFlags } from './flags.ts';
import { openProgrammeFor, termsOf } from './programme.ts';
import { parseShare } from './quantities.ts';
import { unknownText } from './selection-text.ts';
import type { Session } from './session.ts';
import { counted, shown } from './shown.ts';
import { usageError } from './usage.ts';
import { remarkLines, waveLines, windowText } from './wave-text.ts';
import { lateLines } from './way-home-text.ts';

export async function createWave(this: Session, flags: WaveCreateFlags, name: string): Promise<void> {
  const terms = await termsOf(this, flags);
  const window = windowIn(flags.window, terms.timezone);
  const selector = readSelector(flags.select ?? '');
  if ('problem' in selector) throw usageError(selector.problem);
  if (flags.limit !== undefined && !/^[1-9]\d{0,8}$/.test(flags.limit))
    throw usageError('--limit wants a number of mailboxes.');
  const errorBudget = flags.errorBudget === undefined ? terms.errorBudget : parseShare(flags.errorBudget);
  if (errorBudget === null) throw usageError('--error-budget wants a share such as 2%.');
  const limit = flags.limit === undefined ? null : Number(flags.limit);
  await using programme = await openProgrammeFor(this, flags);
  const order = { name, window, selector, limit, isPilot: flags.pilot === true, errorBudget };
  const created = await programme.waves.create(order, programme.who);
  switch (created.kind) {
    case 'name-taken':
      throw usageError(`There is a wave ${shown(name)} already.`);
    case 'unknown':
      throw usageError(unknownText(created));
    case 'window-closed':
      throw closed({ window });
    case 'nobody':
      throw usageError(
        created.notThatDay > 0
          ? `Nobody can be taken: the dates of ${counted(created.notThatDay, 'mailbox', 'mailboxes')} (not_before, not_after) do not allow ${window.day}.`
          : 'Nobody is meant: these mailboxes have a wave, are marked, or are not there (godwit status).',
      );
    case 'created':
      this.conclude(created, () => [
        `${shown(name)}: ${counted(created.mailboxes, 'mailbox', 'mailboxes')}, ${windowText(created.wave)}.`,
        ...(created.notThatDay > 0
          ? [
              `${counted(created.notThatDay, 'other', 'others')} left out: their dates (not_before, not_after) do not allow ${window.day}.`,
            ]
          : []),
        ...remarkLines(created.wave),
        `Begin with: godwit wave start ${shown(name)}`,
      ]);
  }
}

export async function moveWave(session: Session, flags: WaveFlags, name: string, step: WaveOrderStep): Promise<void> {
  await using programme = await openProgrammeFor(session, flags);
  const moved = await programme.waves.move(name, step, programme.who, flags.why ?? null);
  if (moved.kind === 'window-closed')
    throw usageError(
      `The window of ${shown(name)} has closed: godwit wave reschedule ${shown(name)} --window …, and then start it.`,
    );
  concludeMoved(session, name, step, moved);
}

export async function rescheduleWave(this: Session, flags: WaveRescheduleFlags, name: string): Promise<void> {
  const window = windowIn(flags.window, (await termsOf(this, flags)).timezone);
  await using programme = await openProgrammeFor(this, flags);
  const moved = await programme.waves.reschedule(name, window, programme.who, flags.why ?? null);
  if (moved.kind === 'window-closed') throw closed({ window });
  concludeMoved(this, name, 'be given another window', moved);
}

export async function bringWaveBack(this: Session, flags: WaveFlags, name: string): Promise<void> {
  if (!flags.why) throw usageError('--why is wanted: people will ask why they were brought back.');
  await using programme = await openProgrammeFor(this, flags);
  const ordered = settledIn(name, await programme.waves.goBack(name, programme.who, flags.why));
  this.conclude(ordered, () => [
    `${shown(name)}: ${counted(ordered.mailboxes, 'mailbox goes', 'mailboxes go')} back. Who came home stays there until they are released.`,
    ...lateLines(ordered, false),
    ...leftOutLines(ordered),
  ]);
}

export async function releaseWave(this: Session, flags: WaveReleaseFlags, name: string): Promise<void> {
  if (!flags.why) throw usageError('--why is wanted: after this nobody can go back.');
  await using programme = await openProgrammeFor(this, flags);
  const isDryRun = flags.yes !== true;
  const ordered = settledIn(name, await programme.waves.release(name, isDryRun, programme.who, flags.why));
  const whom = counted(ordered.mailboxes, 'mailbox', 'mailboxes');
  this.conclude({ ...ordered, isDryRun }, () => [
    isDryRun
      ? `${shown(name)}: the way back of ${whom} would end. What people change on the target would not be carried home any more, and what is needed for going back would be forgotten.`
      : `${shown(name)}: the way back of ${whom} has ended.`,
    ...lateLines(ordered, true),
    ...leftOutLines(ordered),
    ...(isDryRun ? ['Nothing was changed. Add --yes to release them.'] : []),
  ]);
}

export async function listWaves(this: Session, flags: StatusFlags): Promise<void> {
  await using programme = await openProgrammeFor(this, flags);
  const waves = await programme.waves.list();
  this.conclude({ waves }, () => (waves.length === 0 ? ['There are no waves.'] : waveLines(waves)));
}

function windowIn(text: string, timezone: string): DayWindow {
  const window = readWindow(text, timezone);
  if ('problem' in window) throw usageError(window.problem);
  return window;
}

function closed(wave: { readonly window: Window }) {
  return usageError(`This window is over: ${windowText(wave)}.`);
}

function concludeMoved(
  session: Session,
  name: string,
  does: string,
  moved: Exclude<WaveMoved, { kind: 'window-closed' }>,
): void {
  if (moved.kind === 'unknown') throw noSuchWave(name, moved.nearest);
  if (moved.kind === 'refused') throw usageError(`The wave ${shown(name)} is ${moved.state}; it cannot ${does}.`);
  const { wave }: { readonly wave: WaveOutlined } = moved;
  session.conclude(wave, () => [`${shown(name)} is ${wave.state}, ${windowText(wave)}.`, ...remarkLines(wave)]);
}

type Ordered = Extract<WaveSettledOrdered, { kind: 'ordered' }>;

function settledIn(name: string, ordered: WaveSettledOrdered): Ordered {
  if (ordered.kind === 'unknown') throw noSuchWave(name, ordered.nearest);
  if (ordered.kind === 'refused')
    throw usageError(
      `The wave ${shown(name)} is ${ordered.state}: pause it, or wait until it has finished, and release it then.`,
    );
  return ordered;
}

function leftOutLines({ leftOut, switching }: Ordered): readonly string[] {
  const left = marks.flatMap((mark) => (leftOut[mark] ? [`${leftOut[mark]} ${mark}`] : []));
  return [
    ...(left.length === 0 ? [] : [`Left where they are: ${left.join(', ')}.`]),
    ...(switching === 0
      ? []
      : [`${counted(switching, 'mailbox is', 'mailboxes are')} switching at this moment: say it again for them.`]),
  ];
}

function noSuchWave(name: string, nearest: string | null) {
  return usageError(`There is no wave ${shown(name)}${nearest === null ? '.' : `; did you mean ${shown(nearest)}?`}`);
}
