/** What an independent comparison says of a mailbox of an estate, while people go on working in it, and of all of a wave. */

import type { Stage } from './journey.ts';
import type { SideName } from './platform.ts';
import type { FaultReport } from './report.ts';
import { type ByReason, together } from './wave-report.ts';

/**
 * `whole`: all that the source held is on the target, the same. `accepted`: but for what a person has accepted. `differs`:
 * something is missing or different that nobody has accepted. `inconclusive`: it was released, and what is not on the target may
 * have been removed there since, which nobody can tell from what was lost. `unfinished`: the comparison ended early. `not-copied`: no first
 * pass has come to its end, so there is nothing to compare.
 */
export type VerificationOutcome = 'whole' | 'accepted' | 'differs' | 'inconclusive' | 'unfinished' | 'not-copied';

/** Where a mailbox has to stand for its comparison to mean something. */
export const comparedStages: ReadonlySet<Stage> = new Set([
  'following',
  'switching',
  'settled',
  'returning',
  'released',
]);

/** Something that is not on the target as it is on the source, and that nobody has accepted. */
export interface OpenFinding {
  /** As the source spells it, and as people read it. */
  readonly folder: string;
  readonly path: string;
  /** 0 for what is said of a folder. */
  readonly uid: number;
  readonly uidValidity: number;
  /** `refused` and `removed` where the journey lists the message so, else `missing`. */
  readonly kind: 'missing' | 'refused' | 'removed' | 'different' | 'unreadable' | 'folder';
  /** Classes of docs/report.md, a code of it, or what is said of the folder. */
  readonly code: string;
  readonly detail: string;
}

export interface MailboxVerification {
  readonly outcome: VerificationOutcome;
  readonly stage: Stage;
  /** Where its mail belonged. */
  readonly side: SideName;
  /** The share of messages whose content was read, 0 to 1. */
  readonly share: number;
  readonly sourceMessages: number;
  readonly targetMessages: number;
  readonly equal: number;
  /** Messages of the source that came after the last pass, and are carried with the next. */
  readonly behind: number;
  /** Messages that were on the target after the switch and that people have removed or put elsewhere there since. */
  readonly removedSince: number;
  /** Messages that are not on the target since its mailbox was released: removed there, come to the source, or lost. */
  readonly sinceRelease: number;
  /** Messages that differ in flags or keywords only, and folders in whether people subscribe to them: their work, not yet carried. */
  readonly byPeople: number;
  /** Messages on the target only. */
  readonly extra: number;
  /** What is not accepted: how much there is, and the first `openKept` of it. */
  readonly open: number;
  readonly findings: readonly OpenFinding[];
  readonly accepted: number;
  readonly acceptedBy: readonly string[];
  readonly messagesRead: number;
  readonly bytesRead: number;
  readonly milliseconds: number;
  readonly fault: FaultReport | null;
}

export const openKept = 1_000;

/** Of a mailbox that there is nothing to compare of. */
export function notCopied({ stage, side }: Pick<MailboxVerification, 'stage' | 'side'>): MailboxVerification {
  const messages = { sourceMessages: 0, targetMessages: 0, equal: 0, extra: 0 };
  const since = { behind: 0, removedSince: 0, sinceRelease: 0, byPeople: 0 };
  const read = { messagesRead: 0, bytesRead: 0, milliseconds: 0, fault: null };
  return {
    outcome: 'not-copied',
    stage,
    side,
    share: 0,
    ...messages,
    ...since,
    open: 0,
    findings: [],
    accepted: 0,
    acceptedBy: [],
    ...read,
  };
}

export interface VerificationTotals {
  /** Mailboxes by outcome. */
  readonly outcomes: ByReason;
  readonly sourceMessages: number;
  readonly targetMessages: number;
  readonly equal: number;
  readonly behind: number;
  readonly removedSince: number;
  readonly sinceRelease: number;
  readonly byPeople: number;
  readonly extra: number;
  readonly open: number;
  readonly accepted: number;
  readonly acceptedBy: readonly string[];
  readonly messagesRead: number;
  readonly bytesRead: number;
}

export const nothingVerified: VerificationTotals = {
  outcomes: {},
  sourceMessages: 0,
  targetMessages: 0,
  equal: 0,
  behind: 0,
  removedSince: 0,
  sinceRelease: 0,
  byPeople: 0,
  extra: 0,
  open: 0,
  accepted: 0,
  acceptedBy: [],
  messagesRead: 0,
  bytesRead: 0,
};

/** The totals with one more mailbox. */
export function withVerified(totals: VerificationTotals, found: MailboxVerification): VerificationTotals {
  const { acceptedBy } = found;
  return {
    outcomes: together(totals.outcomes, { [found.outcome]: 1 }),
    sourceMessages: totals.sourceMessages + found.sourceMessages,
    targetMessages: totals.targetMessages + found.targetMessages,
    equal: totals.equal + found.equal,
    behind: totals.behind + found.behind,
    removedSince: totals.removedSince + found.removedSince,
    sinceRelease: totals.sinceRelease + found.sinceRelease,
    byPeople: totals.byPeople + found.byPeople,
    extra: totals.extra + found.extra,
    open: totals.open + found.open,
    accepted: totals.accepted + found.accepted,
    acceptedBy:
      acceptedBy.length === 0 ? totals.acceptedBy : [...new Set([...totals.acceptedBy, ...acceptedBy])].sort(),
    messagesRead: totals.messagesRead + found.messagesRead,
    bytesRead: totals.bytesRead + found.bytesRead,
  };
}
