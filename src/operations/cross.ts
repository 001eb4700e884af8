/**
 * A mailbox changes sides: the parts of the switch, as a worker has them. People and deliveries wait at the doors meanwhile, where there
 * are doors; where anything is late or wrong it stays where it was.
 */

import { switchMailbox, type Switched, type SwitchParts } from '#cutover/switch.ts';
import { Fault, fault, type FaultCode, isFault, told } from '#domain/fault.ts';
import type { Met } from '#domain/parties.ts';
import { nextLookHomeInMs } from '#domain/release.ts';
import type { StepOf } from '#ports/journeys.ts';
import type { Crossing } from '#ports/meetings.ts';
import type { InterruptionIntake } from '#ports/interruptions.ts';
import type { RouteHold } from '#ports/routes.ts';
import { untraced } from '#ports/traces.ts';
import { carry, doneBy, numbersOf } from './carry.ts';
import { companyOf } from './company.ts';
import { compareBoth, isAsCompared, type Seen } from './leaving.ts';
import { pointing } from './pointing.ts';
import type { SignInWatch } from './probe-sign-ins.ts';
import {
  endLate,
  holdStill,
  outlookOn,
  type StillnessParts,
  untilLanded,
  waitBeforeSwitch,
  wordsOf,
} from './stillness.ts';
import { tracedSwitch } from './traced-switch.ts';
import type { TravelRequest } from './travel-request.ts';
import { brakedMs, trouble } from './trouble.ts';

/** Takes the mailbox to the other side: with `switching` to the target, with `returning` home. */
export async function cross(request: TravelRequest, stage: Crossing, signal: AbortSignal): Promise<void> {
  const { inHand, journeys, who, followEveryMs } = request;
  const mailbox = inHand.traveller.id;
  // Once is enough: what is refused again would be sent as often as it is looked.
  let triesRefused = inHand.traveller.triesRefused;
  let compared: Seen | null = null;
  const known = request.compared.take(mailbox, request.clock.now());
  const before = known.ways;
  const way = ways[stage];
  const { routes, meetings, mostMs } = request.holding;
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
  const hasDoors = (await routes.outlook()).doors > 0;
  const company = companyOf(hasDoors ? meetings : null, mailbox, stage, request.clock, mostMs);
  let hold: RouteHold | null = null;
  let hasLooked = false;
  let closedAt: number | null = null;
  let shutAt: number | null = null;
  const probing = request.holding.probing;
  using watch = probing?.probes.watch(inHand.traveller) ?? null;
  await watch?.seeUsual(signal);
  const { traces = untraced } = request;
  const parts: SwitchParts = {
    carry: async (within) => {
      const { report, adopted } = await carry(request, way.from, triesRefused, within);
      triesRefused = false;
      const done = report.fault ? doneBy(report, way.from) : numbersOf(report, way.from, adopted, report.milliseconds);
      await journeys.carried(mailbox, done);
      // Nobody is to be kept waiting for a directory that could not be written then.
      if (!report.fault && !hasLooked) await pointed.look(within);
      // Nor for what can be compared now. What it finds is looked at once more when nothing moves any longer.
      if (!report.fault && !hasLooked) await compareBoth(request, way.from, before, within);
      hasLooked = true;
      return report.fault;
    },
    meet: (within) => company.meet(within),
    hold: async (within) => {
      // Our own sessions are none that would have to end.
      if (stillness.sessions) inHand.leaveBoth();
      watch?.begin();
      const closing = (): void => void (closedAt ??= performance.now());
      shutAt = await holdStill({ ...stillness, closing }, (held) => (hold = held), within);
    },
    holdMostMs: hasDoors ? mostMs : null,
    tooLong: () => told(fault('switch.too-long', { seconds: Math.round(mostMs / 1000) })),
    letGo: async () => {
      try {
        if (hold) await routes.letGo(hold);
      } finally {
        await company.leave();
      }
    },
    notLetGo: (error) => request.log.warn('a hold that is over could not be put away', { mailbox, ...wordsOf(error) }),
    compare: async (within) => {
      const { seen, why } = await compareBoth(request, way.from, before, within);
      compared = seen;
      return why;
    },
    unrest: async (within) => {
      await untilLanded(stillness, shutAt, within);
      const isStill = await isAsCompared(request, way.from, compared, within);
      return isStill ? null : told(fault('switch.unquiet', {}));
    },
    agree: (within) => company.agree(within),
    point: (within) => pointed.point(within),
    pointBack: async () => void (await pointed.putBack()),
    turn: async (interruptedMs, withinMs) => {
      const ledger = await inHand.turnLedger(way.from);
      if (ledger.kind === 'unsettled') throw fault('switch.unsettled', { text: ledger.why });
      const taken = { mailbox, expected: stage, step: way.step, who, ...toldOf(company.met) };
      await outlookOn(routes);
      const sessionMs = closedAt === null ? null : Math.round(performance.now() - closedAt);
      const also = { forgets: ledger.isAll ? way.from : null, hold, sessionMs, withinMs };
      // What still comes to the side that was left must not wait for the pace at which a whole estate is followed.
      const againInMs = nextLookHomeInMs(0, followEveryMs);
      const isTurned = await pointed.through(() => journeys.turn(taken, way.to, interruptedMs, againInMs, also));
      // It is refused under the brake, too: then it has not been overtaken.
      if (!isTurned) await outlookOn(routes);
      return isTurned;
    },
    now: () => performance.now(),
    at: request.at ?? (() => undefined),
  };
  const outcome: Switched = await traces
    .within('switch', { mailbox, to: way.to }, async (span) => {
      const done = await switchMailbox(tracedSwitch(parts, traces), signal);
      span.add({ outcome: done.kind, ...(done.kind === 'turned' ? { interruptedMs: done.interruptedMs } : {}) });
      if (done.kind === 'stayed') span.end(done.fault.code as FaultCode);
      return done;
    })
    .catch(async (error: unknown): Promise<Switched> => {
      if (error instanceof Fault) return { kind: 'stayed', fault: told(error) };
      // Whoever counts faults of ours may withdraw it.
      await pointed.putBack();
      throw error;
    });
  if (outcome.kind === 'turned' && hold) {
    inHand.leaveBoth();
    await endLate(stillness, request.log, signal);
  }
  if (outcome.kind === 'waits') {
    signal.throwIfAborted();
    request.compared.keep(mailbox, known);
    // What cannot be put back now is looked at again by the attempt that comes next.
    await pointed.putBack();
    await journeys.rest(mailbox, againMs);
  } else if (outcome.kind === 'stayed') {
    const left = signal.aborted ? null : await pointed.putBack();
    if (left) await trouble(request, stage, left, signal, true);
    else await trouble(request, stage, outcome.fault, signal);
  } else if (outcome.kind === 'overtaken')
    request.log.info('a switch came too late: somebody else has taken it further, or back', { mailbox, to: way.to });
  else request.log.info('switched', { mailbox, side: way.to, ms: outcome.interruptedMs });
  if (outcome.kind === 'turned' && probing && watch) await keepTried(watch, probing.intake, request, signal);
}

