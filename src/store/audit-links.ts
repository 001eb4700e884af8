/** How records are chained: the digest of each, and links that cover some of them and follow on each other. */

import { createHash } from 'node:crypto';
import { sql } from 'kysely';

/** One record, as it is hashed. */
export interface AuditRow {
  readonly id: number;
  readonly at: string;
  readonly who: string;
  readonly what: string;
  readonly mailbox: number | null;
  readonly wave: number | null;
  readonly stage_before: string | null;
  readonly stage_after: string | null;
  readonly why: string | null;
  readonly about: string | null;
}

export interface LinkRow {
  readonly seq: number;
  readonly records: string;
  readonly digests: Buffer;
  readonly hash: Buffer;
}

/** So many records are covered by one link at most: 64 kB of digests. */
export const linkMax = 2_000;
export const digestOctets = 32;

/** An `AuditRow` out of `audit`. */
export const columns = sql.raw(
  `audit.id, to_char(audit.at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as at, who, what, mailbox, wave,
   stage_before, stage_after, why, about::text as about`,
);

/** The digest of a record: SHA-256 of its fields as a JSON array. */
export function digestOf(row: AuditRow): Buffer {
  const { id, at, who, what, mailbox, wave, stage_before, stage_after, why, about } = row;
  const text = JSON.stringify([id, at, who, what, mailbox, wave, stage_before, stage_after, why, about]);
  return createHash('sha256').update(text).digest();
}

export function linkHash(seq: number, before: Buffer | null, digests: Buffer): Buffer {
  return createHash('sha256')
    .update(`${seq}\n`)
    .update(before ?? Buffer.alloc(0))
    .update(digests)
    .digest();
}
