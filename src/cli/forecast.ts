/** `godwit forecast`: when each wave will have been copied and have switched, and what that rests on; or how right it was. */

import { exitCodes } from './exit-code.ts';
import type { ForecastFlags } from './flags.ts';
import { forecastLines, pastLines } from './forecast-text.ts';
import { openProgrammeFor } from './programme.ts';
import type { Session } from './session.ts';
import { shown } from './shown.ts';
import { usageError } from './usage.ts';

/** Of waves that are over so many are told: two months of evenings. */
const pastMost = 60;

/** Exit code 3 where somebody will probably miss a window. */
export async function makeForecast(this: Session, flags: ForecastFlags): Promise<void> {
  if (flags.history && flags.wave !== undefined)
    throw usageError('--history tells of all waves that are over; leave out --wave.');
  await using programme = await openProgrammeFor(this, flags);
  if (flags.history) {
    const past = await programme.forecasts.past(pastMost);
    return this.conclude({ past }, () => pastLines(past));
  }
  const made = await programme.forecasts.make();
  const { wave } = flags;
  if (wave !== undefined && !isKnown(made, wave)) {
    const state = (await programme.waves.list()).find((each) => each.name === wave)?.state;
    throw usageError(
      state === undefined
        ? `There is no wave ${shown(wave)}: godwit wave list`
        : `The wave ${shown(wave)} is ${state} and has nobody left to move; godwit forecast --history tells of those that are over.`,
    );
  }
  const told = wave === undefined ? made : { ...made, waves: made.waves.filter((each) => each.wave === wave) };
  if (told.waves.some(({ missed, mailboxes }) => missed.p50 * mailboxes >= 1)) this.exitCode = exitCodes.withExceptions;
  this.conclude(told, () => forecastLines(told, wave ?? null));
}

function isKnown(
  {
    waves,
    overdue,
  }: { readonly waves: readonly { readonly wave: string }[]; readonly overdue: readonly { readonly wave: string }[] },
  name: string,
): boolean {
  return [...waves, ...overdue].some(({ wave }) => wave === name);
}
