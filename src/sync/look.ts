/**
 * Looking before sending again. After a lost reply, a crash or a vague refusal nobody knows what the target holds: it is
 * read from a remembered UIDNEXT on and matched by content, exactly first, then levelled (see `content.ts`), each message
 * of the target answering for at most one of the source. The same matching adopts mail that was there before us.
 */

import type { FolderId, Instant, Listing, Uid } from '#domain/item.ts';
import { type UidSet, uidSet, uidsOf } from '#domain/uid-set.ts';
import type { SentMessage } from '#ports/ledger.ts';
import { maxUid, type Reader } from '#ports/mailbox.ts';
import { type FoundContent, readContents } from './content.ts';
import type { Engine, FolderWork } from './engine.ts';

/** A source message that was found on the target. */
export interface Match {
  readonly uid: Uid;
  readonly targetUid: Uid;
  readonly sizeBytes: number;
  readonly element: Uint8Array;
  /** How it is served there, where that is not what the source serves. */
  readonly servedAs: { readonly sizeBytes: number } | null;
  /** True where the ledger has noted that we sent just this under an intent: then it is ours, else it is adopted. */
  readonly sentByUs: boolean;
}

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
  return { found: match.found, notThere: missing.filter((uid) => !doubt.has(uid)), doubtful: [...doubt], listing };
}

/** What matching by content found out. */
export interface Matching {
  readonly found: readonly Match[];
  /** Not found, those in `unsure` among them. */
  readonly rest: readonly Uid[];
  /** May be there all the same: they, or messages of the target that look like them, could not be read. */
  readonly unsure: readonly Uid[];
}

/** Pairs messages of the source with messages of the target that hold the same content, with their multiplicity. */
export async function matchByContent(
  engine: Engine,
  work: FolderWork,
  uids: UidSet,
  targetUids: readonly Uid[],
  sent: readonly SentMessage[],
  dateOf: (uid: Uid) => Instant | null,
): Promise<Matching> {
  const asked = [...uidsOf(uids)];
  if (targetUids.length === 0) return { found: [], rest: asked, unsure: [] };
  const [target, source] = await Promise.all([
    readAll(engine.target, work.target.id, uidSet(targetUids)),
    readAll(engine.source, work.source.id, uids),
  ]);
  const there = target.contents;
  const here = new Map(source.contents.map((content) => [content.uid, content] as const));
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
  const unsure = rest.filter((uid) => source.unread.has(uid));
  if (target.unread.size > 0) unsure.push(...(await mayBeAmong(engine, work, target.unread, rest, here, dateOf)));
  return { found: [...found.values()], rest, unsure: [...new Set(unsure)] };
}

/**
 * Reads messages by content, each that is listed and was not returned once more by itself. What cannot be read even so is
 * told, since "not returned" is not "not there"; what is no longer listed is left out.
 */
async function readAll(
  reader: Reader,
  folder: FolderId,
  uids: UidSet,
): Promise<{ readonly contents: FoundContent[]; readonly unread: ReadonlySet<Uid> }> {
  const contents: FoundContent[] = [];
  const take = (content: FoundContent): void => void contents.push(content);
  const { missing } = await readContents(reader, folder, uids, true, take);
  const unread = new Set<Uid>();
  if (missing.length === 0) return { contents, unread };
  const still = await reader.list(folder, uidSet(missing), false);
  for (let row = 0; row < still.length; row++) {
    const uid = still.uid(row);
    const before = contents.length;
    if (unread.size < unreadAskedMax) await readContents(reader, folder, [[uid, uid]], true, take);
    if (contents.length === before) unread.add(uid);
  }
  return { contents, unread };
}

/** A server that returns nothing at all is not asked a million times one by one. */
const unreadAskedMax = 100;

/** Of `rest` those that look like a message of the target that cannot be read: as long, or of the same date. */
async function mayBeAmong(
  engine: Engine,
  work: FolderWork,
  unread: ReadonlySet<Uid>,
  rest: readonly Uid[],
  here: ReadonlyMap<Uid, FoundContent>,
  dateOf: (uid: Uid) => Instant | null,
): Promise<readonly Uid[]> {
  const listing = await engine.target.list(work.target.id, uidSet(unread), true);
  const sizes = new Set<number | null>();
  const dates = new Set<Instant | null>();
  for (let row = 0; row < listing.length; row++) {
    sizes.add(listing.sizeBytes(row));
    dates.add(listing.internalDate(row));
  }
  return rest.filter((uid) => sizes.has(here.get(uid)?.sizeBytes ?? null) || dates.has(dateOf(uid)));
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

/** The INTERNALDATE that each message of the source was sent with, as far as `sent` tells, or bears in `listing`. */
export function dateLookup(listing: Listing, sent: ReadonlyMap<Uid, Instant | null>): (uid: Uid) => Instant | null {
  let rows: Map<Uid, number> | null = null;
  return (uid) => {
    const known = sent.get(uid);
    if (known !== undefined) return known;
    if (!rows) {
      rows = new Map();
      for (let row = 0; row < listing.length; row++) rows.set(listing.uid(row), row);
    }
    const row = rows.get(uid);
    return row === undefined ? null : listing.internalDate(row);
  };
}
