/**
 * What an independent comparison says of a mailbox of an estate, while people go on working in it. The comparison knows nothing of
 * the journey; here its findings are held against what the journey knows, so that what nobody has carried yet, or what people
 * did after the switch, is told apart from what is wrong.
 */

import type { FolderId } from './item.ts';
import type { Stage } from './journey.ts';
import type { SideName } from './platform.ts';
import type { FaultReport } from './report.ts';
import { type ByReason, together } from './wave-report.ts';
import type { DifferentMessage, VerifyNote, VerifyReport } from './verify-report.ts';

/**
 * `whole`: all that the source held is on the target, the same. `accepted`: but for what a person has accepted. `differs`:
 * something is missing or different that nobody has accepted. `unfinished`: the comparison ended early. `not-copied`: no first
 * pass has come to its end, so there is nothing to compare.
 */
export type VerificationOutcome = 'whole' | 'accepted' | 'differs' | 'unfinished' | 'not-copied';

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

/** What a person has accepted: see `store/acceptance.ts`. */
export interface Acceptance {
  readonly folder: string;
  readonly uid: number;
  readonly uidValidity: number;
  readonly kind: string;
  readonly code: string;
  readonly who: string;
}

/** A message that the journey lists as an exception. */
export interface KnownException {
  readonly folder: string;
  readonly uid: number;
  readonly uidValidity: number;
  readonly kind: string;
  readonly code: string;
}

/** What the journey knows of a mailbox, read before the comparison began. */
export interface JourneyKnows {
  readonly stage: Stage;
  readonly side: SideName;
  /** The folder of the source at this path, joined with `/`; null where it has none. */
  folderAt(path: string): FolderId | null;
  /** How far the source had been read at the last pass there; null where that folder was not dealt with. */
  readTo(folder: FolderId): { readonly uidValidity: number; readonly uidNext: number } | null;
  /** Whether the last pass home, or the turn of the ledger, knew a copy of it on the target. */
  wasOnTarget(folder: FolderId, uid: number, uidValidity: number): boolean;
  readonly acceptances: readonly Acceptance[];
  readonly exceptions: readonly KnownException[];
}

/** Holds the findings against what the journey knows. */
export function judged(report: VerifyReport, knows: JourneyKnows): MailboxVerification {
  const verdict = new Verdict(knows);
  for (const { folder, uid, uidValidity } of report.missing) verdict.missing(folder, uid, uidValidity);
  for (const different of report.different) verdict.different(different);
  for (const { side, folder, uid, reason } of report.unreadable)
    verdict.finding({ folder, uid, uidValidity: null, kind: 'unreadable', code: side, detail: reason });
  for (const note of report.folderNotes) verdict.note(note);
  const { open, accepted } = verdict;
  const outcome = report.fault ? 'unfinished' : open > 0 ? 'differs' : accepted > 0 ? 'accepted' : 'whole';
  return {
    outcome,
    stage: knows.stage,
    side: knows.side,
    share: report.share,
    sourceMessages: report.sourceMessages,
    targetMessages: report.targetMessages,
    equal: report.equal,
    behind: verdict.behind,
    removedSince: verdict.removedSince,
    byPeople: verdict.byPeople,
    extra: report.extra.length,
    open,
    findings: verdict.findings,
    accepted,
    acceptedBy: [...verdict.acceptedBy].sort(),
    messagesRead: report.messagesRead,
    bytesRead: report.bytesRead,
    milliseconds: Math.round(report.milliseconds),
    fault: report.fault,
  };
}

