/**
 * One job on one mailbox: takes connections of both platforms, does the work with them, and gives them back once the servers
 * count them no more. Where a platform is in trouble it waits for its turn, and one mailbox at a time tries.
 */

import { Fault } from '#domain/fault.ts';
import { type SideName, sideNames } from '#domain/platform.ts';
import type { Work } from '#domain/release.ts';
import type { Clock } from '#lib/clock.ts';
import { travel, type TravelRequest } from '#operations/travel.ts';
import type { ConnectionLease, Governor } from '#ports/budget.ts';
import type { Journeys } from '#ports/journeys.ts';
import type { Job } from '#ports/queue.ts';
import type { MailboxLease } from '#ports/workforce.ts';
import { InHand, type Workbench } from './in-hand.ts';
import { Visit, type VisitParts } from './visit.ts';

export interface ErrandParts extends VisitParts {
  readonly governor: Governor;
  readonly bench: Workbench;
  readonly journeys: Pick<Journeys, 'find' | 'rest'>;
  readonly request: Omit<TravelRequest, 'work' | 'inHand' | 'wave' | 'askedMs'>;
  readonly clock: Clock;
}

/** Connections that a piece of work has use for on either side: a switch keeps those it carries with while it compares. */
const connectionsFor = { copy: 1, follow: 1, 'follow-back': 1, switch: 2, return: 2 } as const satisfies Record<
  Work,
  number
>;
/** Asked again at least so often: somebody may have called it off, or a budget may be larger now. */
const longestWaitMs = 5_000;
/** Who waits for longer on one side keeps nothing of the other. */
const shortWaitMs = 1_000;

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
    const leases = await takeBoth(parts, job, lease, notBegun);
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

/** Connections on both sides, waiting as long as it takes. Rejects with the signal's reason, and when we are counted as gone. */
async function takeBoth(
  parts: ErrandParts,
  { mailbox, work }: Job,
  lease: MailboxLease,
  signal: AbortSignal,
): Promise<readonly ConnectionLease[]> {
  const { governor, lookouts, clock } = parts;
  const connections = connectionsFor[work];
  let taken: readonly ConnectionLease[] = [];
  try {
    while (taken.length < sideNames.length) {
      signal.throwIfAborted();
      const side = sideNames[taken.length] as SideName;
      const answer = await governor.take({ side, mailbox, connections, atLeast: 1 });
      if (answer.kind === 'gone') throw new Error('this worker was counted as gone');
      if (answer.kind === 'granted' && !answer.lease.isProbe) {
        lookouts[side].opened();
        taken = [...taken, answer.lease];
      } else if (answer.kind === 'granted') {
        await tryOut(parts, answer.lease, lease, signal);
      } else {
        if (answer.waitMs > shortWaitMs) {
          await governor.release(taken);
          taken = [];
        }
        await clock.sleep(Math.min(answer.waitMs, longestWaitMs), signal);
      }
    }
    return taken;
  } catch (error) {
    await governor.release(taken);
    throw error;
  }
}

/** Signs in and out for all who wait, and tells how it went. */
async function tryOut(
  parts: ErrandParts,
  probe: ConnectionLease,
  lease: MailboxLease,
  signal: AbortSignal,
): Promise<void> {
  const { bench, governor, journeys, lookouts } = parts;
  const { mailbox, side } = probe;
  // What was heard before is what is to be tried now.
  lookouts[side].opened();
  const visit = new Visit(parts, mailbox, connectionsOf([probe]));
  try {
    const found = await journeys.find(mailbox);
    if (!found) return;
    using inHand = new InHand(bench, found.traveller, lease, visit);
    const reader = await inHand.openToRead(side)(signal);
    await reader[Symbol.asyncDispose]();
    await lookouts[side].tell({ kind: 'signed-in', mailbox });
  } catch (error) {
    // It was told, and the next one tries after a while.
    if (!(error instanceof Fault) || !visit.refusedOn.has(side)) throw error;
  } finally {
    await visit.allLeft();
    await governor.release([probe]);
  }
}

function connectionsOf(leases: readonly ConnectionLease[]): Readonly<Record<SideName, number>> {
  const of = (side: SideName): number => leases.find((lease) => lease.side === side)?.connections ?? 0;
  return { source: of('source'), target: of('target') };
}
