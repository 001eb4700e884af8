/** What everybody does while the database is away (restarted, its disk full): wait, and then go on. */

import { setTimeout as sleep } from 'node:timers/promises';
import { Fault, type FaultCode } from '#domain/fault.ts';
import type { Log } from '#lib/log.ts';

const waitMinMs = 50;
/** So that nobody waits for us for long when it is there again. */
const waitMaxMs = 1_000;

/**
 * The outcome of `work`, which is done again for as long as the database is away. Only for what may be done twice: of a
 * transaction whose connection broke off at its commit nobody knows whether it was done. Throws everything else that
 * `work` throws, and the reason of `signal`.
 */
export async function untilItIsBack<T>(work: () => Promise<T>, log: Log, signal: AbortSignal): Promise<T> {
  let awaySince: number | null = null;
  for (let waitMs = waitMinMs; ; waitMs = Math.min(waitMs * 2, waitMaxMs)) {
    signal.throwIfAborted();
    try {
      const outcome = await work();
      if (awaySince !== null) log.info('the database is back', { ms: Math.round(performance.now() - awaySince) });
      return outcome;
    } catch (error) {
      if (!isAway(error)) throw error;
      if (awaySince === null) log.warn(error.message, { code: error.code });
      awaySince ??= performance.now();
    }
    await sleep(waitMs, undefined, { signal }).catch(() => undefined); // told above
  }
}

const passing: ReadonlySet<FaultCode> = new Set(['database.away', 'database.busy', 'database.disk-full']);

/** Whether a fault is of the database and passes by itself, or as soon as someone has made room. */
export function isAway(error: unknown): error is Fault {
  return error instanceof Fault && passing.has(error.code);
}
