/** What an estate has measured so far, as rates; where it has too little of something, what others have published. */

import { fewestSamples, fitWork, type WorkDone } from './fit-rates.ts';
import type { Rates, WorkRate } from './rates.ts';
import { statedRates } from './stated-rates.ts';

/** Of a sample of mailboxes, the latest of those that have come so far. */
export interface Measurements {
  /** First passes, from their start to the first time that the target was caught up. */
  readonly copies: readonly WorkDone[];
  /** How long switches took from their beginning to their end, in milliseconds. */
  readonly switchesMs: readonly number[];
  /** How far targets were behind when the last look at those who follow had ended, which is as long as that took. */
  readonly lagsMs: readonly number[];
  /**
   * First copies of which it is known whether a pass of them failed, and those of which one did: of passes that fail each by itself
   * the share that does is the share of mailboxes of which the first did.
   */
  readonly copied: number;
  readonly failed: number;
  /** Mailboxes that were begun, and those of them that were blocked at some time. */
  readonly begun: number;
  readonly blocked: number;
  /** Hours from being blocked until somebody had seen to it. */
  readonly mendedHours: readonly number[];
  /** Mailboxes that can be worked on at one time, by the budgets of both platforms and by who is at work; null: nobody has said. */
  readonly atOnce: number | null;
}

/** What is measured of the rates, by name, with the number behind it; the rest is stated. */
export interface RatesBasis {
  readonly copies: number;
  readonly switches: number;
  readonly lags: number;
  readonly failures: number;
  readonly mended: number;
  readonly throttling: boolean;
  readonly atOnce: boolean;
}

/** `lostShare`: of the platform that gives least, as its governor has it; null where that is not known. */
export function measuredRates(
  seen: Measurements,
  lostShare: number | null,
): { readonly rates: Rates; readonly basis: RatesBasis } {
  const copy = fitWork(seen.copies);
  const turn = alone(seen.switchesMs);
  const follow = alone(seen.lagsMs);
  const countsFailures = seen.copied >= fewestSamples;
  const countsBlocked = seen.begun >= fewestSamples;
  // Who never complained has to have had something to complain of.
  const lost = lostShare === null || (lostShare === 0 && copy === null) ? null : lostShare;
  const isMended = seen.mendedHours.length >= 10;
  const rates: Rates = {
    ...statedRates,
    origin: copy === null ? 'stated' : 'measured',
    samples: copy === null ? 0 : seen.copies.length,
    switchSamples: turn === null ? 0 : seen.switchesMs.length,
    copy: copy ?? statedRates.copy,
    switch: turn ?? statedRates.switch,
    follow: follow ?? statedRates.follow,
    atOnce: seen.atOnce ?? statedRates.atOnce,
    ...(countsFailures ? { retryShare: seen.failed / seen.copied } : {}),
    ...(countsBlocked ? { blockedShare: seen.blocked / seen.begun } : {}),
    ...(isMended
      ? { mendHours: seen.mendedHours.reduce((sum, hours) => sum + hours, 0) / seen.mendedHours.length }
      : {}),
    ...(lost === null ? {} : throttledBy(lost)),
  };
  const basis: RatesBasis = {
    copies: copy === null ? 0 : seen.copies.length,
    switches: turn === null ? 0 : seen.switchesMs.length,
    lags: follow === null ? 0 : seen.lagsMs.length,
    failures: countsFailures ? seen.copied : 0,
    mended: isMended ? seen.mendedHours.length : 0,
    throttling: lost !== null,
    atOnce: seen.atOnce !== null,
  };
  return { rates, basis };
}

/** As a share of the time at half the budget, and where that is not enough the whole time at less. */
function throttledBy(lost: number): Pick<Rates, 'throttledShare' | 'throttledTo'> {
  return lost <= 0.5 ? { throttledShare: lost * 2, throttledTo: 0.5 } : { throttledShare: 1, throttledTo: 1 - lost };
}

/** Work of which only the time is known: all of it is the part that every mailbox costs. */
function alone(ms: readonly number[]): WorkRate | null {
  return fitWork(ms.map((each) => ({ items: 0, bytes: 0, ms: each })));
}
