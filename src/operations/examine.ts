/**
 * Looks at everything an estate stands on, all at once and each for a bounded time, so that what is down keeps nobody from
 * hearing of the rest. Nothing is changed anywhere.
 */

import { asTasks, type Diagnosis, type Remark, untried, wrong } from '#domain/diagnosis.ts';
import { Fault } from '#domain/fault.ts';
import { cleanText } from '#lib/clean-text.ts';
import type { Clock } from '#lib/clock.ts';

export interface Examination extends Pick<Diagnosis, 'check' | 'reach'> {
  /** Throws what keeps it from being seen; a fault is told with its own remedy. Nothing for what needs no word. */
  look(signal: AbortSignal): Promise<readonly (Remark | null)[]>;
}

/** What could not be looked at, since something else is down of which is told already. */
export class NotSeen extends Error {}

/** One after the other in the order of what is to be done. Rejects only with the reason of the signal. */
export async function examine(
  examinations: readonly Examination[],
  { withinMs, clock }: { readonly withinMs: number; readonly clock: Clock },
  signal: AbortSignal,
): Promise<readonly Diagnosis[]> {
  const each = await Promise.all(
    examinations.map(async ({ check, reach, look }) => {
      const remarks = await within(look, withinMs, clock, signal);
      return remarks.map((remark): Diagnosis => ({ check, reach, ...remark }));
    }),
  );
  return asTasks(each.flat());
}

async function within(
  look: Examination['look'],
  withinMs: number,
  clock: Clock,
  signal: AbortSignal,
): Promise<readonly Remark[]> {
  const over = new AbortController();
  const looking = AbortSignal.any([signal, over.signal]);
  const late = clock.sleep(withinMs, looking).then(
    (): readonly Remark[] => [untried('', `there was no answer within ${withinMs / 1_000} s`)],
    () => null, // it was over before
  );
  try {
    const found = await Promise.race([look(looking), late]);
    return (found ?? []).filter((remark) => remark !== null);
  } catch (error) {
    signal.throwIfAborted();
    return [told(error)];
  } finally {
    over.abort();
  }
}

function told(error: unknown): Remark {
  if (error instanceof NotSeen) return untried('', error.message);
  if (error instanceof Fault) return wrong('', error.message, error.remedy);
  return wrong(
    '',
    cleanText(error instanceof Error ? error.message : String(error), 400),
    'See what it says, and run it again.',
  );
}
