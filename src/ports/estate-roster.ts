/**
 * The imported estate, read once from end to end as it stood at one moment. Rows are handed over one by one as plain words
 * and numbers: of two million mailboxes an object for each would cost more than all that is done with them.
 */

import type { StandingWave } from '#domain/plan-standing.ts';

/** All before the first mailbox. Times are milliseconds since 1970, by the clock of the database. */
export interface RosterHead {
  readonly now: number;
  readonly organisations: readonly RosterOrganisationRow[];
  readonly waves: readonly StandingWave[];
  /** How many there will be. */
  readonly mailboxes: number;
  readonly grants: number;
}

export interface RosterOrganisationRow {
  readonly id: number;
  readonly code: string;
  readonly name: string;
  /** The `id` of the one above it. */
  readonly parent: number | null;
}

/** What is told of a mailbox. Days are counted since 1970-01-01. */
export interface RosterRow {
  readonly id: number;
  readonly address: string;
  /** Its other addresses with blanks between them; null for none. */
  readonly aliases: string | null;
  /** By the order of `mailboxKinds`. */
  readonly kind: number;
  /** `id` of its organisation. */
  readonly organisation: number;
  /** 0 where nobody knows. */
  readonly sizeBytes: number;
  readonly items: number;
  /** Null: any will do. */
  readonly notBefore: number | null;
  readonly notAfter: number | null;
  readonly waveHint: string | null;
  /** By the order of `stages`. */
  readonly stage: number;
  /** By the order of `marks`; -1 for none. */
  readonly mark: number;
  /** `id` of its wave. */
  readonly wave: number | null;
  /** Since when it stands where it stands. */
  readonly stageSince: number;
}

export interface RosterTaker {
  begins(head: RosterHead): void;
  /** In the order of their ids. The row is another one after the next call: whatever is to be kept is to be copied. */
  mailbox(row: RosterRow): void;
  /** By the ids of its two ends, which may have left the estate; the kind by the order of `grantKinds`. */
  grant(mailbox: number, grantee: number, kind: number): void;
}

export interface EstateRosterPort {
  /** Hands over everybody who has not left, and then all grants where they are wanted. Throws `database.*`, `interrupted`. */
  read(taker: RosterTaker, wants: { readonly grants: boolean }, signal: AbortSignal): Promise<void>;
}
