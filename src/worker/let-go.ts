/**
 * Giving back what was held. A worker that lives keeps everything that it does not give back, so a database that is away at
 * that moment is waited for: nobody else could ever take it otherwise. What a lapsed lease held is gone with it.
 */

import { setTimeout as sleep } from 'node:timers/promises';
import { Fault } from '#domain/fault.ts';
import type { Lease } from './lease.ts';

const retryMs = 500;

/** Gives it back, however long that takes. Throws what says that it would be no use to try again. */
export async function letGo(lease: Pick<Lease, 'lapsed'>, giveBack: () => Promise<void>): Promise<void> {
  for (;;) {
    try {
      return await giveBack();
    } catch (error) {
      if (lease.lapsed.aborted) return;
      if (!(error instanceof Fault) || error.retry === 'operator' || error.retry === 'never') throw error;
    }
    await sleep(retryMs, undefined, { signal: lease.lapsed }).catch(() => undefined); // it has lapsed
  }
}
