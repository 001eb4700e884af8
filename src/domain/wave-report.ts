/**
 * What became of a wave, mailbox by mailbox and in sum: the document of `godwit report wave -o json`
 * (docs/wave-report.schema.json is made from the typebox twin of this in `cli/`). A mailbox's numbers add up: what was found on
 * the source was copied, or was on the target already, or was refused and is listed by name.
 */

import { type Grade, type Graded, gradeOfWave, grades } from './grade.ts';
import type { Interruption, Interruptions } from './interruption.ts';
import type { Mark, Stage } from './journey.ts';
import type { Met } from './parties.ts';
import type { SideName } from './platform.ts';
import type { Wave } from './wave.ts';

/** How many messages, by a code or class of docs/report.md. */
export type ByReason = Readonly<Record<string, number>>;

/** One mailbox, as the last pass to the target left it. */
export interface MailboxAccount {
  readonly address: string;
  /** Its code. */
  readonly organisation: string;
  readonly kind: string;
  readonly stage: Stage;
  readonly mark: Mark | null;
  /** Why it bears the mark: what a person said, or the code of a fault. */
  readonly markedFor: string | null;
  /** Where its mail belongs. */
  readonly side: SideName;
  /** Messages of the source; null before a pass has come to its end. */
  readonly found: number | null;
  /** Of those: on the target because Godwit put them there, and because somebody else had. */
  readonly copied: number;
  readonly alreadyThere: number;
  /** Not on the target, in all and by code. */
  readonly refused: number;
  readonly refusedFor: ByReason;
  /** On the target and served otherwise, by class; one message may be in several. */
  readonly differentIn: ByReason;
  /** Messages and octets that all passes carried, also of what has left the source since; less where a worker was killed. */
  readonly carried: number;
  readonly bytes: number;
  /** Of all passes. */
  readonly milliseconds: number;
  /** For so long nobody could work in it, at the switch; null before. */
  readonly interruptedMs: number | null;
  /** What that consists of, at the latest switch; null before, and where an older version switched it. */
  readonly interruption: Interruption | null;
  /** With how many of those who belong with it it changed sides; null where it belongs with nobody or nobody had to wait. */
  readonly together: Met | null;
  /** How far the target (after the switch: the source) was behind when it was looked at last, and when that was. */
  readonly lagMs: number | null;
  readonly caughtUpAt: string | null;
  /** Messages that were carried home after the switch. */
  readonly carriedBack: number;
  /** Messages that home did not take, as the last pass there found it; and the code of what keeps it from being carried home at all. */
  readonly notTakenHome: number;
  readonly wayHomeLate: string | null;
  readonly wayHomeLateSince: string | null;
  /** Messages that are listed as refused or different: those that a person has yet to accept, and those that one has. */
  readonly open: number;
  readonly accepted: number;
  readonly acceptedBy: readonly string[];
  /** What `godwit verify --wave` found last. */
  readonly verified: { readonly at: string; readonly outcome: string } | null;
  /** Its latest certificate, made since it changed sides for the last time; null while there is none. */
  readonly certified: { readonly at: string; readonly grade: Grade } | null;
}

/** A message that is listed by name. */
export interface ListedException {
  /** Of the mailbox. */
  readonly address: string;
  /** As the source spells it. */
  readonly folder: string;
  readonly uid: number;
  readonly uidValidity: number;
  /** `refused`: it did not arrive. `different`: it is served otherwise. `removed`: people removed it on the target. */
  readonly kind: 'refused' | 'different' | 'removed';
  readonly code: string;
  readonly detail: string;
  readonly sizeBytes: number | null;
  readonly messageId: string | null;
  readonly accepted: { readonly who: string; readonly why: string; readonly at: string } | null;
}

