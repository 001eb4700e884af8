/**
 * An import on its way into the estate: rows are taken in beside it, held against each other and against what is there, and
 * then all of it happens at once, or nothing does. Whatever breaks before `keep` has returned leaves the estate as it was.
 */

import type { ChangeKind, EstateChanges, Finding, NamedChange } from '#domain/estate-changes.ts';
import type { EstateFileKind, Header } from '#domain/estate-columns.ts';
import type { EstateRows, Lined } from '#domain/estate-rows.ts';
import type { SideName } from '#domain/platform.ts';

/** The files of an import by what they tell of, with their columns; a file that was not given is not in it. */
export type GivenFiles = { readonly [Kind in EstateFileKind]?: Header<Kind> };

/** What an import was, for the audit log. */
export interface ImportRecord {
  readonly who: string;
  /** By kind: its path as given, how many rows, and the SHA-256 of its octets in hexadecimal digits. */
  readonly files: Readonly<Record<string, { readonly path: string; readonly rows: number; readonly sha256: string }>>;
}

export interface Intake extends AsyncDisposable {
  /** Takes rows in, and returns when there is room for more. */
  take<Kind extends EstateFileKind>(kind: Kind, rows: readonly Lined<EstateRows[Kind]>[]): Promise<void>;
  /** Enters what is wrong with lines that gave no row. */
  enter(problems: readonly Finding[]): Promise<void>;
  /** Holds the rows against each other and against the estate, and enters what does not go together. */
  check(given: GivenFiles): Promise<{ readonly problems: number; readonly remarks: number }>;
  /** How the estate would change. To be asked once, after a check that found no problem. */
  compare(): Promise<EstateChanges>;
  /** All that was entered, in the order of files, lines and columns, some thousand at a time. */
  findings(what: 'problems' | 'remarks'): AsyncIterable<readonly Finding[]>;
  /** The changes of one kind by name, mailboxes after organisations, some thousand at a time. */
  changes(change: ChangeKind): AsyncIterable<readonly NamedChange[]>;
  /** Makes the estate be as the files say. It is durable when this returns. */
  keep(record: ImportRecord): Promise<void>;
}

/** By side, who a mailbox is to its platform, as `user` of godwit.yaml has it; null where it says nothing. */
export type Users = Readonly<Record<SideName, string | null>>;

export interface IntakeOptions {
  readonly users: Users;
  /** Nothing will be kept: then nothing is reserved for it either. */
  readonly dryRun: boolean;
}

/** Opens an intake; one at a time. Throws `estate.import.under-way`, `database.*`. An abort ends it as if it had not begun. */
export type OpenIntake = (options: IntakeOptions, signal: AbortSignal) => Promise<Intake>;
