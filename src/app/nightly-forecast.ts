/** A forecast is made every night by whoever leads, and kept, so that it can be seen later how right it was. */

import { cleanText } from '#lib/clean-text.ts';
import type { Log } from '#lib/log.ts';
import { keepForecast } from '#operations/forecast.ts';
import { offsetAt } from '#domain/window.ts';
import type { Forecasting } from '#ports/forecasting.ts';

export interface NightlyForecastParts {
  readonly forecasting: Forecasting;
  /** In which the hours of the night are told. */
  readonly timezone: string;
  readonly now: () => number;
  readonly log: Log;
}

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
/** When most windows of an evening are over, and nobody waits for a page. */
const nightHour = 5;
const lookEveryMs = 15 * 60_000;

/** Until the signal fires. `pause` resolves after so many milliseconds, or then. Never rejects. */
export async function forecastNightly(
  { forecasting, timezone, now, log }: NightlyForecastParts,
  signal: AbortSignal,
  pause: (ms: number) => Promise<void>,
): Promise<void> {
  while (!signal.aborted) {
    try {
      if (isDue(await forecasting.keptAt(), now(), timezone)) {
        const { finish, waves, rates } = await keepForecast(forecasting);
        log.info('forecast made', {
          waves: waves.length,
          samples: rates.samples,
          ...(finish ? { p50: new Date(finish.p50).toISOString(), p90: new Date(finish.p90).toISOString() } : {}),
        });
      }
    } catch (error) {
      if (signal.aborted) return;
      log.warn('no forecast could be made', {
        text: cleanText(error instanceof Error ? error.message : String(error), 300),
      });
    }
    await pause(lookEveryMs);
  }
}

/** Whether none was made since the last night's hour; also where the control plane was away at that time. */
export function isDue(keptAt: number | null, now: number, timezone: string): boolean {
  if (keptAt === null) return true;
  const local = now + offsetAt(now, timezone);
  const sinceMidnight = local % dayMs;
  const lastNight = local - sinceMidnight + nightHour * hourMs - (sinceMidnight < nightHour * hourMs ? dayMs : 0);
  return keptAt + offsetAt(keptAt, timezone) < lastNight;
}
