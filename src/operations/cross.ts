/**
 * A mailbox changes sides: the parts of the switch, as a worker has them. People and deliveries wait at the doors meanwhile, where there
 * are doors; where anything is late or wrong it stays where it was.
 */

import { switchMailbox, type Switched } from '#cutover/switch.ts';
import { Fault, fault, isFault, told } from '#domain/fault.ts';
import type { RouteHold } from '#ports/routes.ts';
import { carry, doneBy, numbersOf } from './carry.ts';
import { compareBoth, isAsCompared, type Seen } from './leaving.ts';
import { pointing } from './pointing.ts';
import { heedBrake, holdStill, type StillnessParts, waitBeforeSwitch } from './stillness.ts';
import type { TravelRequest } from './travel-request.ts';
import { brakedMs, trouble } from './trouble.ts';

/** Takes the mailbox to the other side: with `switching` to the target, with `returning` home. */
export async function cross(request: TravelRequest, stage: Crossing, signal: AbortSignal): Promise<void> {
  const { inHand, journeys, who, followEveryMs } = request;
  const mailbox = inHand.traveller.id;
  // Once is enough: what is refused again would be sent as often as it is looked.
  let triesRefused = inHand.traveller.triesRefused;
  let compared: Seen | null = null;
  const way = ways[stage];
  const { routes, mostMs } = request.holding;
  const stillness = stillnessOf(request, stage);
  // One that has begun just now can have left nothing behind.
  const mayBeWritten = inHand.traveller.stage === stage;
  const pointed = pointing(request.directing, inHand.traveller, { from: way.leaving, to: way.to, mayBeWritten });
  const waitMs = await msBeforeCrossing(request, stage);
  if (waitMs > 0) {
    // Under the brake that may be long. What cannot be put back now is looked at again then.
    await pointed.putBack();
    return journeys.rest(mailbox, waitMs);
  }
  let hold: RouteHold | null = null;
  let hasLooked = false;
  const outcome: Switched = await switchMailbox(
    {
      carry: async (within) => {
        const { report, adopted } = await carry(request, way.from, triesRefused, within);
        triesRefused = false;
        const done = report.fault
          ? doneBy(report, way.from)
          : numbersOf(report, way.from, adopted, report.milliseconds);
        await journeys.carried(mailbox, done);
        // Nobody is to be kept waiting for a directory that could not be written then.
        if (!report.fault && !hasLooked) await pointed.look(within);
        hasLooked = true;
        return report.fault;
      },
      hold: async (within) => {
        // Our own sessions are none that would have to end.
        if (stillness.sessions) inHand.leaveBoth();
        await holdStill(stillness, (held) => (hold = held), within);
      },
      holdMostMs: (await routes.doors()) > 0 ? mostMs : null,
      tooLong: () => told(fault('switch.too-long', { seconds: Math.round(mostMs / 1000) })),
      letGo: async () => {
        if (hold) await routes.letGo(hold);
      },
      compare: async (within) => {
        const { seen, why } = await compareBoth(request, way.from, within);
        compared = seen;
        return why;
      },
      unrest: async (within) => {
        const isStill = await isAsCompared(request, way.from, compared, within);
        return isStill ? null : told(fault('switch.unquiet', {}));
      },
      point: (within) => pointed.point(within),
      pointBack: async () => void (await pointed.putBack()),
      turn: async (interruptedMs) => {
        const ledger = await inHand.turnLedger(way.from);
        if (ledger.kind === 'unsettled') throw fault('switch.unsettled', { text: ledger.why });
        const taken = { mailbox, expected: stage, step: way.step, who };
        await heedBrake(routes);
        const also = { forgets: ledger.isAll ? way.from : null, hold };
        return pointed.through(() => journeys.turn(taken, way.to, interruptedMs, followEveryMs, also));
      },
      now: () => performance.now(),
      at: request.at ?? (() => undefined),
    },
    signal,
  ).catch(async (error: unknown): Promise<Switched> => {
    if (error instanceof Fault) return { kind: 'stayed', fault: told(error) };
    // Whoever counts faults of ours may withdraw it.
    await pointed.putBack();
    throw error;
  });
  if (outcome.kind === 'stayed') {
    const left = signal.aborted ? null : await pointed.putBack();
    if (left) await trouble(request, stage, left, signal, true);
    else await trouble(request, stage, outcome.fault, signal);
  } else
    request.log.info('switched', {
      mailbox,
      outcome: outcome.kind,
      side: way.to,
      ms: 'interruptedMs' in outcome ? outcome.interruptedMs : 0,
    });
}

const ways = {
  switching: { from: 'there', step: 'settle', leaving: 'source', to: 'target' },
  returning: { from: 'back', step: 'come-home', leaving: 'target', to: 'source' },
} as const;
type Crossing = keyof typeof ways;

/** For how long it has to wait before it may begin: whoever asks the doors remembers what they were told, and a brake may be on. */
export async function msBeforeCrossing(request: TravelRequest, stage: Crossing): Promise<number> {
  try {
    return await waitBeforeSwitch(stillnessOf(request, stage));
  } catch (error) {
    if (isFault(error, 'switch.braked')) return brakedMs;
    throw error;
  }
}

function stillnessOf({ inHand, holding, clock }: TravelRequest, stage: Crossing): StillnessParts {
  const { routes, sessions, announceAheadMs } = holding;
  const { leaving } = ways[stage];
  const mailbox = inHand.traveller.id;
  return { routes, sessions: sessions[leaving], user: inHand.user(leaving), mailbox, clock, announceAheadMs };
}
