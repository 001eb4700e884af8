/**
 * Why somebody moves when they do: what their own rules allow, with whom they share grants and when those move, and what each
 * other window would cost them and why it is not for them.
 */

import type { PlanWindow } from '#domain/calendar.ts';
import { type GrantKind, grantKinds } from '#domain/estate.ts';
import { lastKinds, type Moves, movesOf, noMove, turnsBetween, turnsOf } from './moves.ts';
import { isBarred, notFixed, type Placement, type PlanningOrder } from './placement.ts';
import type { SplitSide } from './split.ts';

export interface Explanation {
  readonly mailbox: number;
  readonly standing: Standing;
  /** Its grants, those that cost most first. */
  readonly partners: readonly Partner[];
  /** Those who wish to move together with it. */
  readonly companions: readonly Companion[];
  /** Grant-days of its grants (and wishes) as planned. */
  readonly cost: number;
  /** Every window of the calendar. */
  readonly windows: readonly WindowCost[];
  readonly kept: Kept;
}

export type Standing =
  | { readonly kind: 'placed'; readonly at: number }
  | { readonly kind: 'unplaced' }
  /** It has moved, or does in a window that has begun, on this day. */
  | { readonly kind: 'moved'; readonly day: number }
  | { readonly kind: 'excluded' };

export interface Partner {
  readonly mailbox: number;
  readonly kind: GrantKind;
  /** What the partner is in this grant: whose mailbox it is, or who was given something. */
  readonly as: SplitSide;
  /** Null where the partner has no window. */
  readonly day: number | null;
  readonly days: number | null;
  readonly weight: number;
  readonly grantDays: number;
}

export interface Companion {
  readonly mailbox: number;
  readonly day: number | null;
  readonly weight: number;
}

/** A rule by which a mailbox may not move in a window. */
export type Forbidden =
  | 'not-before'
  | 'not-after'
  | 'closed'
  /** It, or its organisation, wishes not to move then. */
  | 'barred'
  /** Somebody of its organisation whom it has to wait for moves in it or later. */
  | 'after-people'
  /** Somebody who has to wait for it moves in it or earlier. */
  | 'before-others'
  | 'full'
  | 'too-large';

export interface WindowCost {
  readonly at: number;
  readonly window: PlanWindow;
  /** Grant-days of its grants if it moved then and everybody else as planned. */
  readonly cost: number;
  /** Empty where it could. */
  readonly forbidden: readonly Forbidden[];
}

/** What keeps it where it is. */
export type Kept =
  /** No window costs less. */
  | { readonly kind: 'cheapest' }
  /** It has no grants with anybody who moves: any window is as good, and it fills one. */
  | { readonly kind: 'no-grants' }
  /** Others would cost less and are not for it; the best of them. */
  | { readonly kind: 'forbidden'; readonly best: WindowCost }
  /** This one would cost less, and is open to it: planned for longer, it may be found. */
  | { readonly kind: 'effort'; readonly best: WindowCost }
  /** It does not move, or has. */
  | { readonly kind: 'not-asked' };

export function explain(order: PlanningOrder, placement: Placement, mailbox: number): Explanation {
  const moves = movesOf(order, placement);
  const standing = standingOf(order, placement, mailbox);
  const partners = partnersOf(order, moves, mailbox);
  const companions = companionsOf(order, moves, mailbox);
  const pulls = [...partners, ...companions].flatMap(({ day, weight }) => (day === null ? [] : [{ day, weight }]));
  const costOn = (day: number): number => pulls.reduce((sum, pull) => sum + pull.weight * Math.abs(day - pull.day), 0);
  const forbidden = forbiddenFor(order, placement, moves, mailbox);
  const windows = order.windows.map((window, at) => ({
    at,
    window,
    cost: costOn(window.dayNumber),
    forbidden: standing.kind === 'placed' && standing.at === at ? [] : forbidden(at),
  }));
  const day = moves.day[mailbox] as number;
  const cost = day === noMove ? 0 : costOn(day);
  return {
    mailbox,
    standing,
    partners,
    companions,
    cost,
    windows,
    kept: keptBy(standing, pulls.length, cost, windows),
  };
}

