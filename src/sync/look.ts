/**
 * Looking before sending again. After a lost reply, a crash or a vague refusal nobody knows what the target holds: it is
 * read from a remembered UIDNEXT on and matched by content (`matching.ts`), each message of the target answering for at most
 * one of the source.
 */

import type { Instant, Listing, Uid } from '#domain/item.ts';
import { type UidSet, uidsOf } from '#domain/uid-set.ts';
import type { SentMessage } from '#ports/ledger.ts';
import { maxUid } from '#ports/mailbox.ts';
import type { Engine, FolderWork } from './engine.ts';
import { type Match, matchByContent } from './matching.ts';
import { rowFinder } from './row-finder.ts';

export interface Sighting {
  readonly found: readonly Match[];
  readonly notThere: readonly Uid[];
  /**
   * The target has lost something above the remembered UIDNEXT, or something there or here cannot be read: whether these
   * were stored cannot be known.
   */
  readonly doubtful: readonly Uid[];
  /** The messages of the target that were looked at. */
  readonly listing: Listing;
}

/**
 * Looks for `uids` of the source among the target's messages from `fromUid` on that are mapped to nothing.
 * `datesOf` gives the INTERNALDATE each was or will be sent with.
 */
export async function lookOnTarget(
  engine: Engine,
  work: FolderWork,
  uids: UidSet,
  sent: readonly SentMessage[],
  fromUid: number,
  isMapped: (targetUid: Uid) => boolean,
  dateOf: (uid: Uid) => Instant | null,
  isSameNumbering = true,
): Promise<Sighting> {
  const listing = await engine.target.list(work.target.id, [[fromUid as Uid, maxUid]], false);
  const unclaimed: Uid[] = [];
  let present = 0;
  for (let row = 0; row < listing.length; row++) {
    const uid = listing.uid(row);
    // `n:*` also returns the last message when n is beyond it (RFC 9051 §9, seq-range).
    if (uid < fromUid) continue;
    present++;
    if (!isMapped(uid)) unclaimed.push(uid);
  }
  // Gaps tell of something expunged only in the numbering in which `fromUid` was remembered.
  const vanished = isSameNumbering ? listing.state.uidNext - fromUid - present : 0;
  if (unclaimed.length === 0 && vanished <= 0) {
    return { found: [], notThere: [...uidsOf(uids)], doubtful: [], listing };
  }
  const match = await matchByContent(engine, work, uids, unclaimed, sent, dateOf);
  const missing = match.rest;
  // With something expunged up there, whatever may have been sent is in doubt. What was noted of it tells nothing: a process
  // that died may have sent more than it had noted.
  const doubt = new Set([...(vanished > 0 ? missing : []), ...match.unsure]);
  return { found: [...match.found], notThere: missing.filter((uid) => !doubt.has(uid)), doubtful: [...doubt], listing };
}

/** The INTERNALDATE that each message of the source was sent with, as far as `sent` tells, or bears in `listing`. */
export function dateLookup(listing: Listing, sent: ReadonlyMap<Uid, Instant | null>): (uid: Uid) => Instant | null {
  let rowOf: ((uid: Uid) => number) | null = null;
  return (uid) => {
    const known = sent.get(uid);
    if (known !== undefined) return known;
    rowOf ??= rowFinder(listing);
    const row = rowOf(uid);
    return row === -1 ? null : listing.internalDate(row);
  };
}