/** The mailbox has changed sides: whatever becomes of this, that stands, and so do its stamps. */
async function keepTried(
  watch: SignInWatch,
  intake: InterruptionIntake,
  { log, inHand }: TravelRequest,
  signal: AbortSignal,
): Promise<void> {
  try {
    const found = await watch.end(signal);
    if (found !== null) await intake.keep([found]);
  } catch (error) {
    log.warn('what was tried at a switch cannot be kept', { mailbox: inHand.traveller.id, ...wordsOf(error) });
  }
}

/** So long after a turn a sign-in that was under way at the hold may still land on the side that was left: proxies give up before. */
const landsLateMs = 2 * 60_000;

/**
 * Ends sessions on the side that was left, in the first looks after it changed sides: the once at its turn may have been too early, or
 * never have come to pass, where the worker was killed.
 */
export async function endLanded(request: TravelRequest, signal: AbortSignal): Promise<void> {
  const { stage, turnedForMs } = request.inHand.traveller;
  const crossed = stage === 'settled' ? 'switching' : stage === 'following' ? 'returning' : null;
  if (crossed === null || turnedForMs === null || turnedForMs > landsLateMs) return;
  const stillness = stillnessOf(request, crossed);
  // Where there are no doors nobody is led anywhere, and who is there is not sent away.
  if (stillness.sessions === null || (await stillness.routes.outlook()).doors === 0) return;
  await endLate(stillness, request.log, signal);
}

const ways = {
  switching: { from: 'there', step: 'settle', leaving: 'source', to: 'target' },
  returning: { from: 'back', step: 'come-home', leaving: 'target', to: 'source' },
} as const satisfies Record<Crossing, unknown>;
/** Whoever has not met its company leaves its place to others for so long. */
const againMs = 2_000;

/** For the record: with how many of those who belong with it. */
function toldOf(met: Met | null): Pick<StepOf, 'why' | 'about'> {
  if (met === null) return {};
  const why = met.with < met.of ? { why: `opened apart: ${met.with} of ${met.of}` } : {};
  return { ...why, about: { together: met } };
}

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
  const { routes, sessions, announceAheadMs, passageMs } = holding;
  const { leaving } = ways[stage];
  const mailbox = inHand.traveller.id;
  const user = inHand.user(leaving);
  return { routes, sessions: sessions[leaving], user, mailbox, clock, announceAheadMs, passageMs };
}