export interface WaveTotals {
  readonly mailboxes: number;
  readonly found: number;
  readonly copied: number;
  readonly alreadyThere: number;
  readonly refused: number;
  readonly refusedFor: ByReason;
  readonly differentIn: ByReason;
  readonly carried: number;
  readonly bytes: number;
  readonly milliseconds: number;
  /** Mailboxes that changed sides at one moment with all who belong with them, and those that did without some. */
  readonly together: number;
  readonly apart: number;
  readonly longestLagMs: number | null;
  readonly carriedBack: number;
  readonly notTakenHome: number;
  /** Mailboxes that are not carried home any more, by the code of what keeps them from it. */
  readonly waysHomeLate: ByReason;
  readonly open: number;
  readonly accepted: number;
  readonly acceptedBy: readonly string[];
  /** How many mailboxes stand in each stage, bear each mark, and were verified with which outcome. */
  readonly stages: ByReason;
  readonly marks: ByReason;
  readonly verified: ByReason;
  /** How many mailboxes have which grade. */
  readonly grades: ByReason;
}

/** All of the document but its two long lists. */
export interface WaveSummary {
  readonly wave: Wave;
  readonly totals: WaveTotals;
  readonly interruptions: Interruptions | null;
  /** As its mailboxes stand now, whether a root covers them or not; null while none of them has a certificate. */
  readonly grade: Graded | null;
}

export const noTotals: WaveTotals = {
  mailboxes: 0,
  found: 0,
  copied: 0,
  alreadyThere: 0,
  refused: 0,
  refusedFor: {},
  differentIn: {},
  carried: 0,
  bytes: 0,
  milliseconds: 0,
  together: 0,
  apart: 0,
  longestLagMs: null,
  carriedBack: 0,
  notTakenHome: 0,
  waysHomeLate: {},
  open: 0,
  accepted: 0,
  acceptedBy: [],
  stages: {},
  marks: {},
  verified: {},
  grades: {},
};

/** The totals with one more mailbox. */
export function added(totals: WaveTotals, account: MailboxAccount): WaveTotals {
  const { stage, mark, verified, certified, lagMs, acceptedBy, together: met } = account;
  const isApart = met !== null && met.with < met.of;
  return {
    mailboxes: totals.mailboxes + 1,
    found: totals.found + (account.found ?? 0),
    copied: totals.copied + account.copied,
    alreadyThere: totals.alreadyThere + account.alreadyThere,
    refused: totals.refused + account.refused,
    refusedFor: together(totals.refusedFor, account.refusedFor),
    differentIn: together(totals.differentIn, account.differentIn),
    carried: totals.carried + account.carried,
    bytes: totals.bytes + account.bytes,
    milliseconds: totals.milliseconds + account.milliseconds,
    together: totals.together + (met !== null && !isApart ? 1 : 0),
    apart: totals.apart + (isApart ? 1 : 0),
    longestLagMs: lagMs === null ? totals.longestLagMs : Math.max(lagMs, totals.longestLagMs ?? 0),
    carriedBack: totals.carriedBack + account.carriedBack,
    notTakenHome: totals.notTakenHome + account.notTakenHome,
    waysHomeLate:
      account.wayHomeLate === null ? totals.waysHomeLate : together(totals.waysHomeLate, { [account.wayHomeLate]: 1 }),
    open: totals.open + account.open,
    accepted: totals.accepted + account.accepted,
    acceptedBy:
      acceptedBy.length === 0 ? totals.acceptedBy : [...new Set([...totals.acceptedBy, ...acceptedBy])].sort(),
    stages: together(totals.stages, { [stage]: 1 }),
    marks: mark === null ? totals.marks : together(totals.marks, { [mark]: 1 }),
    verified: verified === null ? totals.verified : together(totals.verified, { [verified.outcome]: 1 }),
    grades: certified === null ? totals.grades : together(totals.grades, { [certified.grade]: 1 }),
  };
}

/** By the published thresholds: who has no certificate counts as poor. */
export function gradeInSum({ mailboxes, grades: by }: Pick<WaveTotals, 'mailboxes' | 'grades'>): Graded | null {
  const [perfect, good, investigate, poor] = grades.map((grade) => by[grade] ?? 0) as [number, number, number, number];
  const certified = perfect + good + investigate + poor;
  return certified === 0 ? null : gradeOfWave({ perfect, good, investigate, poor }, mailboxes - certified);
}

/** Both counts in one. */
export function together(a: ByReason, b: ByReason): ByReason {
  const reasons = Object.keys(b);
  if (reasons.length === 0) return a;
  const sum: Record<string, number> = { ...a };
  for (const reason of reasons) sum[reason] = (sum[reason] ?? 0) + (b[reason] as number);
  return sum;
}
