/** What a plan has come to, in names and days instead of numbers, for people and for `-o json`; bounded, however large the estate. */

import type { PlanWindow } from '#domain/calendar.ts';
import { dayOfNumber } from '#domain/calendar-days.ts';
import { type Day, type GrantKind, type MailboxKind, mailboxKinds } from '#domain/estate.ts';
import type { PlanDifference } from '#planning/difference.ts';
import type { Explanation, Forbidden } from '#planning/explain.ts';
import type { PlanningOrder } from '#planning/placement.ts';
import { noDayAfter, noDayBefore } from '#planning/roster.ts';
import type { SplitSide } from '#planning/split.ts';
import type { PlanSummary } from '#planning/summary.ts';
import type { Shortage } from '#planning/summary-shortage.ts';
import type { UnplacedSummary } from '#planning/summary-unplaced.ts';
import type { WishOutcome } from '#planning/wishes-outcome.ts';
import type { NamedHints } from './plan-report-hints.ts';

export interface PlanReport {
  readonly calendar: {
    readonly timezone: string;
    readonly from: Day;
    readonly until: Day;
    readonly windows: number;
    /** How much fits into all of them. */
    readonly mailboxes: number;
    readonly unusable: readonly { readonly name: string; readonly start: string; readonly why: string }[];
  };
  readonly seed: number;
  readonly effortSeconds: number;
  readonly organisations: number;
  readonly summary: NamedSummary;
  /** Null where everybody has a window. */
  readonly unplaced: NamedUnplaced | null;
  readonly shortage: Shortage | null;
  readonly explanations: readonly NamedExplanation[];
  /** Null where there is no earlier plan to compare with. */
  readonly difference: NamedDifference | null;
  /** Null where none were given. */
  readonly wishes: {
    readonly granted: number;
    readonly inPart: number;
    readonly notGranted: number;
    /** The first that were not granted, or in part. */
    readonly first: readonly WishOutcome[];
  } | null;
  /** What became of `wave_hint`; null where nobody has one. */
  readonly hints: NamedHints | null;
  readonly remarks: readonly string[];
  readonly milliseconds: { readonly reading: number; readonly planning: number; readonly writing: number };
}

export interface NamedSummary extends Omit<PlanSummary, 'organisations' | 'largest' | 'mailboxes'> {
  /** `fixed`: in a wave that was started, and not moved yet. */
  readonly mailboxes: PlanSummary['mailboxes'] & { readonly fixed: number };
  readonly worstOrganisations: readonly NamedOrganisationUse[];
  readonly largestSplits: readonly NamedSplit[];
}

export interface NamedOrganisationUse {
  readonly organisation: string;
  readonly name: string;
  readonly mailboxes: number;
  readonly windows: number;
  readonly splits: number;
  readonly grantDays: number;
}

export interface NamedSplit {
  readonly mailbox: string;
  readonly grantee: string;
  readonly kind: GrantKind;
  readonly first: SplitSide;
  readonly from: Day;
  readonly until: Day;
  readonly days: number;
  readonly grantDays: number;
}

export interface NamedUnplaced extends Omit<UnplacedSummary, 'first' | 'changes'> {
  readonly changes: Omit<UnplacedSummary['changes'], 'open' | 'until'> & {
    readonly open: {
      readonly organisations: number;
      readonly mailboxes: number;
      readonly first: readonly { readonly organisation: string; readonly mailboxes: number }[];
    };
    readonly until: { readonly day: Day; readonly mailboxes: number } | null;
  };
  readonly first: readonly { readonly mailbox: string; readonly reason: string; readonly change: string }[];
}

export interface NamedExplanation {
  readonly mailbox: string;
  readonly kind: MailboxKind;
  readonly organisation: string;
  readonly sizeBytes: number;
  readonly notBefore: Day | null;
  readonly notAfter: Day | null;
  readonly standing:
    | { readonly kind: 'placed'; readonly window: PlanWindow }
    | { readonly kind: 'unplaced'; readonly reason: string; readonly change: string }
    | { readonly kind: 'moved'; readonly day: Day }
    | { readonly kind: 'excluded' };
  readonly cost: number;
  readonly partners: readonly {
    readonly mailbox: string;
    readonly kind: GrantKind;
    /** What the other is in it. */
    readonly as: SplitSide;
    readonly day: Day | null;
    readonly days: number | null;
    readonly grantDays: number;
  }[];
  readonly companions: readonly { readonly mailbox: string; readonly day: Day | null }[];
  readonly windows: readonly {
    readonly window: PlanWindow;
    readonly cost: number;
    readonly forbidden: readonly Forbidden[];
  }[];
  readonly kept: Explanation['kept'];
}

