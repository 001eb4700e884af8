/**
 * The findings of a comparison held against the journey of a mailbox. The comparison knows nothing of that, on purpose; here what
 * nobody has carried yet, what people did after the switch, and what somebody has accepted are told apart from what is wrong.
 */

import type { FolderId } from './item.ts';
import type { Stage } from './journey.ts';
import type { SideName } from './platform.ts';
import type { DifferentMessage, VerifyNote, VerifyReport } from './verify-report.ts';
import { type MailboxVerification, type OpenFinding, openKept, type VerificationOutcome } from './wave-verification.ts';

/** What a person has accepted: see `store/acceptance.ts`. */
export interface Acceptance {
  readonly folder: string;
  readonly uid: number;
  readonly uidValidity: number;
  readonly kind: string;
  readonly code: string;
  readonly who: string;
  readonly why: string;
  /** ISO 8601. */
  readonly at: string;
}

/** Something that a person has accepted, as it was found. */
export interface AcceptedFinding {
  readonly finding: OpenFinding;
  readonly acceptance: Acceptance;
}

/** All that was found, however much: `MailboxVerification` keeps the first of it. */
export interface Judged {
  readonly verification: MailboxVerification;
  readonly open: readonly OpenFinding[];
  readonly accepted: readonly AcceptedFinding[];
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
  return judgedInFull(report, knows).verification;
}

/** The same, with every finding. */
export function judgedInFull(report: VerifyReport, knows: JourneyKnows): Judged {
  const verdict = new Verdict(knows);
  for (const { folder, uid, uidValidity } of report.missing) verdict.missing(folder, uid, uidValidity);
  for (const different of report.different) verdict.different(different);
  for (const { side, folder, uid, reason } of report.unreadable)
    verdict.finding({ folder, uid, uidValidity: null, kind: 'unreadable', code: side, detail: reason });
  for (const note of report.folderNotes) verdict.note(note);
  const verification = {
    outcome: report.fault ? ('unfinished' as const) : outcomeOf(verdict),
    stage: knows.stage,
    side: knows.side,
    share: report.share,
    sourceMessages: report.sourceMessages,
    targetMessages: report.targetMessages,
    equal: report.equal,
    behind: verdict.behind,
    removedSince: verdict.removedSince,
    sinceRelease: verdict.sinceRelease,
    byPeople: verdict.byPeople,
    extra: report.extra.length,
    open: verdict.open.length,
    findings: verdict.open.slice(0, openKept),
    accepted: verdict.accepted.length,
    acceptedBy: [...new Set(verdict.accepted.map(({ acceptance }) => acceptance.who))].sort(),
    messagesRead: report.messagesRead,
    bytesRead: report.bytesRead,
    milliseconds: Math.round(report.milliseconds),
    fault: report.fault,
  };
  return { verification, open: verdict.open, accepted: verdict.accepted };
}

function outcomeOf({ open, sinceRelease, accepted }: Verdict): VerificationOutcome {
  if (open.length > 0) return 'differs';
  if (sinceRelease > 0) return 'inconclusive';
  return accepted.length > 0 ? 'accepted' : 'whole';
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
  readonly open: OpenFinding[] = [];
  readonly accepted: AcceptedFinding[] = [];
  behind = 0;
  removedSince = 0;
  sinceRelease = 0;
  byPeople = 0;

  constructor(knows: JourneyKnows) {
    this.#knows = knows;
    this.#acceptances = Map.groupBy(knows.acceptances, keyOf);
    this.#exceptions = Map.groupBy(knows.exceptions, keyOf);
  }

  missing(path: string, uid: number, uidValidity: number): void {
    const { side } = this.#knows;
    const folder = this.#knows.folderAt(path);
    if (this.#isUntellable(folder, uid)) {
      this.sinceRelease++;
      return;
    }
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
      if (kind === 'missing' && this.#isUntellable(folder, 0)) {
        this.sinceRelease += messages ?? 0;
        return;
      }
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
    if (acceptance) this.accepted.push({ finding, acceptance });
    else this.open.push(finding);
  }

  /** It came after the source was read last, or its folder did. */
  #isNews(folder: FolderId, uid: number, uidValidity: number): boolean {
    const to = this.#knows.readTo(folder);
    return to === null || (to.uidValidity === uidValidity && uid >= to.uidNext);
  }

  /**
   * Since the release nobody carries anything, and what was carried is forgotten: people may have removed it there, it may have
   * come to the source since, it may be lost. Of what was listed or accepted before that more is known.
   */
  #isUntellable(folder: FolderId | null, uid: number): boolean {
    if (this.#knows.stage !== 'released') return false;
    const key = folder === null ? null : keyOf({ folder, uid });
    return key === null || !(this.#exceptions.has(key) || this.#acceptances.has(key));
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
