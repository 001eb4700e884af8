/** `forecast`: when each wave will have been copied and have switched, and what that rests on. */

import type { EstateAhead } from '#domain/estate-ahead.ts';
import { type Forecast, forecast } from '#domain/forecast.ts';
import { allowedAt, growth, platformNow, restsUntil } from '#domain/governor.ts';
import { measuredRates, type RatesBasis } from '#domain/measured-rates.ts';
import { octetsAhead } from '#domain/octets-ahead.ts';
import { lostShare } from '#domain/throttling-seen.ts';
import { usualAheadMs, usualFollowEveryMs } from '#domain/usual-programme.ts';
import type { Rates } from '#domain/rates.ts';
import type { EstateFacts, Forecasting } from '#ports/forecasting.ts';

export interface EstateForecast extends Forecast {
  readonly rates: Rates;
  readonly basis: RatesBasis;
  /** What platforms ask for at this moment, in words; empty where they give all that was agreed. */
  readonly throttling: readonly string[];
  /** By how much the last of all would be done sooner, nine times in ten, if something were otherwise; the most helpful first. */
  readonly helps: readonly { readonly what: string; readonly soonerMs: number; readonly fewerMissed: number }[];
}

/** What would be otherwise is asked with fewer runs: a glance. */
const glanceRuns = 100;

export async function forecastEstate(forecasting: Pick<Forecasting, 'facts'>): Promise<EstateForecast> {
  const facts = await forecasting.facts();
  const { rates, basis } = measuredRates(facts.measured, lostShareOf(facts));
  const ahead = aheadOf(facts, rates);
  const told = forecast(ahead);
  return { ...told, rates, basis, throttling: throttlingOf(facts), helps: helpsOf(ahead) };
}

/** Makes one and keeps it. */
export async function keepForecast(forecasting: Forecasting): Promise<EstateForecast> {
  const made = await forecastEstate(forecasting);
  await forecasting.keep(made, made.rates.samples);
  return made;
}

function aheadOf(facts: EstateFacts, rates: Rates): EstateAhead {
  const { now, waves, followers, unplanned, platforms, followEverySeconds } = facts;
  return {
    now,
    rates,
    waves,
    followers,
    unplanned,
    followEveryMs: followEverySeconds === null ? usualFollowEveryMs : followEverySeconds * 1_000,
    aheadMs: usualAheadMs,
    restsUntil: Math.max(now, ...platforms.map(({ learnt }) => restsUntil(learnt))),
    bytesUntil: octetsAhead(platforms, now),
  };
}

/** Of the side of which less was to be had; null where that is not known of both, and where there are none. */
export function lostShareOf({ platforms, now }: EstateFacts): number | null {
  const shares = platforms.map((platform) => lostShare(platform, growth.connections, now));
  return shares.length === 0 || shares.includes(null) ? null : Math.max(...shares.map((share) => share ?? 0));
}

function throttlingOf({ platforms, now }: EstateFacts): readonly string[] {
  return platforms.flatMap(({ side, budget, timezone, learnt }) => {
    const { connections, rate } = allowedAt(learnt, budget, now);
    const { state, why } = platformNow(side, budget, timezone, learnt, 0, now);
    return connections < budget.connections || rate < 1 || state !== 'open' ? [`${side}: ${why}`] : [];
  });
}

function helpsOf(ahead: EstateAhead): EstateForecast['helps'] {
  const usual = forecast(ahead, glanceRuns);
  const before = usual.finish?.p90;
  if (before === undefined) return [];
  const { rates } = ahead;
  const others: readonly (readonly [string, EstateAhead])[] = [
    ['twice as many mailboxes at one time', { ...ahead, rates: { ...rates, atOnce: rates.atOnce * 2 } }],
    ['platforms that never ask for patience', { ...ahead, rates: { ...rates, throttledShare: 0 } }],
    ['waves started twice as long before their windows', { ...ahead, aheadMs: ahead.aheadMs * 2 }],
    [
      'somebody who sees to what is blocked within four hours',
      { ...ahead, rates: { ...rates, mendHours: Math.min(4, rates.mendHours) } },
    ],
  ];
  return others
    .map(([what, other]) => {
      const told = forecast(other, glanceRuns);
      const fewerMissed = usual.missed.p90 - told.missed.p90;
      return { what, soonerMs: before - (told.finish?.p90 ?? before), fewerMissed };
    })
    .filter(({ soonerMs, fewerMissed }) => soonerMs >= leastHelpMs || fewerMissed >= 1)
    .toSorted((a, b) => b.fewerMissed - a.fewerMissed || b.soonerMs - a.soonerMs);
}

/** Nobody changes anything for less. */
const leastHelpMs = 15 * 60_000;
