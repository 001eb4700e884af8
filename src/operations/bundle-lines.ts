/**
 * A bundle of evidence on its way: its files in pieces, so that neither end holds more of it than one, whether it is written here or at
 * the other end of an API.
 */

import type { GradeCounts } from '#domain/grade.ts';

export interface ExportedEvidence {
  readonly mailboxes: number;
  /** Of those that have not changed sides since. */
  readonly grades: GradeCounts;
  /** How many have changed sides since their certificate was made, which then says nothing of how they stand. */
  readonly before: number;
  readonly waves: readonly string[];
}

/** The next of a file; several files are under way at once. */
export interface BundlePiece {
  readonly name: string;
  readonly text: string;
  /** Whether that is all of it. */
  readonly ends: boolean;
  /** The address of the mailbox whose certificate it is; null of all other files. */
  readonly mailbox: string | null;
}

/** A bundle whose last line is no `summary` is not whole. */
export type BundleLine = { readonly piece: BundlePiece } | { readonly summary: ExportedEvidence };

/** What a file of a bundle may be called, so that nothing is ever written to anywhere else, or run. */
export const bundleNamePattern = String.raw`^[A-Za-z0-9@%_!~'()-][A-Za-z0-9@%_.!~'()-]{0,230}\.(json|csv|txt|digest-key)$`;

/** Characters of one piece. */
export const pieceMax = 200_000;

/** A whole file. */
export function* wholeFile(name: string, text: string, mailbox: string | null = null): Generator<BundleLine> {
  let at = 0;
  while (text.length - at > pieceMax) {
    // Half a character is none on the wire.
    const end = isHigh(text.charCodeAt(at + pieceMax - 1)) ? at + pieceMax - 1 : at + pieceMax;
    yield { piece: { name, text: text.slice(at, end), ends: false, mailbox } };
    at = end;
  }
  yield { piece: { name, text: text.slice(at), ends: true, mailbox } };
}

/** Some lines of a file that goes on; `null`: it ends here. */
export function partOfFile(name: string, text: string | null): BundleLine {
  return { piece: { name, text: text ?? '', ends: text === null, mailbox: null } };
}

function isHigh(unit: number): boolean {
  return unit >= 0xd8_00 && unit <= 0xdb_ff;
}
