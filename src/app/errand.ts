/**
 * One job on one mailbox: takes connections of both platforms, does the work with them, and gives them back once the servers
 * count them no more.
 */

import { connectionsFor } from '#domain/connections-for.ts';
import type { TravelRequest } from '#operations/travel-request.ts';
import { travel } from '#operations/travel.ts';
import type { Journeys } from '#ports/journeys.ts';
import type { Job } from '#ports/queue.ts';
import type { MailboxLease } from '#ports/workforce.ts';
import { type ConnectionParts, connectionsOf, takeBoth } from './connections.ts';
import { InHand, type Workbench } from './in-hand.ts';
import { Visit } from './visit.ts';

export interface ErrandParts extends ConnectionParts {
  readonly bench: Workbench;
  readonly journeys: Pick<Journeys, 'find' | 'rest'>;
  readonly request: Omit<TravelRequest, 'work' | 'inHand' | 'wave' | 'askedMs'>;
}

/**
 * Does `job` on a mailbox that is ours alone. `over` fires when it has to stop at once, and `notBegun` also when it is better
 * not begun any more. Throws what says nothing about the mailbox.
 */
export async function doErrand(
  parts: ErrandParts,
  job: Job,
  lease: MailboxLease,
  over: AbortSignal,
  notBegun: AbortSignal,
): Promise<void> {
  const { governor, journeys } = parts;
  for (;;) {
    const leases = await takeBoth(parts, job.mailbox, connectionsFor[job.work], notBegun);
    const visit = new Visit(parts, job.mailbox, connectionsOf(leases));
    try {
      const found = await journeys.find(job.mailbox);
      if (found) await travelWith(parts, job, lease, found, visit, over);
      for (const side of visit.refusedOn) await governor.absolve(side, job.mailbox);
      return;
    } catch (error) {
      const { interruption } = visit;
      if (over.aborted || !interruption) throw error;
      if (interruption.kind === 'asked') return await journeys.rest(job.mailbox, interruption.waitMs);
    } finally {
      await visit.allLeft();
      await governor.release(leases);
    }
  }
}

async function travelWith(
  { bench, request }: ErrandParts,
  { work }: Job,
  lease: MailboxLease,
  { traveller, wave }: NonNullable<Awaited<ReturnType<Journeys['find']>>>,
  visit: Visit,
  over: AbortSignal,
): Promise<void> {
  using inHand = new InHand(bench, traveller, lease, visit);
  const signal = AbortSignal.any([over, visit.broken]);
  const letGo = (): void => inHand[Symbol.dispose]();
  signal.addEventListener('abort', letGo, { once: true });
  try {
    await travel({ ...request, work, inHand, wave, askedMs: () => visit.askedMs }, signal);
  } finally {
    signal.removeEventListener('abort', letGo);
  }
}
