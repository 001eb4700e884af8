/**
 * One piece of work on one mailbox of an estate: a pass of its journey, with the engines that `godwit copy` and `godwit verify`
 * use. The stage in the database says what is to be done; what comes of it is written there, and nowhere else.
 */

import { switchMailbox, type Switched, type SwitchPoint } from '#cutover/switch.ts';
import { Fault, fault, type FaultCode, faults, told } from '#domain/fault.ts';
import type { Stage, Step } from '#domain/journey.ts';
import type { Direction } from '#domain/ledger-turn.ts';
import { nextTryInMs, switchTriesMax } from '#domain/next-try.ts';
import { nextLookInMs, type WaveNow, type Work } from '#domain/release.ts';
import type { FaultReport, MailboxReport } from '#domain/report.ts';
import type { Clock } from '#lib/clock.ts';
import type { Log } from '#lib/log.ts';
import type { Journeys, PassNumbers } from '#ports/journeys.ts';
import type { LedgerReader } from '#ports/ledger.ts';
import type { MailboxInHand } from '#ports/mailbox-ends.ts';
import type { CrashPoint } from '#sync/engine.ts';
import { type CopyChoices, copyMailbox } from './copy-mailbox.ts';
import { compareBoth, isAsCompared, type Seen } from './leaving.ts';
import { choicesOf } from './way-home.ts';

export type JourneySteps = Pick<
  Journeys,
  'now' | 'take' | 'beginSwitch' | 'passed' | 'carried' | 'listed' | 'failed' | 'block' | 'turn'
>;

export interface TravelRequest {
  readonly work: Work;
  readonly inHand: MailboxInHand;
  readonly wave: WaveNow | null;
  readonly journeys: JourneySteps;
  readonly choices: Omit<CopyChoices, 'dryRun' | 'followSeconds' | 'retryRefused'>;
  /** Between two looks at a mailbox that is followed, in milliseconds. */
  readonly followEveryMs: number;
  /** For the audit log. */
  readonly who: string;
  readonly log: Log;
  readonly clock: Clock;
  /** For how long the platforms have asked for this mailbox to be left alone by now, in milliseconds. */
  readonly askedMs?: () => number;
  /** For tests: the places at which a process may be killed. */
  readonly at?: (point: SwitchPoint | CrashPoint) => void;
}

/** So often a folder may be in doubt before a person looks at it. */
const hiccupsMax = 3;

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
      // Held, paused, or closed while the job waited: then it goes on following.
      if (request.work !== 'switch' || !(await request.journeys.beginSwitch(request.inHand.traveller.id, request.who)))
        return pass(request, 'following', 'there', signal);
      return cross(request, 'switching', signal);
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
  const { report, adopted } = await carry(request, direction, inHand.traveller.triesRefused, signal);
  if (report.fault) {
    await journeys.carried(inHand.traveller.id, doneBy(report, direction));
    return trouble(request, stage, report.fault, signal);
  }
  const lagMs = clock.now() - began;
  const next: Stage = stage === 'copying' ? 'following' : stage;
  const toSwitch = inHand.traveller.mayMove ? wave : null;
  const dueInMs = nextLookInMs(next, toSwitch, journeys.now(), followEveryMs);
  const mailbox = inHand.traveller.id;
  const about = { copied: report.copied };
  const caughtUp = { mailbox, expected: 'copying', step: 'catch-up', who, about } as const;
  const numbers = numbersOf(report, direction, adopted, lagMs);
  await journeys.passed(mailbox, numbers, dueInMs, stage === 'copying' ? caughtUp : undefined);
}

/** Takes the mailbox to the other side: with `switching` to the target, with `returning` home. */
async function cross(request: TravelRequest, stage: 'switching' | 'returning', signal: AbortSignal): Promise<void> {
  const { inHand, journeys, who, followEveryMs } = request;
  const mailbox = inHand.traveller.id;
  // Once is enough: what is refused again would be sent as often as it is looked.
  let triesRefused = inHand.traveller.triesRefused;
  let compared: Seen | null = null;
  const way = stage === 'switching' ? ({ from: 'there', step: 'settle', to: 'target' } as const) : homeward;
  const outcome: Switched = await switchMailbox(
    {
      carry: async (within) => {
        const { report, adopted } = await carry(request, way.from, triesRefused, within);
        triesRefused = false;
        const done = report.fault
          ? doneBy(report, way.from)
          : numbersOf(report, way.from, adopted, report.milliseconds);
        await journeys.carried(mailbox, done);
        return report.fault;
      },
      hold: async () => {
        // Doors that hold sign-ins and deliveries come with coexistence; until then nobody is kept waiting.
      },
      letGo: async () => {},
      compare: async (within) => {
        const { seen, why } = await compareBoth(request, way.from, within);
        compared = seen;
        return why;
      },
      unrest: async (within) => {
        const isStill = await isAsCompared(request, way.from, compared, within);
        return isStill ? null : told(fault('switch.unquiet', {}));
      },
      turn: async (interruptedMs) => {
        const ledger = await inHand.turnLedger(way.from);
        if (ledger.kind === 'unsettled') throw fault('switch.unsettled', { text: ledger.why });
        const taken = { mailbox, expected: stage, step: way.step, who };
        return journeys.turn(taken, way.to, interruptedMs, followEveryMs, ledger.isAll ? way.from : null);
      },
      now: () => performance.now(),
      at: request.at ?? (() => undefined),
    },
    signal,
  ).catch((error: unknown): Switched => ({ kind: 'stayed', fault: reportOf(error) }));
  if (outcome.kind === 'stayed') await trouble(request, stage, outcome.fault, signal);
  else
    request.log.info('switched', {
      mailbox,
      outcome: outcome.kind,
      side: way.to,
      ms: 'interruptedMs' in outcome ? outcome.interruptedMs : 0,
    });
}

