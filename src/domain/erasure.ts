/** Sealed secrets that are erased for good when a programme is over, and what is told of it. */

import type { AuditHead } from './audit-finding.ts';

/** Which are to be erased. */
export interface ErasureOrder {
  /** Those whose name begins with it; empty for all. */
  readonly prefix: string;
  /** Also those that Godwit made for itself, among them the key of all digests. */
  readonly withOwn: boolean;
}

export interface Erasable {
  readonly secrets: number;
  /** Not meant, Godwit's own among them. */
  readonly kept: number;
  readonly keptOwn: number;
  /** Of the keys that what is to be erased is under: copies of the database open with them and with nothing else. */
  readonly keyIds: readonly string[];
  /** Mailboxes that are on their way, and need somebody to sign in for them. */
  readonly underWay: number;
}

export type Erasure =
  | (Erasable & { readonly kind: 'under-way' })
  | (Erasable & {
      readonly kind: 'erased';
      /** Of all names and fingerprints, as the audit log has them. */
      readonly digest: string;
      /** Of the audit log with the records of it. Null where there was nothing to erase. */
      readonly head: AuditHead | null;
    });

/** An erasure, as the audit log has it. */
export interface Erased {
  /** Its number in the audit log. */
  readonly record: number;
  readonly at: Date;
  readonly who: string;
  readonly why: string;
  readonly secrets: number;
  readonly digest: string;
}
