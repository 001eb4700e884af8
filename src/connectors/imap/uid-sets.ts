/** UIDs as they are asked for in commands, and which of them came. */

import type { Uid } from '#domain/item.ts';
import { type UidSet, uidSetOf } from '#domain/uid-set.ts';
import { maxUid } from '#ports/mailbox.ts';
import type * as imap from '#protocols/imap/index.ts';

/** Octets of a set of UIDs in one command: Yahoo and UW bound a command at 1,000 (MailKit). */
export const setOctets = 900;

export const everyUid: UidSet = [[1 as Uid, maxUid]];

export function isIn(set: UidSet, uid: number): boolean {
  return set.length === 1
    ? uid >= (set[0]?.[0] ?? 1) && uid <= (set[0]?.[1] ?? 0)
    : set.some(([first, last]) => uid >= first && uid <= last);
}

/** Those of `uids` below `end` that did not come. */
export function missingOf(uids: UidSet, got: imap.NumberGatherer, end: number): readonly Uid[] {
  const missing: Uid[] = [];
  for (const [first, last] of uids) {
    // An open end asks for what there is; any other UID was asked for by name.
    const stop = last === maxUid ? end - 1 : last;
    for (let uid = first as number; uid <= stop; uid++) if (!got.has(uid)) missing.push(uid as Uid);
  }
  return missing;
}

/** What of `ranges` is below `uidNext`. */
export function below(ranges: imap.NumberSet, uidNext: number): UidSet {
  return uidSetOf(
    ranges.filter(([first]) => first < uidNext).map(([first, last]) => [first, Math.min(last, uidNext - 1)]),
  );
}