export interface NamedDifference extends Omit<PlanDifference, 'organisations' | 'first'> {
  readonly organisations: readonly { readonly organisation: string; readonly mailboxes: number }[];
  readonly first: readonly { readonly mailbox: string; readonly from: string; readonly to: string | null }[];
}

export function namedSummary(
  { roster }: PlanningOrder,
  { organisations, largest, mailboxes, ...rest }: PlanSummary,
): NamedSummary {
  return {
    ...rest,
    mailboxes: { ...mailboxes, fixed: 0 },
    worstOrganisations: organisations.map(({ organisation, ...use }) => {
      const { code, name } = roster.organisations[organisation] as { code: string; name: string };
      return { organisation: code, name, ...use };
    }),
    largestSplits: largest.map(({ mailbox, grantee, kind, first, fromDay, untilDay, days, grantDays }) => ({
      mailbox: roster.address(mailbox),
      grantee: roster.address(grantee),
      kind,
      first,
      from: dayOfNumber(fromDay),
      until: dayOfNumber(untilDay),
      days,
      grantDays,
    })),
  };
}

export function namedUnplaced(order: PlanningOrder, { changes, first, ...rest }: UnplacedSummary): NamedUnplaced {
  const { open, until } = changes;
  return {
    ...rest,
    changes: {
      ...changes,
      open: {
        ...open,
        first: open.first.map(({ organisation, mailboxes }) => ({
          organisation: codeOf(order, organisation),
          mailboxes,
        })),
      },
      until: until && { day: dayOfNumber(until.day), mailboxes: until.mailboxes },
    },
    first: first.map(({ mailbox, ...words }) => ({ mailbox: order.roster.address(mailbox), ...words })),
  };
}

/** `whyNot`: in words, of who has no window. */
export function namedExplanation(
  order: PlanningOrder,
  explanation: Explanation,
  whyNot: { readonly reason: string; readonly change: string },
): NamedExplanation {
  const { roster } = order;
  const { mailbox, standing, partners, companions, windows, cost, kept } = explanation;
  return {
    mailbox: roster.address(mailbox),
    kind: mailboxKinds[roster.kind[mailbox] as number] as MailboxKind,
    organisation: codeOf(order, roster.organisation[mailbox] as number),
    sizeBytes: roster.sizeBytes[mailbox] as number,
    notBefore: dayOrNull(roster.notBefore[mailbox] as number, noDayBefore),
    notAfter: dayOrNull(roster.notAfter[mailbox] as number, noDayAfter),
    standing: namedStanding(order, standing, whyNot),
    cost,
    partners: partners.map(({ mailbox: other, kind, as, day, days, grantDays }) => ({
      mailbox: roster.address(other),
      kind,
      as,
      day: day === null ? null : dayOfNumber(day),
      days,
      grantDays,
    })),
    companions: companions.map(({ mailbox: other, day }) => ({
      mailbox: roster.address(other),
      day: day === null ? null : dayOfNumber(day),
    })),
    windows: windows.map(({ window, cost: then, forbidden }) => ({ window, cost: then, forbidden })),
    kept,
  };
}

export function namedDifference(
  order: PlanningOrder,
  { organisations, first, ...rest }: PlanDifference,
): NamedDifference {
  return {
    ...rest,
    organisations: organisations.map(({ organisation, mailboxes }) => ({
      organisation: codeOf(order, organisation),
      mailboxes,
    })),
    first: first.map(({ mailbox, from, to }) => ({ mailbox: order.roster.address(mailbox), from, to })),
  };
}

function namedStanding(
  { windows }: PlanningOrder,
  standing: Explanation['standing'],
  whyNot: { readonly reason: string; readonly change: string },
): NamedExplanation['standing'] {
  switch (standing.kind) {
    case 'placed':
      return { kind: 'placed', window: windows[standing.at] as PlanWindow };
    case 'moved':
      return { kind: 'moved', day: dayOfNumber(standing.day) };
    case 'unplaced':
      return { kind: 'unplaced', ...whyNot };
    case 'excluded':
      return standing;
  }
}

function codeOf({ roster }: PlanningOrder, organisation: number): string {
  return roster.organisations[organisation]?.code ?? '';
}

function dayOrNull(day: number, none: number): Day | null {
  return day === none ? null : dayOfNumber(day);
}
