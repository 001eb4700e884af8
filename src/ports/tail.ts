/** The tail as it is kept: what doors report and log files tell, and what is asked of it. */

import type { AccessLogFormat, AccessLogState } from '#domain/access-log.ts';
import type { Page } from '#domain/estate-lists.ts';
import type { SideName } from '#domain/platform.ts';
import type {
  TailApplication,
  TailDay,
  TailLine,
  TailListOrder,
  TailPlan,
  TailPlanOrder,
  TailPlanned,
} from '#domain/tail.ts';
import type { FoldedUse } from '#domain/tail-fold.ts';
import type { TailSighting } from '#domain/tail-sighting.ts';
import type { UnknownName } from '#domain/selector.ts';

/** For doors that see people sign in. It costs them nothing, never fails, and never waits. */
export interface TailSink {
  seen(sighting: TailSighting): void;
}

/** A log file as far as it has been read. */
export interface FileReached {
  /** SHA-256 of its first octets, and how many those were. */
  readonly head: Buffer;
  readonly headOctets: number;
  /** SHA-256 of the octets before the place that was reached. */
  readonly mark: Buffer;
  readonly markOctets: number;
  /** Of the log itself, uncompressed. */
  readonly readOctets: number;
  readonly lines: number;
  readonly malformed: number;
  readonly state: AccessLogState;
  readonly path: string;
}

export interface FileKnown extends FileReached {
  readonly id: number;
}

export interface FileOrder {
  readonly format: AccessLogFormat;
  readonly side: SideName;
}

/** Where a batch comes from: how far its file had been read before, and is after it. */
export interface FileStep extends FileOrder {
  /** Null for one that is new. */
  readonly id: number | null;
  /** What it had reached when it was opened, or at the step before; 0 for one that is new. */
  readonly fromOctets: number;
  /** The newest file of all when it was opened: one that is newer and begins alike is the same, in other hands. */
  readonly newest: number;
  readonly reached: FileReached;
}

/** What became of the sightings of a batch. */
export interface TailKept {
  /** Of mailboxes of the estate. */
  readonly ofMailboxes: number;
  /** Under names that it does not have. */
  readonly ofStrangers: number;
  /** Messages of senders elsewhere, handed in without signing in: not kept. */
  readonly passedBy: number;
  /** For which there was no room. */
  readonly lost: number;
}

export interface TailIntake {
  /** Files that may be this one: they begin as `heads` says, each with so many octets. */
  filesBeginning(order: FileOrder, headOf: (octets: number) => Buffer | null): Promise<readonly FileKnown[]>;
  newestFile(): Promise<number>;
  /**
   * Adds what was folded, and how far the file was read, both or neither; answers with the file's id too. Throws
   * `tail.file.elsewhere` where somebody else has read on in it.
   */
  keep(uses: readonly FoldedUse[], step: FileStep | null): Promise<TailKept & { readonly file: number | null }>;
  /** Sightings that a door could not keep. */
  lose(why: string, sightings: number): Promise<void>;
  /** Whose names those of strangers are by now; the estate may have been imported since. How many. */
  knowAgain(): Promise<number>;
}

export interface TailView {
  list(order: TailListOrder): Promise<Page<TailLine> | UnknownName>;
  /** The last days, the oldest first; none is left out. */
  burnDown(order: {
    readonly organisation: string | null;
    readonly days: number;
  }): Promise<readonly TailDay[] | UnknownName>;
  applications(order: {
    readonly organisation: string | null;
    readonly sinceMs: number | null;
  }): AsyncIterable<readonly TailApplication[]>;
  /** Whether there is an organisation of that code; else the nearest. */
  organisation(code: string): Promise<UnknownName | null>;
  assign(order: TailPlanOrder, who: string): Promise<TailPlanned>;
  /** Forgets what is planned. */
  unassign(name: string, who: string): Promise<TailPlanned>;
  losses(): Promise<readonly { readonly why: string; readonly sightings: number }[]>;
  plans(): Promise<readonly TailPlan[]>;
}
