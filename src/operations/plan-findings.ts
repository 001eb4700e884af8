/** What came of a plan: its tables, written while it is summed up, and everything that a report tells. */

import { setImmediate as breathe } from 'node:timers/promises';
import type { WindowRule } from '#domain/calendar.ts';
import type { Day } from '#domain/estate.ts';
import { dayNumber, dayOfNumber } from '#domain/calendar-days.ts';
import { closedWindows, windowsOf } from '#domain/calendar-windows.ts';
import { differenceOf, type EarlierPlan } from '#planning/difference.ts';
import { explain } from '#planning/explain.ts';
import { isToPlace } from '#planning/moves.ts';
import type { Placement, PlanningOrder } from '#planning/placement.ts';
import { summarise } from '#planning/summary.ts';
import { shortageOf } from '#planning/summary-shortage.ts';
import { UnplacedTally } from '#planning/summary-unplaced.ts';
import { type LaterWindows, whyNots } from '#planning/why-not.ts';
import { changeText, reasonText } from '#planning/why-not-words.ts';
import { namedHints } from './plan-report-hints.ts';
import { hintsOutcome } from '#planning/wave-hints.ts';
import type { AppliedWishes } from '#planning/wishes.ts';
import { type WishOutcome, wishesOutcome } from '#planning/wishes-outcome.ts';
import type { PlanDrafts } from './plan-files.ts';
import { withStanding } from './plan-standing-rows.ts';
import type { Standing } from './plan-estate.ts';
import { writePlan } from './plan-file-write.ts';
import {
  namedDifference,
  namedExplanation,
  type NamedSummary,
  namedSummary,
  namedUnplaced,
  type PlanReport,
} from './plan-report.ts';
import { splitLines, splitsHeader, unplacedHeader, unplacedLine, wishesHeader, wishLine } from './plan-rows.ts';

export interface Planned {
  readonly asked: PlanningOrder;
  readonly placement: Placement;
  readonly drafts: PlanDrafts | null;
  /** Mailboxes by their numbers. */
  readonly explained: readonly number[];
  readonly earlier: EarlierPlan | null;
  readonly wishes: AppliedWishes | null;
  readonly standing: Standing | null;
}

export type Found = Pick<
  PlanReport,
  'summary' | 'unplaced' | 'shortage' | 'explanations' | 'difference' | 'wishes' | 'hints'
>;

/** Between two looks at whether somebody wants it stopped. */
const atOnce = 20_000;

export async function findingsOf(planned: Planned, signal: AbortSignal): Promise<Found> {
  const { asked, placement, drafts, explained, earlier, wishes, standing } = planned;
  if (drafts) {
    const plan = withStanding(asked, placement, standing);
    await writePlan(drafts.reserve('plan'), { roster: asked.roster, ...plan }, signal);
  }
  const splits = drafts?.begin('splits');
  splits?.write(splitsHeader);
  const line = splitLines(asked);
  const write = (split: Parameters<typeof line>[0]): void => splits?.write(line(split));
  const summary = summarise(asked, placement, write, write);
  await breathe();
  signal.throwIfAborted();
  if (wishes === null) drafts?.retire('wishes', wishesHeader);
  const later = summary.mailboxes.unplaced > 0 ? laterWindows(asked, placement) : noneLater;
  const { unplaced, reasons } = await unplacedOf(planned, later, signal);
  return {
    summary: withBegun(namedSummary(asked, summary), standing),
    unplaced,
    shortage: summary.mailboxes.unplaced > 0 ? shortageOf(asked, later.windows) : null,
    explanations: explained.map((mailbox) =>
      namedExplanation(asked, explain(asked, placement, mailbox), reasons.get(mailbox) ?? { reason: '', change: '' }),
    ),
    difference: earlier && namedDifference(asked, differenceOf(asked, placement, earlier)),
    wishes: wishes && wishesOf(wishes, placement, drafts),
    hints: namedHints(asked, hintsOutcome(asked, placement)),
  };
}

/** Of those who are fixed, who have not moved yet. */
function withBegun(summary: NamedSummary, standing: Standing | null): NamedSummary {
  const { mailboxes } = summary;
  const fixed = standing?.begun ?? 0;
  return { ...summary, mailboxes: { ...mailboxes, moved: mailboxes.moved - fixed, fixed } };
}

/** So many wishes that were not granted are told at once; the file has all. */
const wishesTold = 20;

function wishesOf(applied: AppliedWishes, placement: Placement, drafts: PlanDrafts | null): PlanReport['wishes'] {
  const outcomes = wishesOutcome(applied, placement);
  const file = drafts?.begin('wishes');
  file?.write(wishesHeader);
  for (const outcome of outcomes) file?.write(wishLine(outcome));
  const of = (granted: WishOutcome['granted']): number => outcomes.filter((each) => each.granted === granted).length;
  return {
    granted: of('yes'),
    inPart: of('in part'),
    notGranted: of('no'),
    first: outcomes.filter(({ granted }) => granted !== 'yes').slice(0, wishesTold),
  };
}

async function unplacedOf(
  { asked, placement, drafts, explained }: Planned,
  later: LaterWindows,
  signal: AbortSignal,
): Promise<{
  readonly unplaced: Found['unplaced'];
  readonly reasons: ReadonlyMap<number, { readonly reason: string; readonly change: string }>;
}> {
  const file = drafts?.begin('unplaced');
  file?.write(unplacedHeader);
  const tally = new UnplacedTally(asked);
  const reasons = new Map<number, { readonly reason: string; readonly change: string }>();
  let told = 0;
  for (const each of whyNots(asked, placement, later)) {
    tally.add(each);
    file?.write(unplacedLine(asked, each));
    if (explained.includes(each.mailbox))
      reasons.set(each.mailbox, { reason: reasonText(asked, each), change: changeText(asked, each) });
    if (++told % atOnce !== 0) continue;
    await breathe();
    signal.throwIfAborted();
  }
  return { unplaced: told === 0 ? null : namedUnplaced(asked, tally.summary()), reasons };
}

const noneLater: LaterWindows = { windows: [], closed: [] };
/** How long a calendar is thought to go on: some weeks in any case, and ten years at most. */
const weeksLeast = 8;
const weeksMost = 520;

/** The windows after the calendar in its weekly rhythm, enough of them for all who have none. */
function laterWindows(order: PlanningOrder, { window }: Placement): LaterWindows {
  const { calendar, roster } = order;
  let [mailboxes, bytes] = [0, 0];
  for (let m = 0; m < roster.size; m++) {
    if ((window[m] as number) >= 0 || !isToPlace(order, m)) continue;
    mailboxes++;
    bytes += roster.sizeBytes[m] as number;
  }
  const everyWeek = (of: (rule: WindowRule) => number): number =>
    calendar.windows.reduce((sum, rule) => sum + rule.days.length * of(rule), 0);
  const bytesEveryWeek = everyWeek((rule) => rule.bytes ?? Number.POSITIVE_INFINITY);
  const full = Math.max(mailboxes / everyWeek((rule) => rule.mailboxes), bytes / bytesEveryWeek);
  // Twice as many, since blackouts and what does not fit side by side leave windows half empty.
  const weeks = Math.min(weeksMost, weeksLeast + 2 * Math.ceil(full));
  const last = dayNumber(calendar.until);
  const until: Day = dayOfNumber(last + 7 * weeks);
  const later = windowsOf({ ...calendar, until }, roster.size).windows.filter(({ dayNumber: day }) => day > last);
  return { windows: later, closed: closedWindows(calendar, later, roster.organisations) };
}
