/**
 * Mail that still comes to the side that was left: a program that signs in there past all doors, a delivery that was under way. As long
 * as changes are carried home, what nobody of ours put there is carried forward, and is then known by its content as the same message.
 *
 * It is sent under a ledger in memory, made of the one that leads home and thrown away: whatever ends this in the middle, the next pass
 * home finds what had arrived on both sides equal, and adopts it.
 */

import type { MailboxReport } from '#domain/report.ts';
import { carry, type Carried, carryNew } from './carry.ts';
import type { TravelRequest } from './travel-request.ts';

/** What was seen of each mailbox the last time, so that mail which cannot be brought over is not looked at again and again. */
export class StrayMemory {
  readonly #marks = new Map<number, string>();
  readonly #most: number;

  constructor(most = 50_000) {
    this.#most = most;
  }

  isNew(mailbox: number, mark: string): boolean {
    return mark !== '' && this.#marks.get(mailbox) !== mark;
  }

  note(mailbox: number, mark: string): void {
    this.#marks.delete(mailbox);
    if (mark === '') return;
    this.#marks.set(mailbox, mark);
    const [oldest] = this.#marks.keys();
    if (this.#marks.size > this.#most && oldest !== undefined) this.#marks.delete(oldest);
  }
}

/** A pass home of one that has settled, and what it shows to have come to the side that was left. */
export async function carryHome(request: TravelRequest, signal: AbortSignal): Promise<Carried> {
  const { inHand, strays, log } = request;
  const { id, triesRefused } = inHand.traveller;
  const home = await carry(request, 'back', triesRefused, signal);
  if (home.report.fault || !strays.isNew(id, home.foreign)) return home;
  const forward = await carryNew(request, signal);
  if (forward.copied > 0)
    log.info('carried forward what came to the side that was left', { mailbox: id, messages: forward.copied });
  if (forward.fault) return { ...home, report: { ...home.report, fault: forward.fault } };
  const again = await carry(request, 'back', false, signal);
  if (!again.report.fault) strays.note(id, again.foreign);
  return { ...again, report: together(home.report, again.report) };
}

/** Of both passes home; what was carried forward has arrived where people are, and is no part of the way home. */
function together(first: MailboxReport, then: MailboxReport): MailboxReport {
  return {
    ...then,
    copied: first.copied + then.copied,
    bytes: first.bytes + then.bytes,
    milliseconds: first.milliseconds + then.milliseconds,
  };
}
