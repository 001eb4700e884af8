/**
 * One piece of work on one mailbox of an estate: a pass of its journey, with the engines that `godwit copy` and `godwit verify`
 * use. The stage in the database says what is to be done; what comes of it is written there, and nowhere else.
 */

import { fault, type FaultCode, told } from '#domain/fault.ts';
import type { Stage } from '#domain/journey.ts';
import type { Direction } from '#domain/ledger-turn.ts';
import { nextLookHomeInMs, nextLookInMs, watchedAtHomeMs } from '#domain/release.ts';
import { carry, doneBy, numbersOf } from './carry.ts';
import { cross, endLanded, msBeforeCrossing } from './cross.ts';
import type { TravelRequest } from './travel-request.ts';
import { carryBehind, type CarriedBehind } from './strays.ts';
import { step, trouble } from './trouble.ts';

/** Does it, and writes down how it ended. Throws only what says nothing about the mailbox: a database or a lease that is gone. */
export async function travel(request: TravelRequest, signal: AbortSignal): Promise<void> {
  const { stage } = request.inHand.traveller;
  const { pair } = request.inHand.ends('there');
  // It would be copied to itself, and what one pass puts there the next would find as new.
  if (pair.source === pair.target)
    return trouble(request, stage, told(fault('mailbox.into-itself', { mailbox: pair.source })), signal);
  switch (stage) {
    case 'planned':
      if (await step(request, 'planned', 'start', 0)) await pass(request, 'copying', 'there', signal);
      return;
    case 'copying':
      return pass(request, 'copying', 'there', signal);
    case 'following':
      if (request.work !== 'switch') return pass(request, 'following', 'there', signal);
      return beginToCross(request, signal);
    case 'switching':
      return cross(request, 'switching', signal);
    case 'settled':
      return pass(request, 'settled', 'back', signal);
    case 'returning':
      return cross(request, 'returning', signal);
    case 'known':
    case 'released':
      // Somebody was faster: there is nothing to be done any more.
      return;
  }
}

/** Carries what changed, in one direction. */
async function pass(request: TravelRequest, stage: Stage, direction: Direction, signal: AbortSignal): Promise<void> {
  const { inHand, journeys, wave, who, followEveryMs, clock } = request;
  await endLanded(request, signal);
  const began = clock.now();
  const { cameHome, turnedForMs } = inHand.traveller;
  const lookHomeInMs = nextLookHomeInMs(turnedForMs, followEveryMs);
  const behind = stage === 'settled' || cameHome !== null ? await carryBehind(request, direction, signal) : null;
  const { report, adopted } = behind ?? (await carry(request, direction, inHand.traveller.triesRefused, signal));
  if (report.fault) {
    await journeys.carried(inHand.traveller.id, doneBy(report, direction));
    if (behind && needsNobody(request, behind) && !signal.aborted) {
      const { code, message } = report.fault;
      return journeys.failed(inHand.traveller.id, Math.max(lookHomeInMs, request.askedMs?.() ?? 0), { code, message });
    }
    return trouble(request, stage, report.fault, signal);
  }
  const lagMs = clock.now() - began;
  const next: Stage = stage === 'copying' ? 'following' : stage;
  const toSwitch = inHand.traveller.mayMove ? wave : null;
  const waitsForWindow = stage !== 'settled' && cameHome !== 'stays';
  const dueInMs = Math.min(
    behind ? lookHomeInMs : followEveryMs,
    waitsForWindow ? nextLookInMs(next, toSwitch, journeys.now(), followEveryMs) : followEveryMs,
  );
  const mailbox = inHand.traveller.id;
  const about = { copied: report.copied };
  const caughtUp = { mailbox, expected: 'copying', step: 'catch-up', who, about } as const;
  const numbers = numbersOf(report, direction, adopted, lagMs);
  const isQuiet = behind?.strays === 0 && (turnedForMs ?? watchedAtHomeMs) >= watchedAtHomeMs;
  if (cameHome !== null && isQuiet) await journeys.homeIsQuiet(mailbox);
  await journeys.passed(mailbox, numbers, dueInMs, stage === 'copying' ? caughtUp : undefined);
}

/**
 * Nobody's help is needed for what still comes to the side that was left: it is looked for as often as ever. Who has come home lacks
 * nothing, whatever becomes of the platform that they came from.
 */
function needsNobody({ inHand, log }: TravelRequest, { isOnlyFull, report: { fault: met } }: CarriedBehind): boolean {
  const { id: mailbox, cameHome } = inHand.traveller;
  if (isOnlyFull) return true;
  if (cameHome !== 'stays' || met === null || met.code === ('internal' satisfies FaultCode)) return false;
  log.warn('what may still come to the target of one that came home cannot be looked for now', {
    mailbox,
    fault: met.code,
  });
  return true;
}

/** Begins the switch, where it may begin now. */
async function beginToCross(request: TravelRequest, signal: AbortSignal): Promise<void> {
  const { inHand, journeys, holding, who } = request;
  const mailbox = inHand.traveller.id;
  if ((await holding.waysIn.lacking(mailbox)).length > 0) return waitForWord(request, signal);
  const waitMs = await msBeforeCrossing(request, 'switching');
  if (waitMs > 0) return journeys.rest(mailbox, waitMs);
  // Held, paused, or closed while the job waited: then it goes on following.
  if (!(await journeys.beginSwitch(mailbox, who))) return pass(request, 'following', 'there', signal);
  return cross(request, 'switching', signal);
}

/**
 * Ways in are open that nobody holds, and no person has said that they may be: the target stays close meanwhile, at the pace of all who are
 * followed, since a whole wave may wait so. The word wakes them all; of a door that is back they hear when their turn comes.
 */
function waitForWord(request: TravelRequest, signal: AbortSignal): Promise<void> {
  request.log.debug('a switch waits: not all ways in are held', { mailbox: request.inHand.traveller.id });
  return pass({ ...request, wave: null }, 'following', 'there', signal);
}
