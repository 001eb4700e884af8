/**
 * Connections to both platforms for one mailbox, within what the governors allow. Where a platform is in trouble one waits for
 * one's turn, and one mailbox at a time tries.
 */

import { imapSource } from '#connectors/imap/index.ts';
import { Fault } from '#domain/fault.ts';
import { type SideName, sideNames } from '#domain/platform.ts';
import type { Clock } from '#lib/clock.ts';
import type { ConnectionLease, Governor } from '#ports/budget.ts';
import type { Journeys } from '#ports/journeys.ts';
import { imapOptions, type WayThere } from './imap-options.ts';
import { Visit, type VisitParts } from './visit.ts';

export interface ConnectionParts extends VisitParts {
  readonly governor: Governor;
  readonly bench: WayThere;
  readonly journeys: Pick<Journeys, 'find'>;
  readonly clock: Clock;
}

/** Asked again at least so often: somebody may have called it off, or a budget may be larger now. */
const longestWaitMs = 5_000;
/** Who waits for longer on one side keeps nothing of the other. */
const shortWaitMs = 1_000;

/**
 * At most `connections` on each side, waiting as long as it takes. Rejects with the signal's reason, and when we are counted
 * as gone.
 */
export async function takeBoth(
  parts: ConnectionParts,
  mailbox: number,
  connections: number,
  signal: AbortSignal,
): Promise<readonly ConnectionLease[]> {
  const { governor, lookouts, clock } = parts;
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
        await tryOut(parts, answer.lease, signal);
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
async function tryOut(parts: ConnectionParts, probe: ConnectionLease, signal: AbortSignal): Promise<void> {
  const { bench, governor, journeys, lookouts } = parts;
  const { mailbox, side } = probe;
  // What was heard before is what is to be tried now.
  lookouts[side].opened();
  const visit = new Visit(parts, mailbox, connectionsOf([probe]));
  try {
    const found = await journeys.find(mailbox);
    if (!found) return;
    const open = imapSource(imapOptions(bench, found.traveller, visit, side));
    const reader = await visit.open(side, open, signal);
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

export function connectionsOf(leases: readonly ConnectionLease[]): Readonly<Record<SideName, number>> {
  const of = (side: SideName): number => leases.find((lease) => lease.side === side)?.connections ?? 0;
  return { source: of('source'), target: of('target') };
}
