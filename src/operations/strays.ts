/**
 * Mail that still comes to the side that was left: a program that signs in there past all doors, a delivery that was under way. As long
 * as changes are carried home, and for some hours after people have come home themselves, what nobody of ours put there is carried to where
 * people are, and is then known by its content as the same message.
 *
 * It is sent under a ledger in memory, made of the one that leads to the side that was left and thrown away: whatever ends this in the
 * middle, the next pass that way finds what had arrived on both sides equal, and adopts it.
 */

import { type Direction, opposite } from '#domain/ledger-turn.ts';
import type { MailboxReport } from '#domain/report.ts';
import { carry, type Carried, carryNew } from './carry.ts';
import type { TravelRequest } from './travel-request.ts';
import { isOnlyFull, tellWayHome } from './way-home-kept.ts';

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

export interface CarriedBehind extends Carried {
  /** Whether only what goes to the side that was left was kept from its place: nobody's help is wanted for what comes from there. */
  readonly isOnlyFull: boolean;
  /** Messages that had come to that side. */
  readonly strays: number;
}

/**
 * A pass to the side that was left, and what it shows to have come there: `back` of one that has settled, `there` of one that has come home.
 * Tells whether home takes mail.
 */
export async function carryBehind(
  request: TravelRequest,
  direction: Direction,
  signal: AbortSignal,
): Promise<CarriedBehind> {
  const { inHand, strays, log } = request;
  const { id, triesRefused } = inHand.traveller;
  const first = await carry(request, direction, triesRefused, signal);
  if (direction === 'back') await tellWayHome(request, first.report);
  const ended = (how: Carried, came = 0): CarriedBehind => {
    return { ...how, isOnlyFull: isOnlyFull(how.report.fault), strays: came };
  };
  // Where that side is full it can still be read, and who writes there does not know that it was left.
  if (first.report.fault && !isOnlyFull(first.report.fault)) return ended(first);
  if (!strays.isNew(id, first.foreign)) return ended(first);
  const { copied, fault } = await carryNew(request, opposite[direction], signal);
  if (copied > 0)
    log.info('carried over what came to the side that was left', {
      mailbox: id,
      messages: copied,
      way: opposite[direction],
    });
  if (fault) return { ...first, report: { ...first.report, fault }, isOnlyFull: false, strays: copied };
  const again = await carry(request, direction, false, signal);
  if (!again.report.fault || isOnlyFull(again.report.fault)) strays.note(id, again.foreign);
  return ended({ ...again, report: together(first.report, again.report) }, copied);
}

/** Of both passes; what was carried over has arrived where people are, and is no part of the way to the side that was left. */
function together(first: MailboxReport, then: MailboxReport): MailboxReport {
  return {
    ...then,
    copied: first.copied + then.copied,
    bytes: first.bytes + then.bytes,
    milliseconds: first.milliseconds + then.milliseconds,
  };
}
