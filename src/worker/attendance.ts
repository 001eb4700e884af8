/** Being one of those at work without taking jobs: says every few seconds that we are alive, so that what we hold lasts. */

import { setTimeout as sleep } from 'node:timers/promises';
import { cleanText } from '#lib/clean-text.ts';
import type { Log } from '#lib/log.ts';
import { type Heartbeat, heartbeatMs, type Membership } from '#ports/workforce.ts';
import type { Lease } from './lease.ts';

export interface AttendanceParts {
  readonly membership: Membership;
  readonly lease: Lease;
  /** What each heartbeat was answered with. */
  readonly heard: (answer: Extract<Heartbeat, { readonly kind: 'alive' }>) => void;
  readonly log: Log;
}

const unheardRetryMs = 1_000;

/** Until it is disposed of, or the lease lapses. */
export function attend(parts: AttendanceParts): AsyncDisposable {
  const ended = new AbortController();
  const beating = beat(parts, ended.signal);
  return {
    async [Symbol.asyncDispose]() {
      ended.abort();
      await beating;
    },
  };
}

async function beat({ membership, lease, heard, log }: AttendanceParts, ended: AbortSignal): Promise<void> {
  const over = AbortSignal.any([ended, lease.lapsed]);
  while (!over.aborted && lease.msLeft() > 0) {
    const askedAt = lease.now();
    let waitMs = heartbeatMs;
    try {
      const answer = await membership.heartbeat();
      if (answer.kind === 'gone') return lease.lapse();
      lease.renew(askedAt);
      heard(answer);
    } catch (error) {
      // The database is away: what we hold lasts until the lease has run out, and perhaps it is back by then.
      log.debug('not heard', { text: cleanText(error instanceof Error ? error.message : String(error), 200) });
      waitMs = unheardRetryMs;
    }
    await sleep(waitMs, undefined, { signal: over }).catch(() => undefined); // it is over
  }
}
