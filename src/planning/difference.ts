/** What a plan changes in an earlier one: who moves at another time, who has come and gone, and what it costs before and after. */

import { grantDaysOf } from './grant-days.ts';
import { movesOf, noMove } from './moves.ts';
import { notFixed, type Placement, type PlanningOrder } from './placement.ts';
import { Heaviest } from './summary-heaviest.ts';

/** An earlier plan, held against the roster. */
export interface EarlierPlan {
  /** Of each mailbox of the roster a number in `starts`; -1 where it had no window, `notPlanned` where it was not in the plan. */
  readonly start: Int32Array;
  readonly starts: readonly EarlierStart[];
  /** Who was in it and is not in the roster any more. */
  readonly leavers: { readonly mailboxes: number; readonly first: readonly string[] };
}

export interface EarlierStart {
  /** `2026-08-03T19:00`. */
  readonly start: string;
  readonly dayNumber: number;
}

export const notPlanned = -2;

export interface PlanDifference {
  /** In both plans with a window, the same one. */
  readonly same: number;
  /** On the same day, at another hour. */
  readonly otherHour: number;
  readonly earlier: number;
  readonly later: number;
  /** Had no window and have one, and the other way round. */
  readonly newlyPlaced: number;
  readonly newlyUnplaced: number;
  readonly stillUnplaced: number;
  /** Have moved since, or are held back or gone. */
  readonly moved: number;
  readonly excluded: number;
  readonly joiners: { readonly placed: number; readonly unplaced: number };
  readonly leavers: EarlierPlan['leavers'];
  /** Those with most people who move on another day than they were told, or not at all. */
  readonly organisations: readonly { readonly organisation: number; readonly mailboxes: number }[];
  /** The first of them, in the order of the roster. */
  readonly first: readonly Changed[];
  /** Of the grants as they are now, by both plans. */
  readonly grantDaysBefore: number;
  readonly grantDaysAfter: number;
}

export interface Changed {
  readonly mailbox: number;
  readonly from: string;
  /** Null where there is no window any more. */
  readonly to: string | null;
}

const organisationsTold = 20;
const firstTold = 20;

export function differenceOf(order: PlanningOrder, placement: Placement, before: EarlierPlan): PlanDifference {
  const { roster, windows, fixed, excluded } = order;
  const numbers = {
    same: 0,
    otherHour: 0,
    earlier: 0,
    later: 0,
    newlyPlaced: 0,
    newlyUnplaced: 0,
    stillUnplaced: 0,
    moved: 0,
    excluded: 0,
  };
  const joiners = { placed: 0, unplaced: 0 };
  const ofOrganisation = new Int32Array(roster.organisations.length);
  const first: Changed[] = [];
  for (let m = 0; m < roster.size; m++) {
    const [was, is] = [before.start[m] as number, placement.window[m] as number];
    if (excluded?.[m] === 1) {
      if (was !== notPlanned) numbers.excluded++;
      continue;
    }
    if ((fixed?.[m] ?? notFixed) !== notFixed) {
      if (was !== notPlanned) numbers.moved++;
      continue;
    }
    if (was === notPlanned) {
      joiners[is < 0 ? 'unplaced' : 'placed']++;
      continue;
    }
    const [from, to] = [before.starts[was]?.start ?? null, windows[is]?.start ?? null];
    const change = changeOf(from, to);
    numbers[change]++;
    // Who had no window has nothing to unlearn.
    if (from === null || change === 'same' || change === 'otherHour') continue;
    (ofOrganisation[roster.organisation[m] as number] as number)++;
    if (first.length < firstTold) first.push({ mailbox: m, from, to });
  }
  return {
    ...numbers,
    joiners,
    leavers: before.leavers,
    organisations: mostChanged(ofOrganisation),
    first,
    grantDaysBefore: grantDaysOf(order, daysBefore(order, before)),
    grantDaysAfter: grantDaysOf(order, movesOf(order, placement).day),
  };
}

/** Starts are written so that their order is that of their letters. */
function changeOf(from: string | null, to: string | null) {
  if (from === null) return to === null ? 'stillUnplaced' : 'newlyPlaced';
  if (to === null) return 'newlyUnplaced';
  if (from === to) return 'same';
  if (from.slice(0, dayLength) === to.slice(0, dayLength)) return 'otherHour';
  return to < from ? 'earlier' : 'later';
}

const dayLength = '2026-08-03'.length;

function mostChanged(ofOrganisation: Int32Array): PlanDifference['organisations'] {
  const most = new Heaviest<PlanDifference['organisations'][number]>(
    organisationsTold,
    (a, b) => b.mailboxes - a.mailboxes || a.organisation - b.organisation,
  );
  for (const [organisation, mailboxes] of ofOrganisation.entries())
    if (mailboxes > 0) most.offer({ organisation, mailboxes });
  return most.all();
}

/** When everybody was to move; who has moved since, when they did. */
function daysBefore({ roster, fixed, excluded }: PlanningOrder, { start, starts }: EarlierPlan): Int32Array {
  const days = new Int32Array(roster.size).fill(noMove);
  for (let m = 0; m < roster.size; m++) {
    if (excluded?.[m] === 1) continue;
    const moved = fixed?.[m] ?? notFixed;
    days[m] = moved === notFixed ? (starts[start[m] as number]?.dayNumber ?? noMove) : moved;
  }
  return days;
}
