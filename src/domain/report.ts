/**
 * What a move of mailboxes says about itself at the end: the document of `-o json` (docs/report.schema.json is made from
 * the typebox twin of this in `cli/`). Folders are named by their full path joined with `/`. Its numbers are true: an independent
 * comparison of both sides finds the same.
 */

export interface CopyReport {
  readonly mailboxes: readonly MailboxReport[];
  /** Only when nothing could be started (wrong usage) or the command itself broke down. */
  readonly error?: CommandError;
}

/** Why a command as a whole came to nothing. `code` is `usage` or one of the fault catalogue. */
export interface CommandError extends FaultReport {
  /** Every single thing that was wrong with the command line or a file it names; empty for a fault. */
  readonly problems: readonly UsageProblem[];
}

/** One thing wrong with what was asked; `file`, `line` and `column` (counted from 1, in fields) where it stands in a file. */
export interface UsageProblem {
  readonly says: string;
  readonly file: string | null;
  readonly line: number | null;
  readonly column: number | null;
}

export interface MailboxReport {
  /** The URLs as given, without secrets. */
  readonly source: string;
  readonly target: string;
  /** Messages that this run put on the target. */
  readonly copied: number;
  /** Messages of the source that were on the target before this run, by an earlier run of ours or found there by content. */
  readonly alreadyThere: number;
  /** Messages whose flags this run brought up to date on the target. */
  readonly flagsChanged: number;
  /** Messages this run removed from the target because they left the source (`--delete`). */
  readonly removed: number;
  /** Octets of the messages copied, as read from the source. */
  readonly bytes: number;
  readonly milliseconds: number;
  readonly refused: readonly Refused[];
  readonly differences: readonly Difference[];
  readonly folders: readonly FolderNote[];
  /** Messages that left the source and are kept on the target, since `--delete` was not given. */
  readonly kept: readonly Kept[];
  /** What ended this mailbox early, or null when it was seen through. */
  readonly fault: FaultReport | null;
  /** True when nothing was written because it was a dry run: the numbers say what would be done. */
  readonly dryRun: boolean;
}

/** A message that did not arrive. `uid` and `uidValidity` are the source's. */
export interface Refused {
  readonly folder: string;
  readonly uid: number;
  readonly uidValidity: number;
  readonly sizeBytes: number | null;
  readonly messageId: string | null;
  readonly code: string;
  readonly reason: string;
}

/** A message that arrived but is served with other bytes, date, flags or keywords than the source serves. */
export interface Difference {
  readonly folder: string;
  readonly uid: number;
  readonly class: string;
  readonly detail: string;
}

export interface FolderNote {
  readonly source: string;
  readonly target: string | null;
  readonly reason: string;
  /** True for a folder that is not to be moved at all (another user's, a virtual one): nothing is missing by it. */
  readonly leftOut?: boolean;
}

export interface Kept {
  readonly folder: string;
  readonly uid: number;
  readonly reason: string;
}

export interface FaultReport {
  readonly code: string;
  readonly message: string;
  readonly remedy: string;
}
