/**
 * A plan in figures: what each window takes, what is split and for how long, who is left over, and which organisations have the
 * worst of it. Everything in it is bounded, however large the estate.
 */

import type { PlanWindow } from '#domain/calendar.ts';
import { type Moves, movesOf } from './moves.ts';
import { notFixed, type Placement, type PlanningOrder } from './placement.ts';
import { eachSplit, type OpenGrants, type OpenSplit, type Split } from './split.ts';
import { Heaviest } from './summary-heaviest.ts';
import { type SplitKind, SplitTally } from './summary-splits.ts';
import { inBands, type OrganisationSpread, type Spread, spreadOf } from './summary-spread.ts';

export interface PlanSummary {
  readonly mailboxes: {
    readonly all: number;
    readonly placed: number;
    readonly unplaced: number;
    /** Have moved already, or do in a window that has begun. */
    readonly moved: number;
    /** Left the programme, or are held back. */
    readonly excluded: number;
  };
  /** The days of the first and the last window that anybody moves in; null where nobody does. */
  readonly first: PlanWindow | null;
  readonly finish: PlanWindow | null;
  readonly grantDays: number;
  readonly grants: OpenGrants & { readonly all: number; readonly split: number; readonly unknown: number };
  /** By kind and by which end moves first; those of which there are none are left out. */
  readonly kinds: readonly SplitKind[];
  readonly windows: readonly WindowUse[];
  readonly spread: OrganisationSpread;
  /** Those with the most grant-days, each grant counted for the organisations of both its ends. */
  readonly organisations: readonly OrganisationUse[];
  readonly largest: readonly Readonly<Split>[];
}

export interface WindowUse {
  readonly window: PlanWindow;
  readonly mailboxes: number;
  readonly bytes: number;
  readonly organisations: number;
  /** Grants that are split from this window on, and those that are whole again with it. */
  readonly begins: number;
  readonly ends: number;
  /** Grants that are split when it is over. */
  readonly standing: number;
}

export interface OrganisationUse {
  /** Its number in the roster. */
  readonly organisation: number;
  readonly mailboxes: number;
  readonly windows: number;
  readonly splits: number;
  readonly grantDays: number;
}

/** So many of the worst are told by name. */
const worstTold = 20;

/** `each` is told of every split on the way, and `halves` of those whose other end has no window, so that grants are walked over once. */
export function summarise(
  order: PlanningOrder,
  placement: Placement,
  each: (split: Readonly<Split>) => void = () => undefined,
  halves: (split: Readonly<OpenSplit>) => void = () => undefined,
): PlanSummary {
  const { roster, windows } = order;
  const moves = movesOf(order, placement);
  const tally = new SplitTally(order, placement);
  const largest = new Heaviest<Split>(
    worstTold,
    (a, b) => b.grantDays - a.grantDays || b.days - a.days || a.grant - b.grant,
  );
  const open = eachSplit(
    order,
    moves,
    (split) => {
      tally.add(split);
      largest.offer(split);
      each(split);
    },
    halves,
  );
  const spread = spreadOf(order, placement);
  return {
    mailboxes: countsOf(order, placement),
    first: windows.find((_, w) => (moves.mailboxes[w] as number) > 0) ?? null,
    finish: windows.findLast((_, w) => (moves.mailboxes[w] as number) > 0) ?? null,
    grantDays: tally.grantDays,
    grants: { ...open, all: roster.grants.mailbox.length, split: tally.splits, unknown: roster.grants.unknown.grants },
    kinds: tally.kinds(),
    windows: usesOf(order, moves, spread.perWindow, tally),
    spread: inBands(spread.windows),
    organisations: worstOf(order, tally, spread),
    largest: largest.all(),
  };
}

function countsOf(order: PlanningOrder, { window }: Placement): PlanSummary['mailboxes'] {
  const counts = { all: order.roster.size, placed: 0, unplaced: 0, moved: 0, excluded: 0 };
  for (let m = 0; m < counts.all; m++) {
    if (order.excluded?.[m] === 1) counts.excluded++;
    else if ((order.fixed?.[m] ?? notFixed) !== notFixed) counts.moved++;
    else if ((window[m] as number) >= 0) counts.placed++;
    else counts.unplaced++;
  }
  return counts;
}

function usesOf(
  { windows }: PlanningOrder,
  moves: Moves,
  perWindow: Int32Array,
  tally: SplitTally,
): readonly WindowUse[] {
  let standing = tally.begunBefore;
  return windows.map((window, w) => {
    const [begins, ends] = [tally.begins[w] as number, tally.ends[w] as number];
    standing += begins - ends;
    const [mailboxes, bytes] = [moves.mailboxes[w] as number, moves.bytes[w] as number];
    return { window, mailboxes, bytes, organisations: perWindow[w] as number, begins, ends, standing };
  });
}

function worstOf(
  { roster }: PlanningOrder,
  { ofOrganisation }: SplitTally,
  spread: Spread,
): readonly OrganisationUse[] {
  const worst = new Heaviest<OrganisationUse>(
    worstTold,
    (a, b) => b.grantDays - a.grantDays || a.organisation - b.organisation,
  );
  for (let organisation = 0; organisation < roster.organisations.length; organisation++) {
    const grantDays = ofOrganisation.grantDays[organisation] as number;
    if (grantDays === 0) continue;
    worst.offer({
      organisation,
      mailboxes: spread.mailboxes[organisation] as number,
      windows: spread.windows[organisation] as number,
      splits: ofOrganisation.splits[organisation] as number,
      grantDays,
    });
  }
  return worst.all();
}
