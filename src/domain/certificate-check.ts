/** What a checker finds: each thing that is not as it was certified, named as closely as it can be. */

export type CheckKind =
  /** The file: it is no JSON, not in canonical form, not signed by a key that was given, not as it was signed. */
  | 'not-json'
  | 'not-canonical'
  | 'unknown-key'
  | 'signature'
  /** What is in it does not fit together: folders and root, the list of elements, the proof. */
  | 'root'
  | 'list'
  | 'proof'
  /** The live mailbox. */
  | 'folder-missing'
  | 'folder-differs'
  | 'unreadable'
  | 'changed'
  | 'removed'
  | 'added'
  /** It came after the certificate was made. */
  | 'added-since';

export interface CheckFinding {
  readonly kind: CheckKind;
  /** Of the target, its path joined with `/`; null for what is said of a file. */
  readonly folder: string | null;
  readonly uid: number | null;
  readonly octets: number | null;
  /** ISO 8601; null where there is none. */
  readonly internalDate: string | null;
  readonly says: string;
}

export function fileFinding(kind: CheckKind, says: string): CheckFinding {
  return { kind, folder: null, uid: null, octets: null, internalDate: null, says };
}

/** Something about a whole folder. */
export function folderFinding(kind: CheckKind, folder: string, says: string): CheckFinding {
  return { ...fileFinding(kind, says), folder };
}

/** A message by everything by which a person may find it. */
export interface FoundMessage {
  readonly uid: number;
  readonly octets: number;
  /** Seconds since 1970. */
  readonly internalDate: number | null;
}

export function messageFinding(kind: CheckKind, folder: string, message: FoundMessage, says: string): CheckFinding {
  const { uid, octets, internalDate: seconds } = message;
  return { kind, folder, uid, octets, internalDate: seconds === null ? null : isoOf(seconds), says };
}

/** A server may tell a date that no calendar has. */
function isoOf(seconds: number): string {
  const date = new Date(seconds * 1000);
  return Number.isNaN(date.getTime()) ? `${seconds} s since 1970` : date.toISOString();
}
