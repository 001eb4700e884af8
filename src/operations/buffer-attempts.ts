/**
 * What doors see of who had to wait, gathered in memory and kept every few seconds, as `buffer-sightings.ts` does it for the tail.
 * Where the database is away it is held as long as there is room; the stamps of the switch are there in any case.
 */

import { AttemptFold } from '#domain/attempt-fold.ts';
import type { Log } from '#lib/log.ts';
import type { AttemptSink, InterruptionIntake } from '#ports/interruptions.ts';

export interface AttemptBufferOptions {
  readonly intake: InterruptionIntake;
  readonly log: Log;
  readonly everyMs?: number;
  /** Mailboxes of which something is held at a time, some hundred octets each. */
  readonly most?: number;
  /** Milliseconds, from any beginning. */
  readonly now?: () => number;
}

const usualEveryMs = 5_000;
const usualMost = 20_000;
/** Kept by one statement. */
const atOnceMost = 1_000;

export interface AttemptBuffer extends AttemptSink, AsyncDisposable {
  /** Keeps what there is, now. */
  flush(): Promise<void>;
}

/** Keeps what it was told every `everyMs` (5 s), and once more when it is disposed of. Of at most `most` mailboxes (20,000) at a time. */
export function bufferAttempts({
  intake,
  log,
  everyMs = usualEveryMs,
  most = usualMost,
  now = () => performance.now(),
}: AttemptBufferOptions): AttemptBuffer {
  const fold = new AttemptFold();
  /** Taken out of the fold, and not kept yet: what failed is tried again as it is, with the time that has gone since. */
  let batch: ReturnType<AttemptFold['take']> = [];
  let isAway = false;
  let underWay: Promise<void> | null = null;

  async function keep(): Promise<void> {
    try {
      if (batch.length === 0) batch = fold.take(now());
      while (batch.length > 0) {
        const at = now();
        await intake.keep(
          batch.slice(0, atOnceMost).map(({ beganMs, endedMs, ...found }) => ({
            ...found,
            beganAgoMs: Math.round(at - beganMs),
            endedAgoMs: Math.round(at - endedMs),
          })),
        );
        batch = batch.slice(atOnceMost);
      }
      if (isAway) log.info('who had to wait is kept again', {});
      isAway = false;
    } catch (error) {
      const detail = error instanceof Error ? error.message : String(error);
      if (!isAway) log.warn('who had to wait at a switch cannot be kept for now', { detail });
      isAway = true;
    }
  }

  const flush = (): Promise<void> =>
    (underWay ??= keep().finally(() => {
      underWay = null;
    }));
  const timer = setInterval(() => void flush(), everyMs);
  timer.unref();
  return {
    attempted(attempt) {
      // For who finds no room the stamps stand.
      fold.add(attempt, most - batch.length);
    },
    flush,
    async [Symbol.asyncDispose]() {
      clearInterval(timer);
      await flush();
      if (!isAway && fold.size > 0) await flush();
    },
  };
}
