/**
 * What an independent comparison of both ends of a move finds: the document of `godwit verify -o json`. Folders are named
 * by their full path joined with `/`. Every message that is not the same on both sides stands in it by name.
 */

import type { FaultReport } from './report.ts';

export interface VerifyReport {
  /** The URLs as given, without secrets. */
  readonly source: string;
  readonly target: string;
  readonly verdict: Verdict;
  /** The share of messages whose content was read (0 to 1); of the others size, date and flags were compared. 1: all. */
  readonly share: number;
  readonly sourceMessages: number;
  readonly targetMessages: number;
  /** Messages that are the same on both sides: content, date, flags and keywords. */
  readonly equal: number;
  /** Messages whose content was read, and their octets, on both sides together. */
  readonly messagesRead: number;
  readonly bytesRead: number;
  readonly folders: readonly VerifiedFolder[];
  readonly missing: readonly OneSided[];
  readonly extra: readonly OneSided[];
  readonly different: readonly DifferentMessage[];
  readonly unreadable: readonly UnreadableMessage[];
  readonly folderNotes: readonly VerifyNote[];
  readonly milliseconds: number;
  /** What ended the comparison early, or null when it was seen through. */
  readonly fault: FaultReport | null;
}

/**
 * `equal`: all that the source holds is on the target, the same, and nothing else. `more-on-target`: the same, and the
 * target holds messages besides (people's own, or mail that came since). `differs`: something is missing, different or
 * unreadable. `unfinished`: the comparison ended early, and what it says is not all.
 */
export type Verdict = 'equal' | 'more-on-target' | 'differs' | 'unfinished';

/** One folder of the target with the folder of the source that belongs there, or those that were merged in it. */
export interface VerifiedFolder {
  readonly sources: readonly string[];
  readonly target: string;
  readonly sourceMessages: number;
  readonly targetMessages: number;
  readonly equal: number;
  readonly missing: number;
  readonly extra: number;
  readonly different: number;
  readonly unreadable: number;
}

/** A message that only one side has: of the source when it is missing, of the target when it is extra. */
export interface OneSided {
  readonly folder: string;
  readonly uid: number;
  readonly uidValidity: number;
  readonly sizeBytes: number | null;
  /** INTERNALDATE in ISO 8601, UTC. */
  readonly internalDate: string | null;
  readonly messageId: string | null;
}

export type DifferenceClass = 'lineEnds' | 'nul' | 'header8bit' | 'content' | 'date' | 'flags' | 'keywords';

/** A message that both sides have and do not serve alike. */
export interface DifferentMessage {
  /** The source's folder and UID. */
  readonly folder: string;
  readonly uid: number;
  readonly targetFolder: string;
  readonly targetUid: number;
  readonly messageId: string | null;
  readonly differences: readonly { readonly class: DifferenceClass; readonly detail: string }[];
}

/** A message that a side lists and does not give out. */
export interface UnreadableMessage {
  readonly side: 'source' | 'target';
  readonly folder: string;
  readonly uid: number;
  readonly reason: string;
}

/**
 * Something about a folder. `missing`, `unreadable`, `not-selectable` and `not-subscribed` make the verdict `differs`; the
 * others are only told: `no-special-use` (many targets keep none), `left-out`, `elsewhere` (mapped to another path) and
 * `only-on-target`.
 */
export interface VerifyNote {
  readonly kind:
    | 'missing'
    | 'unreadable'
    | 'not-selectable'
    | 'not-subscribed'
    | 'no-special-use'
    | 'left-out'
    | 'elsewhere'
    | 'only-on-target';
  readonly source: string | null;
  readonly target: string | null;
  readonly reason: string;
  /** Of `only-on-target` and `missing`: how many messages it holds, where known. */
  readonly messages?: number | null;
}
