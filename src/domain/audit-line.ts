/** A record of the audit log as people read it. */

/** Instants are ISO 8601 in UTC, with microseconds, as they are hashed. */
export interface AuditLine {
  readonly id: number;
  readonly at: string;
  readonly who: string;
  readonly what: string;
  /** The address; null where it is about none, or about one that is not known any more. */
  readonly mailbox: string | null;
  readonly wave: string | null;
  readonly from: string | null;
  readonly to: string | null;
  readonly why: string | null;
  readonly about: Readonly<Record<string, unknown>> | null;
}

export interface AuditListOrder {
  /** Milliseconds since 1970; null: from the beginning. */
  readonly sinceMs: number | null;
  /** Part of a name, in any case of its letters. */
  readonly who: string | null;
  readonly what: string | null;
  /** An address. */
  readonly mailbox: string | null;
  /** Only older ones than this record. */
  readonly before: number | null;
  readonly max: number;
}
