/** `godwit wave watch`: how a wave goes on, until nobody in it is on the way any more. */

import { setTimeout as sleep } from 'node:timers/promises';
import type { EstateNow, Standing } from '#domain/estate-state.ts';
import { type Stage, stages } from '#domain/journey.ts';
import type { Wave } from '#domain/wave.ts';
import { exitCodes } from './exit-code.ts';
import type { StatusFlags } from './flags.ts';
import { openProgrammeFor } from './programme.ts';
import type { Session } from './session.ts';
import { count, duration, shown } from './shown.ts';
import { usageError } from './usage.ts';
import type { Watching } from './world.ts';

const everyMs = 500;
/** Where nothing moves on the screen, a line is written no oftener than this, and only when something has changed. */
const lineEveryMs = 2_000;
const barColumns = 40;

/** Shows it on stderr, and concludes with how it stands in the end. Exit code 3 where somebody is blocked. */
export async function watchWave(this: Session, flags: StatusFlags, name: string): Promise<void> {
  const { screen, world } = this;
  await using programme = await openProgrammeFor(this, flags);
  await using watching = programme.watch?.() ?? lookingAlways;
  const began = world.now();
  let [said, saidAt] = ['', 0];
  let seen: EstateNow | null = null;
  let lost: string | null = null;
  for (;;) {
    if (seen === null || watching.hasNews()) seen = await programme.view.now();
    lost = sayWhatIsLost(this, flags, watching.trouble(), lost);
    const { wave, standings } = standingOf(seen, name);
    const lines = picture(wave, standings, world.now() - began);
    const stillness = whyStill(wave, standings, world.now());
    if (stillness !== null || world.interruption.aborted) {
      screen.clear();
      this.conclude({ wave, standings }, () => [...lines, ...(stillness ? [stillness] : [])]);
      if (world.interruption.aborted) this.exitCode = exitCodes.interrupted;
      else if (standings.some(({ mark }) => mark === 'blocked')) this.exitCode = exitCodes.withExceptions;
      return;
    }
    if (screen.moves) screen.draw(lines);
    else if (flags.quiet !== true && Date.now() - saidAt >= lineEveryMs && said !== summary(standings)) {
      [said, saidAt] = [summary(standings), Date.now()];
      screen.say(`${shown(name, 40)}: ${said}`);
    }
    await sleep(everyMs, undefined, { signal: world.interruption }).catch(() => undefined); // an abort ends the rest
  }
}

/** Where it costs nothing. */
const lookingAlways: Watching = { hasNews: () => true, trouble: () => null, [Symbol.asyncDispose]: async () => {} };

/** Each time that changes begin not to be told, and when they are again. */
function sayWhatIsLost(
  { screen }: Session,
  { quiet }: StatusFlags,
  trouble: string | null,
  before: string | null,
): string | null {
  if ((trouble === null) === (before === null) || quiet === true) return trouble;
  screen.say(
    trouble === null
      ? 'godwit: changes are told again.'
      : `godwit: changes are not told (${shown(trouble, 300)}); it is looked every few seconds until they are.`,
  );
  return trouble;
}

interface WaveStanding {
  readonly wave: Wave;
  readonly standings: readonly Standing[];
}

function standingOf({ waves, standings }: EstateNow, name: string): WaveStanding {
  const wave = waves.find((each) => each.name === name);
  if (!wave) throw usageError(`There is no wave ${shown(name)} (godwit wave list).`);
  return { wave, standings: standings.filter((each) => each.wave === name) };
}

/** Why nothing more is to be seen, in words where there are any to be said; null while somebody is on the way. */
function whyStill({ state, window, pausedWhy }: Wave, standings: readonly Standing[], now: number): string | null {
  const isMoving = (stage: Stage): boolean =>
    stage === 'switching' ||
    stage === 'returning' ||
    (state === 'running' && (stage === 'planned' || stage === 'copying' || stage === 'following'));
  const moving = standings.filter(({ stage, mark }) => mark === null && isMoving(stage));
  const isOver = window.closesAt <= now && moving.every(({ stage }) => stage === 'following');
  if (moving.length > 0 && !isOver) return null;
  if (state === 'planned') return 'It has not been started: godwit wave start';
  if (state === 'paused') return `It is paused: ${shown(pausedWhy ?? 'somebody asked for it', 200)}`;
  if (moving.length > 0) return 'Its window has closed, and some have not switched.';
  return standings.some(({ mark }) => mark === 'blocked')
    ? "Some need a person: godwit get mailboxes --select 'mark=blocked'"
    : '';
}

/** A line for each stage that anybody stands in, with a bar. */
function picture(wave: Wave, standings: readonly Standing[], ms: number): readonly string[] {
  const all = standings.reduce((sum, { mailboxes }) => sum + mailboxes, 0);
  const bars = rows(standings).map(([word, mailboxes]) => {
    const filled = Math.ceil((mailboxes / Math.max(1, all)) * barColumns);
    return `  ${word.padEnd(10)} ${'█'.repeat(filled).padEnd(barColumns, '·')} ${count(mailboxes)}`;
  });
  return [`${shown(wave.name, 40)}: ${count(all)} mailboxes, ${wave.state}, ${duration(ms)}`, ...bars];
}

function summary(standings: readonly Standing[]): string {
  return rows(standings)
    .map(([word, mailboxes]) => `${count(mailboxes)} ${word}`)
    .join(', ');
}

/** How many stand in each stage, in the order of a journey, and under each mark behind those. */
function rows(standings: readonly Standing[]): readonly (readonly [word: string, mailboxes: number])[] {
  const sums = new Map<string, number>(stages.map((stage) => [stage, 0]));
  for (const { stage, mark, mailboxes } of standings) {
    const word = mark ?? stage;
    sums.set(word, (sums.get(word) ?? 0) + mailboxes);
  }
  return [...sums].filter(([, mailboxes]) => mailboxes > 0);
}
