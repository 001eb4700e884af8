/**
 * Looking before sending again. After a lost reply, a crash or a vague refusal nobody knows what the target holds: it is
 * read from a remembered UIDNEXT on and matched by content, exactly first, then levelled (see `content.ts`), each message
 * of the target answering for at most one of the source. The same matching adopts mail that was there before us.
 */

import type { Instant, Listing, Uid } from '#domain/item.ts';
import { type UidSet, uidSet, uidsOf } from '#domain/uid-set.ts';
import type { SentMessage } from '#ports/ledger.ts';
import { maxUid } from '#ports/mailbox.ts';
import { type FoundContent, readContents } from './content.ts';
import type { Engine, FolderWork } from './engine.ts';

/** A source message that was found on the target. */
export interface Match {
  readonly uid: Uid;
  readonly targetUid: Uid;
  readonly sizeBytes: number;
  readonly element: Uint8Array;
  /** How it is served there, where that is not what the source serves. */
  readonly servedAs: FoundContent | null;
  /** True where the ledger has noted that we sent just this under an intent: then it is ours, else it is adopted. */
  readonly sentByUs: boolean;
}

export interface Sighting {
  readonly found: readonly Match[];
  readonly notThere: readonly Uid[];
  /** The target has lost something above the remembered UIDNEXT: whether these were stored cannot be known any more. */
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
  const vanished = listing.state.uidNext - fromUid - present;
  if (unclaimed.length === 0 && vanished <= 0) {
    return { found: [], notThere: [...uidsOf(uids)], doubtful: [], listing };
  }
  const match = await matchByContent(engine, work, uids, unclaimed, sent, dateOf);
  const noted = new Set(sent.map(({ uid }) => uid));
  const missing = match.rest;
  // With something expunged up there, those that we know were sent whole are in doubt; if none is known to have been, all are.
  const inDoubt =
    vanished > 0 ? (missing.some((uid) => noted.has(uid)) ? missing.filter((uid) => noted.has(uid)) : missing) : [];
  const doubt = new Set(inDoubt);
  return { found: match.found, notThere: missing.filter((uid) => !doubt.has(uid)), doubtful: inDoubt, listing };
}

/** Pairs messages of the source with messages of the target that hold the same content, with their multiplicity. */
export async function matchByContent(
  engine: Engine,
  work: FolderWork,
  uids: UidSet,
  targetUids: readonly Uid[],
  sent: readonly SentMessage[],
  dateOf: (uid: Uid) => Instant | null,
): Promise<{ readonly found: readonly Match[]; readonly rest: readonly Uid[] }> {
  const asked = [...uidsOf(uids)];
  if (targetUids.length === 0) return { found: [], rest: asked };
  const there: FoundContent[] = [];
  const here = new Map<Uid, FoundContent>();
  await Promise.all([
    readContents(engine.target, work.target.id, uidSet(targetUids), true, (content) => there.push(content)),
    readContents(engine.source, work.source.id, uids, true, (content) => here.set(content.uid, content)),
  ]);
  there.sort((a, b) => a.uid - b.uid);
  const free = new Set(there);
  const exact = shelf(there, (content) => Buffer.from(content.sha256).toString('base64'));
  const levelled = shelf(there, (content) => content.levelled ?? '');
  const found = new Map<Uid, Match>();
  const take = (shelves: Map<string, FoundContent[]>, key: string): FoundContent | null => {
    const candidates = shelves.get(key);
    while (candidates && candidates.length > 0) {
      const candidate = candidates.shift() as FoundContent;
      if (free.delete(candidate)) return candidate;
    }
    return null;
  };
  const noted = new Map(sent.map((message) => [message.uid, message] as const));
  for (const uid of asked) {
    const content = here.get(uid);
    if (!content) continue;
    const match = take(exact, Buffer.from(content.sha256).toString('base64'));
    if (match) found.set(uid, matched(engine, content, match, dateOf(uid), null, noted.get(uid)));
  }
  for (const uid of asked) {
    const content = here.get(uid);
    if (!content || found.has(uid)) continue;
    const match = take(levelled, content.levelled ?? '');
    if (match) found.set(uid, matched(engine, content, match, dateOf(uid), match, noted.get(uid)));
  }
  // A message that has left the source meanwhile is known by the element that was noted when its bytes went by.
  for (const uid of asked) {
    const message = noted.get(uid);
    if (!message || here.has(uid)) continue;
    for (const candidate of free) {
      if (candidate.sizeBytes !== message.sizeBytes) continue;
      const element = engine.elements.element(candidate.sha256, candidate.sizeBytes, message.internalDate);
      if (!Buffer.from(element).equals(message.element)) continue;
      free.delete(candidate);
      found.set(uid, {
        uid,
        targetUid: candidate.uid,
        sizeBytes: message.sizeBytes,
        element,
        servedAs: null,
        sentByUs: true,
      });
      break;
    }
  }
  const rest = asked.filter((uid) => !found.has(uid));
  return { found: [...found.values()], rest };
}

function matched(
  engine: Engine,
  content: FoundContent,
  onTarget: FoundContent,
  date: Instant | null,
  servedAs: FoundContent | null,
  noted: SentMessage | undefined,
): Match {
  const element = engine.elements.element(content.sha256, content.sizeBytes, date);
  const sentByUs = noted !== undefined && Buffer.from(noted.element).equals(element);
  return { uid: content.uid, targetUid: onTarget.uid, sizeBytes: content.sizeBytes, element, servedAs, sentByUs };
}

function shelf(contents: readonly FoundContent[], key: (content: FoundContent) => string): Map<string, FoundContent[]> {
  const shelves = new Map<string, FoundContent[]>();
  for (const content of contents) {
    const of = shelves.get(key(content));
    if (of) of.push(content);
    else shelves.set(key(content), [content]);
  }
  return shelves;
}
