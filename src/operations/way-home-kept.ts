/**
 * Whether a pass home shows that the side that was left still takes what is carried there. A full or closed mailbox is told at once and
 * keeps nobody blocked: what still comes to that side is carried forward all the same. Bad weather is waited out, and told by the leader
 * when it lasts (`store/way-home.ts`).
 */

import { fault, type FaultCode, faults, told } from '#domain/fault.ts';
import type { FaultReport, MailboxReport } from '#domain/report.ts';
import { isTriedAgain } from '#sync/exceptions.ts';
import type { TravelRequest } from './travel-request.ts';

/** The side that was left can be read, and takes nothing more. */
const takesNothing: ReadonlySet<string> = new Set<FaultCode>(['target.quota', 'target.read-only']);

/** Whether only what is carried home is kept from its place, so that everything else goes on. */
export function isOnlyFull(met: FaultReport | null): boolean {
  return met !== null && takesNothing.has(met.code);
}

/** Tells of a way home that is not kept up any more, or is again: once, and not at every pass. */
export async function tellWayHome(
  { inHand, journeys, log }: Pick<TravelRequest, 'inHand' | 'journeys' | 'log'>,
  report: Pick<MailboxReport, 'fault' | 'refused'>,
): Promise<void> {
  const { id: mailbox, homeLate } = inHand.traveller;
  const late = whyLate(report);
  // How long bad weather lasts is for others to see.
  if (late === null && report.fault) return;
  if ((late?.code ?? null) === homeLate || !(await journeys.wayHome(mailbox, late))) return;
  if (late) log.error('the side that was left takes nothing more', { mailbox, fault: late.code, text: late.message });
  else log.info('what changes is carried home again', { mailbox });
}

/** What needs a person; null where that is nothing, or may pass by itself. */
function whyLate({ fault: met, refused }: Pick<MailboxReport, 'fault' | 'refused'>): FaultReport | null {
  if (met) return needsSomebody(met) ? met : null;
  // A single message that it does not like is listed; a folder that takes none, or a server that fails at each, keeps everything back.
  const untaken = refused.filter(({ code }) => isTriedAgain(code) && code !== 'withheld');
  const [first] = untaken;
  if (!first) return null;
  return told(fault('way-home.refused', { messages: untaken.length, text: first.reason }));
}

function needsSomebody({ code }: FaultReport): boolean {
  const { retry } = faults[code as FaultCode];
  // A folder that contradicts itself is asked again before a person is.
  return (retry === 'operator' || retry === 'never') && code !== 'internal' && code !== 'folder.in-doubt';
}
