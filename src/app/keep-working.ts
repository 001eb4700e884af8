/** A process at work round after round: it begins anew where it was counted as gone, where settings changed, and after weather. */

import { cleanText } from '#lib/clean-text.ts';
import { realClock } from '#lib/clock.ts';
import { isPassing } from '#store/database-fault.ts';
import { openDatabase } from '#store/db.ts';
import { untilConfirmed } from './restored.ts';
import { workOnce, type WorkshopOptions } from './workshop.ts';

/** Connections of its own for what must not wait: the heartbeat, and the touch of the jobs that goes with it. */
const pulseConnectionsMax = 2;
const awayRetryMs = 1_000;

/** Works until `stop` fires or the worker is drained. Throws what keeps it from beginning, and what no waiting mends. */
export async function workUntil(options: WorkshopOptions, stop: AbortSignal): Promise<'stopped' | 'drained'> {
  const { db, log, role, vitals } = options;
  await using pulse = await openDatabase({
    url: db.url,
    connectionsMax: pulseConnectionsMax,
    applicationName: `godwit ${role} heartbeat`,
  });
  for (let hasBegun = false; ; ) {
    try {
      const toWorkBy = await options.settings(stop);
      await untilConfirmed(db, log, stop, (why) => vitals.waitsFor(why));
      hasBegun = true;
      const end = await workOnce(options, pulse, toWorkBy, stop);
      if (end === 'drained' || end === 'stopped') return end;
      if (end === 'lapsed') log.warn('this worker was counted as gone, and begins anew');
      else log.info('settings or secrets are others now; beginning anew');
    } catch (error) {
      if (stop.aborted && error === stop.reason) return 'stopped';
      if (!hasBegun || !isWeather(error)) throw error;
      // What could not be given back lapses by itself.
      log.warn('the database is away; waiting for it', { text: said(error) });
      vitals.unheard();
      await realClock.sleep(awayRetryMs, stop).catch(() => undefined); // we are asked to go
    }
    if (stop.aborted) return 'stopped';
  }
}

/** Also where giving back what was held failed after the work had. */
function isWeather(error: unknown): boolean {
  return error instanceof SuppressedError ? isWeather(error.error) && isWeather(error.suppressed) : isPassing(error);
}

function said(error: unknown): string {
  return cleanText(error instanceof Error ? error.message : String(error), 200);
}
