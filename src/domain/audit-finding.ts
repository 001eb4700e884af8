/** The audit log as somebody who does not trust its keeper sees it. */

/** A link of the chain. Who keeps one elsewhere can tell whether everything up to it is still there. */
export interface AuditHead {
  readonly seq: number;
  /** SHA-256 in hexadecimal digits, over all links up to this one. */
  readonly hash: string;
  /** That of the first link: two logs with another beginning are two logs. */
  readonly beginning: string;
}

/** Of heads that were kept elsewhere, one that the log does not hold. */
export interface HeadLost {
  /** Which of them, from 0. */
  readonly at: number;
  readonly what: string;
}

export type AuditFinding =
  | {
      readonly intact: true;
      readonly records: number;
      /** Null where nothing has been chained yet. */
      readonly head: AuditHead | null;
      /** Records that are not chained yet. */
      readonly unsealed: number;
    }
  /** At the first place where it is not as it was written. */
  | {
      readonly intact: false;
      readonly what: string;
      /** The first record of which it is told; null where it cannot be said which. */
      readonly record: number | null;
    };
