/** One pass of the engine over a mailbox of an estate, in one direction, and the numbers that the journey keeps of it. */

import type { FaultCode } from '#domain/fault.ts';
import type { Direction } from '#domain/ledger-turn.ts';
import type { MailboxReport } from '#domain/report.ts';
import type { PassNumbers } from '#ports/journeys.ts';
import type { LedgerReader } from '#ports/ledger.ts';
import { untraced } from '#ports/traces.ts';
import { type CopyChoices, copyMailbox, type CopyRequest } from './copy-mailbox.ts';
import type { TravelRequest } from './travel-request.ts';
import { choicesOf } from './way-home.ts';

export interface Carried {
  readonly report: MailboxReport;
  /** Messages that others had put on the target, as its content told. */
  readonly adopted: number;
  /** Of mail on the side that was written to, that none of ours explains; empty where there is none. */
  readonly foreign: string;
}

export async function carry(
  request: TravelRequest,
  direction: Direction,
  retryRefused: boolean,
  signal: AbortSignal,
): Promise<Carried> {
  let [adopted, foreign] = [0, ''];
  const returning = request.inHand.traveller.stage === 'returning';
  const report = await passOf(
    request,
    { ...request.inHand.ends(direction), ...choicesOf(direction, request.choices, returning), retryRefused },
    {
      foreign: (mark) => (foreign = mark),
      atTheEnd: async (held) => {
        if (direction === 'there') adopted = await adoptedIn(held);
      },
    },
    signal,
  );
  return { report, adopted, foreign };
}

/** What has come to the side that was left and is nobody's copy, and nothing else, to the side that people are on. */
export async function carryNew(
  request: TravelRequest,
  direction: Direction,
  signal: AbortSignal,
): Promise<MailboxReport> {
  const { inHand, choices } = request;
  const way = { ...inHand.ends(direction), ...choicesOf(direction, choices, false) };
  const ledger = await inHand.strayLedger(direction);
  return passOf(request, { ...way, ledger, delete: false, onlyNew: true, retryRefused: false }, {}, signal);
}

type Way = Pick<CopyRequest, 'pair' | 'openSource' | 'openTarget' | 'ledger'> &
  Pick<CopyChoices, 'selection' | 'delete' | 'aside' | 'restores' | 'onlyNew' | 'retryRefused'>;

/** One pass of the engine, within a span. */
function passOf(request: TravelRequest, way: Way, heard: Heard, signal: AbortSignal): Promise<MailboxReport> {
  const { traces = untraced, inHand } = request;
  return traces.within('carry', { mailbox: inHand.traveller.id }, async (span) => {
    const report = await runOf(request, way, heard, signal);
    span.add({ messages: report.copied, bytes: report.bytes });
    if (report.fault) span.end(report.fault.code as FaultCode);
    return report;
  });
}

type Heard = Pick<CopyRequest, 'atTheEnd' | 'foreign'>;

function runOf(
  { choices, log, clock, at }: TravelRequest,
  { pair, openSource, openTarget, ledger, ...way }: Way,
  heard: Heard,
  signal: AbortSignal,
): Promise<MailboxReport> {
  return copyMailbox(
    {
      pair,
      openSource,
      openTarget,
      ledger,
      choices: { ...choices, ...way, dryRun: false, followSeconds: null },
      opensOnce: true,
      watcher: { planned() {}, progress() {}, folder() {}, caughtUp() {} },
      log,
      pace: null,
      clock,
      ...(at ? { at } : {}),
      ...heard,
    },
    signal,
  );
}

/** By the maps, and not by what passes said: a pass that was killed said nothing. */
async function adoptedIn(ledger: LedgerReader): Promise<number> {
  const maps = await Promise.all((await ledger.folders()).map(({ source }) => ledger.map(source)));
  return maps.reduce((sum, { runs }) => sum + runs.reduce((of, run) => of + (run.adopted ? run.count : 0), 0), 0);
}

export function numbersOf(report: MailboxReport, direction: Direction, adopted: number, lagMs: number): PassNumbers {
  const { copied, alreadyThere, refused, differences } = report;
  const removedThere = differences.filter((difference) => difference.class === 'removed-on-target').length;
  const messages = copied + alreadyThere + refused.length + removedThere;
  const exceptions = refused.length + differences.length;
  const found = { messages, alreadyThere: adopted, refused: refused.length, exceptions, lagMs };
  return { ...doneBy(report, direction), found };
}

export function doneBy({ copied, bytes, milliseconds }: MailboxReport, direction: Direction): PassNumbers {
  return { direction, copied, bytes, milliseconds, found: null };
}
