/**
 * One piece of work on one mailbox of an estate: a pass of its journey, with the engines that `godwit copy` and `godwit verify`
 * use. The stage in the database says what is to be done; what comes of it is written there, and nowhere else.
 */

import { fault, told } from '#domain/fault.ts';
import type { Stage } from '#domain/journey.ts';
import type { Direction } from '#domain/ledger-turn.ts';
import { nextLookHomeInMs, nextLookInMs } from '#domain/release.ts';
import { carry, doneBy, numbersOf } from './carry.ts';
import { cross, msBeforeCrossing } from './cross.ts';
import type { TravelRequest } from './travel-request.ts';
import { carryHome } from './strays.ts';
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
  const began = clock.now();
  const carrying =
    stage === 'settled' ? carryHome(request, signal) : carry(request, direction, inHand.traveller.triesRefused, signal);
  const { report, adopted } = await carrying;
  if (report.fault) {
    await journeys.carried(inHand.traveller.id, doneBy(report, direction));
    return trouble(request, stage, report.fault, signal);
  }
  const lagMs = clock.now() - began;
  const next: Stage = stage === 'copying' ? 'following' : stage;
  const toSwitch = inHand.traveller.mayMove ? wave : null;
  const dueInMs =
    stage === 'settled'
      ? nextLookHomeInMs(inHand.traveller.turnedForMs, followEveryMs)
      : nextLookInMs(next, toSwitch, journeys.now(), followEveryMs);
  const mailbox = inHand.traveller.id;
  const about = { copied: report.copied };
  const caughtUp = { mailbox, expected: 'copying', step: 'catch-up', who, about } as const;
  const numbers = numbersOf(report, direction, adopted, lagMs);
  await journeys.passed(mailbox, numbers, dueInMs, stage === 'copying' ? caughtUp : undefined);
}

/** Begins the switch, where it may begin now. */
async function beginToCross(request: TravelRequest, signal: AbortSignal): Promise<void> {
  const { inHand, journeys, who } = request;
  const mailbox = inHand.traveller.id;
  const waitMs = await msBeforeCrossing(request, 'switching');
  if (waitMs > 0) return journeys.rest(mailbox, waitMs);
  // Held, paused, or closed while the job waited: then it goes on following.
  if (!(await journeys.beginSwitch(mailbox, who))) return pass(request, 'following', 'there', signal);
  return cross(request, 'switching', signal);
}
