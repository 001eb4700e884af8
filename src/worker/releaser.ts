/**
 * What time opens: the leader looks once a second at what is due and puts as much of it into the queue as will be worked on
 * soon. What is due later stays in the journeys, since a deep queue is a slow one.
 */

import { candidatesMax, choose, waitingMax } from '#domain/release.ts';
import type { Log } from '#lib/log.ts';
import type { Journeys } from '#ports/journeys.ts';
import { type JobQueue, superviseMs } from '#ports/queue.ts';

export interface ReleaserParts {
  readonly journeys: Pick<Journeys, 'due' | 'release' | 'block'>;
  readonly queue: JobQueue;
  /** What is to be done now and then besides: sealing the audit log, striking out the vanished. */
  readonly upkeep: readonly (() => Promise<unknown>)[];
  readonly log: Log;
}

/** Between two looks; sooner where so much was released that the workers may run out of it before the next. */
const lookMs = 1_000;
const soonMs = 200;
const manyReleased = waitingMax / 4;

/** One look: puts what is due into the queue, as far as there is room. Answers with how many. */
export async function releaseDue({ journeys, queue }: ReleaserParts): Promise<number> {
  const { waiting } = await queue.depth();
  const room = waitingMax - waiting;
  if (room <= 0) return 0;
  const { now, candidates, waves } = await journeys.due(candidatesMax);
  const choices = choose(candidates, waves, now, room);
  return choices.length === 0 ? 0 : journeys.release(choices);
}

/** What only the leader does, until it does not lead any more. `pause` resolves after so many milliseconds, or at the end. */
export async function leadOn(
  parts: ReleaserParts,
  signal: AbortSignal,
  pause: (ms: number) => Promise<void>,
  now: () => number = () => performance.now(),
): Promise<void> {
  let supervisedAt = Number.NEGATIVE_INFINITY;
  while (!signal.aborted) {
    try {
      const released = await releaseDue(parts);
      if (now() - supervisedAt >= superviseMs) {
        supervisedAt = now();
        await parts.queue.supervise();
        await standUpAfterFallen(parts);
        await keepUp(parts.upkeep);
      }
      await pause(released >= manyReleased ? soonMs : lookMs);
    } catch (error) {
      // The database is away, or busy: nothing is lost by looking again.
      parts.log.warn('the leader could not look', { text: error instanceof Error ? error.message : String(error) });
      await pause(lookMs);
    }
  }
}

/** A chore that is done no more often than that, however often it is called. */
export function seldom(
  everyMs: number,
  chore: () => Promise<unknown>,
  now: () => number = () => performance.now(),
): () => Promise<unknown> {
  let doneAt = Number.NEGATIVE_INFINITY;
  return async () => {
    if (now() - doneAt < everyMs) return;
    doneAt = now();
    await chore();
  };
}

/** One chore that cannot be done keeps no other from being done; the first that failed is told. */
async function keepUp(upkeep: ReleaserParts['upkeep']): Promise<void> {
  const failures: unknown[] = [];
  for (const chore of upkeep) await chore().catch((error: unknown) => failures.push(error));
  if (failures.length > 0) throw failures[0];
}

/** Over what too many workers vanished somebody has to look: it may be the mailbox that ends them. */
async function standUpAfterFallen({ queue, journeys }: ReleaserParts): Promise<void> {
  for (const { mailbox, attempt } of await queue.abandoned())
    await journeys.block(mailbox, 'worker.vanished', { attempts: attempt }, 'the leader');
}
