/** What an operator is told of the database of an estate, and can have done to it. */

import type { RestoredQuestion, RestoredReport } from './restored.ts';

/** A file of SQL that is run once in the life of a database, and what has become of it in this one. */
export interface MigrationState {
  /** `0001-estate`. */
  readonly name: string;
  /**
   * `edited`: what was run is not what this version has under that name. `unknown`: this version has none of that name, so
   * that a newer one has been here.
   */
  readonly state: 'ran' | 'missing' | 'edited' | 'unknown';
  readonly ranAt: Date | null;
  /** SHA-256 of its text, in hexadecimal digits: as it was run, else as it would be. */
  readonly checksum: string;
}

/** Something that would be run, as one could run it by hand. */
export interface PlannedStep {
  readonly name: string;
  readonly sql: string;
}

export interface TableSize {
  readonly name: string;
  /** As the server reckons; null where it has never counted. */
  readonly rows: number | null;
  /** With its indexes. */
  readonly bytes: number;
}

export interface DatabaseInfo {
  /** Where it is, without user and password. */
  readonly name: string;
  readonly isEmbedded: boolean;
  /** Whether it is another machine's, and what is said to it can be read along on the way. */
  readonly isInTheClear: boolean;
  /** `18.4`. */
  readonly version: string;
  readonly bytes: number;
  readonly migrations: readonly MigrationState[];
  /** The version of the tables of the queue: here (null for none), and as this Godwit wants it. */
  readonly queue: { readonly here: number | null; readonly wanted: number };
  /** The largest first. */
  readonly tables: readonly TableSize[];
}

/** What `godwit db` can do. Throws `database.*`. */
export interface DatabaseCare extends AsyncDisposable {
  info(): Promise<DatabaseInfo>;
  /** What `migrate` would run, in order. */
  plan(): Promise<readonly PlannedStep[]>;
  /** Runs it, and says what it was. Safe while others do the same. */
  migrate(): Promise<readonly string[]>;
  /**
   * Whom it concerns that this database was restored, by what doors have kept; with a reason it is confirmed, and work
   * goes on by it. Throws `digests.key.*` too.
   */
  restored(question: RestoredQuestion): Promise<RestoredReport>;
}
