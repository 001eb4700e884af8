/**
 * Looks by itself at who is to switch in the days to come, a few at a time, so that what will go wrong is known while it can be
 * mended. Beside the work of whoever leads: nobody waits for it, and it comes and goes with its own place among those at work.
 */

import { isReady } from '#domain/readiness.ts';
import type { Selection } from '#domain/selection.ts';
import { cleanText } from '#lib/clean-text.ts';
import type { Log } from '#lib/log.ts';
import { checkWave } from '#operations/check-wave.ts';
import type { LookAt, Looks } from '#ports/looks.ts';

export interface CheckAheadParts {
  readonly aheadSeconds: number;
  readonly selection: Selection;
  readonly looks: Looks;
  /** A place from which to look, for as long as there is somebody to be looked at. */
  readonly open: () => { readonly lookAt: LookAt } & AsyncDisposable;
  readonly log: Log;
}

/** Of the budgets of the platforms two connections are taken on either side, and no more. */
const atOnce = 2;
/** Between two places nothing is held. */
const membersMax = 500;
/** What was found is looked at again when some days have gone. */
const freshSeconds = 3 * 24 * 3_600;
const everyMs = 60_000;
/** Nobody was let in, or a secret is not to be had: a person has to look. */
const afterTroubleMs = 15 * 60_000;

/** Until the signal fires. `pause` resolves after so many milliseconds, or then. Never rejects. */
export async function checkAhead(
  parts: CheckAheadParts,
  signal: AbortSignal,
  pause: (ms: number) => Promise<void>,
): Promise<void> {
  while (!signal.aborted) {
    try {
      const members = await parts.looks.toBeChecked(parts.aheadSeconds, freshSeconds, membersMax);
      const conclusive = members.length === 0 ? 0 : await checkSome(parts, members, signal);
      // Who could not be looked at is looked at again later, and not at once.
      await pause(conclusive > 0 ? 0 : everyMs);
    } catch (error) {
      if (signal.aborted) return;
      const text = cleanText(error instanceof Error ? error.message : String(error), 300);
      parts.log.warn('mailboxes of waves to come cannot be checked', { text });
      await pause(afterTroubleMs);
    }
  }
}

/** Answers with how many were found to be ready or not. */
async function checkSome(
  { looks, selection, open, log }: CheckAheadParts,
  members: readonly number[],
  signal: AbortSignal,
): Promise<number> {
  await using place = open();
  const watcher = { begins: () => ({ ended() {} }) };
  const request = { members, atOnce, freshSeconds: 0, selection, lookAt: place.lookAt, looks, watcher };
  let [ready, notReady] = [0, 0];
  for await (const page of checkWave(request, signal)) {
    const conclusive = page.filter(({ fault }) => fault === null);
    const fine = conclusive.filter(isReady).length;
    ready += fine;
    notReady += conclusive.length - fine;
  }
  if (ready + notReady > 0)
    log[notReady > 0 ? 'warn' : 'info']('mailboxes of waves to come were checked', { ready, notReady });
  return ready + notReady;
}
