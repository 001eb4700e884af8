/**
 * What doors see, gathered in memory and kept every few seconds. A door tells it in passing: telling costs nothing, never fails
 * and never waits. Where the database is away, what was seen is held as long as there is room, and then it is counted only.
 */

import { TailFold, type FoldedUse } from '#domain/tail-fold.ts';
import type { TailSighting } from '#domain/tail-sighting.ts';
import type { Log } from '#lib/log.ts';
import type { TailIntake, TailSink } from '#ports/tail.ts';

export interface BufferOptions {
  readonly intake: Pick<TailIntake, 'keep' | 'lose'>;
  readonly log: Log;
  readonly everyMs?: number;
  /** Different uses held at a time; half a kilobyte each. */
  readonly usesMost?: number;
}

const usualEveryMs = 5_000;
const usualUsesMost = 50_000;

export interface SightingBuffer extends TailSink, AsyncDisposable {
  /** Keeps what there is, now. */
  flush(): Promise<void>;
  /** Sightings for which there was no room, and of which the database has not been told yet. */
  readonly lost: number;
}

export function bufferSightings({
  intake,
  log,
  everyMs = usualEveryMs,
  usesMost = usualUsesMost,
}: BufferOptions): SightingBuffer {
  const fold = new TailFold();
  /** Taken out of the fold, and not kept yet: a batch that failed is tried again as it is. */
  let batch: readonly FoldedUse[] = [];
  let lost = 0;
  let isAway = false;
  let underWay: Promise<void> | null = null;

  async function keep(): Promise<void> {
    try {
      if (batch.length === 0) batch = fold.take();
      if (batch.length > 0) await intake.keep(batch, null);
      batch = [];
      const many = lost;
      if (many > 0) await intake.lose('doors', many);
      lost -= many;
      if (isAway) log.info('sign-ins that were seen are kept again', { lost: many });
      isAway = false;
    } catch (error) {
      if (!isAway) {
        const detail = error instanceof Error ? error.message : String(error);
        log.warn('sign-ins that were seen cannot be kept for now', { detail });
      }
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
    seen(sighting: TailSighting) {
      if (!fold.add(sighting, usesMost - batch.length)) lost++;
    },
    flush,
    get lost() {
      return lost;
    },
    async [Symbol.asyncDispose]() {
      clearInterval(timer);
      await flush();
      // One that was under way knew nothing of what was seen meanwhile.
      if (!isAway && fold.size > 0) await flush();
    },
  };
}
