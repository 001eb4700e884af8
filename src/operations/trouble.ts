/** What a fault that a pass has met means for the journey of its mailbox. */

import { fault, type FaultCode, faults } from '#domain/fault.ts';
import type { Stage, Step } from '#domain/journey.ts';
import { afterFailure } from '#domain/next-try.ts';
import type { FaultReport } from '#domain/report.ts';
import type { TravelRequest } from './travel-request.ts';

/** Under the brake it is looked again after a while. */
export const brakedMs = 5_000;
/** So often a folder may be in doubt before a person looks at it. */
const hiccupsMax = 3;

/**
 * What a fault means for the journey: weather is waited out, and what needs a person stands there until one has looked. With
 * `mustStay` a switch is not withdrawn whatever it is, since something is left to be put back by the next attempt.
 */
export async function trouble(
  request: TravelRequest,
  stage: Stage,
  { code, message }: FaultReport,
  signal: AbortSignal,
  mustStay = false,
): Promise<void> {
  // Stopped by us, or by a lease that lapsed: that says nothing about the mailbox.
  signal.throwIfAborted();
  // A fault of ours breaks the job off: whoever gave it to us counts those in a row.
  if (code === ('internal' satisfies FaultCode))
    throw new Error(message.replace(fault(code, { detail: '' }).message, ''));
  const { inHand, journeys, who, log } = request;
  const { id, failures } = inHand.traveller;
  if (code === ('switch.braked' satisfies FaultCode)) {
    // Nobody has failed: it waits where people can work.
    if (stage === 'switching') await step(request, 'switching', 'withdraw', brakedMs, { code });
    else await journeys.rest(id, brakedMs);
    return;
  }
  log.warn('a pass failed', { mailbox: id, stage, fault: code });
  if (mustStay && stage === 'switching') {
    const { waitMs } = afterFailure(stage, failures, false);
    return journeys.failed(id, Math.max(waitMs, request.askedMs?.() ?? 0), { code, message });
  }
  const { retry } = faults[code as FaultCode];
  // A server that contradicts itself once has hiccuped: nothing was removed on its word, and the next pass asks again.
  const mayBeHiccup = code === 'folder.in-doubt' && failures < hiccupsMax;
  const isWeather = retry === 'soon' || retry === 'paced' || mayBeHiccup;
  if (isWeather) {
    // Whether it got further the journeys know, who count (`store/journeys.ts`).
    const { waitMs, isWithdrawn } = afterFailure(stage, failures, false);
    if (isWithdrawn) await step(request, 'switching', 'withdraw', waitMs, { code });
    return journeys.failed(id, Math.max(waitMs, request.askedMs?.() ?? 0), { code, message });
  }
  // What a person says of it then is said of these two.
  const pair = code === ('mailbox.other-account' satisfies FaultCode) ? { pair: inHand.ends('there').pair } : {};
  await journeys.block(id, code, { message, stage, ...pair }, who);
}

export function step(
  { inHand, journeys, who }: TravelRequest,
  expected: Stage,
  taken: Step,
  dueInMs: number | null,
  about?: Readonly<Record<string, unknown>>,
): Promise<boolean> {
  return journeys.take(
    { mailbox: inHand.traveller.id, expected, step: taken, who, ...(about ? { about } : {}) },
    dueInMs,
  );
}