/** Of a mailbox that there is nothing to compare of. */
export function notCopied({ stage, side }: Pick<JourneyKnows, 'stage' | 'side'>): MailboxVerification {
  const nothing = { sourceMessages: 0, targetMessages: 0, equal: 0, behind: 0, removedSince: 0, byPeople: 0, extra: 0 };
  const read = { messagesRead: 0, bytesRead: 0, milliseconds: 0, fault: null };
  return {
    outcome: 'not-copied',
    stage,
    side,
    share: 0,
    ...nothing,
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

/** What people change from one moment to the next, on whichever side they live. */
const ofPeople: ReadonlySet<string> = new Set(['flags', 'keywords']);

interface Finding extends Omit<OpenFinding, 'folder' | 'path' | 'uidValidity'> {
  /** As people read it. */
  readonly folder: string;
  /** Null where the comparison does not tell. */
  readonly uidValidity: number | null;
}

class Verdict {
  readonly #knows: JourneyKnows;
  readonly #acceptances: ReadonlyMap<string, readonly Acceptance[]>;
  readonly #exceptions: ReadonlyMap<string, readonly KnownException[]>;
  readonly findings: OpenFinding[] = [];
  readonly acceptedBy = new Set<string>();
  behind = 0;
  removedSince = 0;
  byPeople = 0;
  open = 0;
  accepted = 0;

  constructor(knows: JourneyKnows) {
    this.#knows = knows;
    this.#acceptances = Map.groupBy(knows.acceptances, keyOf);
    this.#exceptions = Map.groupBy(knows.exceptions, keyOf);
  }

  missing(path: string, uid: number, uidValidity: number): void {
    const { side } = this.#knows;
    const folder = this.#knows.folderAt(path);
    if (folder !== null && side === 'target' && this.#knows.wasOnTarget(folder, uid, uidValidity)) {
      this.removedSince++;
      return;
    }
    if (folder !== null && side === 'source' && this.#isNews(folder, uid, uidValidity)) {
      this.behind++;
      return;
    }
    this.finding({
      folder: path,
      uid,
      uidValidity,
      kind: 'missing',
      code: 'missing',
      detail: 'it is not on the target',
    });
  }

  different({ folder, uid, differences }: DifferentMessage): void {
    const grave = differences.filter((difference) => !ofPeople.has(difference.class));
    if (grave.length === 0) {
      this.byPeople++;
      return;
    }
    const code = grave.map((difference) => difference.class).join(',');
    const detail = grave.map((difference) => difference.detail).join('; ');
    this.finding({ folder, uid, uidValidity: null, kind: 'different', code, detail });
  }

  note({ kind, source, reason, messages }: VerifyNote): void {
    if (kind === 'not-subscribed') this.byPeople++;
    else if (kind === 'missing' || kind === 'unreadable' || kind === 'not-selectable') {
      const folder = source === null ? null : this.#knows.folderAt(source);
      if (kind === 'missing' && folder !== null && this.#isFolderExplained(folder)) {
        if (this.#knows.side === 'target') this.removedSince += messages ?? 0;
        else this.behind += messages ?? 0;
        return;
      }
      this.finding({ folder: source ?? '', uid: 0, uidValidity: 0, kind: 'folder', code: kind, detail: reason });
    }
  }

  finding({ folder: path, ...found }: Finding): void {
    const folder: string = this.#knows.folderAt(path) ?? path;
    const known = found.kind === 'folder' ? null : this.#listed(folder, found);
    const uidValidity = found.uidValidity ?? known?.uidValidity ?? null;
    const finding = { ...found, ...known, folder, path, uidValidity: uidValidity ?? 0 };
    const acceptance = this.#acceptanceOf(finding, uidValidity);
    if (acceptance) {
      this.accepted++;
      this.acceptedBy.add(acceptance.who);
      return;
    }
    this.open++;
    if (this.findings.length < openKept) this.findings.push(finding);
  }

  /** It came after the source was read last, or its folder did. */
  #isNews(folder: FolderId, uid: number, uidValidity: number): boolean {
    const to = this.#knows.readTo(folder);
    return to === null || (to.uidValidity === uidValidity && uid >= to.uidNext);
  }

  #isFolderExplained(folder: FolderId): boolean {
    return this.#knows.side === 'source' ? this.#knows.readTo(folder) === null : this.#knows.wasOnTarget(folder, 0, 0);
  }

  /** As the journey lists it, where it does. A message that is served worse than it was listed keeps what was found. */
  #listed(folder: string, { uid, uidValidity, kind, code }: Omit<Finding, 'folder'>): Listed | null {
    const listed = this.#exceptions
      .get(keyOf({ folder, uid }))
      ?.find(
        (each) =>
          (kind === 'different' ? each.kind === kind : each.kind === 'refused' || each.kind === 'removed') &&
          (uidValidity === null || each.uidValidity === uidValidity),
      );
    if (!listed) return null;
    const isWorse = kind === 'different' && !isCovered(code, listed.code);
    return {
      kind: listed.kind as OpenFinding['kind'],
      code: isWorse ? code : listed.code,
      uidValidity: listed.uidValidity,
    };
  }

  #acceptanceOf({ kind, code, folder, uid }: OpenFinding, uidValidity: number | null): Acceptance | undefined {
    return this.#acceptances
      .get(keyOf({ folder, uid }))
      ?.find(
        (each) =>
          each.kind === kind &&
          (uidValidity === null || each.uidValidity === uidValidity) &&
          isCovered(code, each.code),
      );
  }
}

type Listed = Pick<OpenFinding, 'kind' | 'code' | 'uidValidity'>;

/** Whether every class that `code` names is among those of `by`. */
function isCovered(code: string, by: string): boolean {
  const classes = by.split(',');
  return code.split(',').every((one) => classes.includes(one));
}

function keyOf({ folder, uid }: { readonly folder: string; readonly uid: number }): string {
  return `${uid} ${folder}`;
}