function standingOf(order: PlanningOrder, { window }: Placement, mailbox: number): Standing {
  const moved = order.fixed?.[mailbox] ?? notFixed;
  if (order.excluded?.[mailbox] === 1) return { kind: 'excluded' };
  if (moved !== notFixed) return { kind: 'moved', day: moved };
  const at = window[mailbox] as number;
  return at < 0 ? { kind: 'unplaced' } : { kind: 'placed', at };
}

function partnersOf({ roster, calendar }: PlanningOrder, { day }: Moves, mailbox: number): readonly Partner[] {
  const { mailbox: owners, grantee: grantees, kind: kinds } = roster.grants;
  const own = day[mailbox] as number;
  const found: Partner[] = [];
  for (let g = 0; g < owners.length; g++) {
    if (owners[g] !== mailbox && grantees[g] !== mailbox) continue;
    const as: SplitSide = owners[g] === mailbox ? 'grantee' : 'mailbox';
    const partner = (as === 'grantee' ? grantees[g] : owners[g]) as number;
    if (partner === mailbox) continue;
    const kind = grantKinds[kinds[g] as number] as GrantKind;
    const theirs = day[partner] as number;
    const days = theirs === noMove || own === noMove ? null : Math.abs(theirs - own);
    const weight = calendar.weights[kind];
    found.push({
      mailbox: partner,
      kind,
      as,
      day: theirs === noMove ? null : theirs,
      days,
      weight,
      grantDays: weight * (days ?? 0),
    });
  }
  return found.toSorted((a, b) => b.grantDays - a.grantDays || b.weight - a.weight || a.mailbox - b.mailbox);
}

function companionsOf({ together }: PlanningOrder, { day }: Moves, mailbox: number): readonly Companion[] {
  if (together === null) return [];
  const found: Companion[] = [];
  for (let i = 0; i < together.a.length; i++) {
    if (together.a[i] !== mailbox && together.b[i] !== mailbox) continue;
    const other = (together.a[i] === mailbox ? together.b[i] : together.a[i]) as number;
    const theirs = day[other] as number;
    found.push({ mailbox: other, day: theirs === noMove ? null : theirs, weight: together.weight[i] as number });
  }
  return found;
}

function forbiddenFor(
  order: PlanningOrder,
  placement: Placement,
  moves: Moves,
  mailbox: number,
): (at: number) => readonly Forbidden[] {
  const { roster, windows } = order;
  const organisation = roster.organisation[mailbox] as number;
  const size = roster.sizeBytes[mailbox] as number;
  const isLast = lastKinds(order.calendar.kindsLast);
  const [from, to] = turnsBetween(order, mailbox, turnsOf(order, placement), isLast);
  return (at) => {
    const { dayNumber, mailboxes, bytes } = windows[at] as PlanWindow;
    const found: Forbidden[] = [];
    if (dayNumber < (roster.notBefore[mailbox] as number)) found.push('not-before');
    if (dayNumber > (roster.notAfter[mailbox] as number)) found.push('not-after');
    if (order.closed[organisation]?.[at] === 1) found.push('closed');
    if (isBarred(order.barred, organisation, mailbox, at)) found.push('barred');
    if (at < from) found.push('after-people');
    if (at >= to) found.push('before-others');
    if (size > bytes) found.push('too-large');
    else if ((moves.mailboxes[at] as number) + 1 > mailboxes || (moves.bytes[at] as number) + size > bytes)
      found.push('full');
    return found;
  };
}

function keptBy(standing: Standing, pulls: number, cost: number, windows: readonly WindowCost[]): Kept {
  if (standing.kind !== 'placed') return { kind: 'not-asked' };
  if (pulls === 0) return { kind: 'no-grants' };
  const cheaper = windows.filter((each) => each.cost < cost).toSorted((a, b) => a.cost - b.cost || a.at - b.at);
  const open = cheaper.find(({ forbidden }) => forbidden.length === 0);
  if (open) return { kind: 'effort', best: open };
  const [best] = cheaper;
  return best ? { kind: 'forbidden', best } : { kind: 'cheapest' };
}