const homeward = { from: 'back', step: 'come-home', to: 'source' } as const;

interface Carried {
  readonly report: MailboxReport;
  /** Messages that others had put on the target, as its content told. */
  readonly adopted: number;
}

async function carry(
  request: TravelRequest,
  direction: Direction,
  retryRefused: boolean,
  signal: AbortSignal,
): Promise<Carried> {
  const { inHand, choices, log, clock } = request;
  const { pair, openSource, openTarget, ledger } = inHand.ends(direction);
  let adopted = 0;
  const report = await copyMailbox(
    {
      pair,
      openSource,
      openTarget,
      ledger,
      choices: {
        ...choices,
        ...choicesOf(direction, choices, inHand.traveller.stage === 'returning'),
        dryRun: false,
        followSeconds: null,
        retryRefused,
      },
      opensOnce: true,
      watcher: { planned() {}, progress() {}, folder() {}, caughtUp() {} },
      log,
      pace: null,
      clock,
      ...(request.at ? { at: request.at } : {}),
      atTheEnd: async (held) => {
        if (direction === 'there') adopted = await adoptedIn(held);
      },
    },
    signal,
  );
  return { report, adopted };
}

/** By the maps, and not by what passes said: a pass that was killed said nothing. */
async function adoptedIn(ledger: LedgerReader): Promise<number> {
  const maps = await Promise.all((await ledger.folders()).map(({ source }) => ledger.map(source)));
  return maps.reduce((sum, { runs }) => sum + runs.reduce((of, run) => of + (run.adopted ? run.count : 0), 0), 0);
}

/** What a fault means for the journey: weather is waited out, and what needs a person stands there until one has looked. */
async function trouble(
  request: TravelRequest,
  stage: Stage,
  { code, message }: FaultReport,
  signal: AbortSignal,
): Promise<void> {
  // Stopped by us, or by a lease that lapsed: that says nothing about the mailbox.
  signal.throwIfAborted();
  // A fault of ours breaks the job off: whoever gave it to us counts those in a row.
  if (code === ('internal' satisfies FaultCode))
    throw new Error(message.replace(fault(code, { detail: '' }).message, ''));
  const { inHand, journeys, who, log } = request;
  const { id, failures } = inHand.traveller;
  log.warn('a pass failed', { mailbox: id, stage, fault: code });
  const { retry } = faults[code as FaultCode];
  // A server that contradicts itself once has hiccuped: nothing was removed on its word, and the next pass asks again.
  const mayBeHiccup = code === 'folder.in-doubt' && failures < hiccupsMax;
  const isWeather = retry === 'soon' || retry === 'paced' || mayBeHiccup;
  if (isWeather) {
    const waitMs = nextTryInMs(failures);
    if (stage === 'switching' && failures + 1 >= switchTriesMax)
      await step(request, 'switching', 'withdraw', waitMs, { code });
    return journeys.failed(id, Math.max(waitMs, request.askedMs?.() ?? 0), { code, message });
  }
  // What a person says of it then is said of these two.
  const pair = code === ('mailbox.other-account' satisfies FaultCode) ? { pair: inHand.ends('there').pair } : {};
  await journeys.block(id, code, { message, stage, ...pair }, who);
}

function step(
  { inHand, journeys, who }: TravelRequest,
  expected: Stage,
  taken: Step,
  dueInMs: number | null,
  about?: Readonly<Record<string, unknown>>,
): Promise<boolean> {
  return journeys.take(
    { mailbox: inHand.traveller.id, expected, step: taken, who, ...(about ? { about } : {}) },
    dueInMs,
  );
}

function numbersOf(report: MailboxReport, direction: Direction, adopted: number, lagMs: number): PassNumbers {
  const { copied, alreadyThere, refused, differences } = report;
  const removedThere = differences.filter((difference) => difference.class === 'removed-on-target').length;
  const messages = copied + alreadyThere + refused.length + removedThere;
  const exceptions = refused.length + differences.length;
  const found = { messages, alreadyThere: adopted, refused: refused.length, exceptions, lagMs };
  return { ...doneBy(report, direction), found };
}

function doneBy({ copied, bytes, milliseconds }: MailboxReport, direction: Direction): PassNumbers {
  return { direction, copied, bytes, milliseconds, found: null };
}

function reportOf(error: unknown): FaultReport {
  if (error instanceof Fault) return told(error);
  throw error;
}
