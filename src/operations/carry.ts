/** One pass of the engine over a mailbox of an estate, in one direction, and the numbers that the journey keeps of it. */

import type { Direction } from '#domain/ledger-turn.ts';
import type { MailboxReport } from '#domain/report.ts';
import type { PassNumbers } from '#ports/journeys.ts';
import type { LedgerReader } from '#ports/ledger.ts';
import { copyMailbox } from './copy-mailbox.ts';
import type { TravelRequest } from './travel-request.ts';
import { choicesOf } from './way-home.ts';

export interface Carried {
  readonly report: MailboxReport;
  /** Messages that others had put on the target, as its content told. */
  readonly adopted: number;
}

export async function carry(
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
