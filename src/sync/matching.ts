/**
 * Pairs messages of the source with messages of the target by content, exactly first, then levelled (see `content.ts`),
 * with their multiplicity. Both sides are held in packed columns (`shelf.ts`), and so is what was found.
 */

import type { FolderId, Instant, Uid } from '#domain/item.ts';
import { type UidSet, uidCount, uidSet, uidsOf } from '#domain/uid-set.ts';
import type { SentMessage } from '#ports/ledger.ts';
import type { Reader } from '#ports/mailbox.ts';
import { readContents } from './content.ts';
import type { Engine, FolderWork } from './engine.ts';
import { Shelf } from './shelf.ts';

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

/** What matching by content found out. */
export interface Matching {
  readonly found: Matches;
  /** Not found, those in `unsure` and `gone` among them. */
  readonly rest: readonly Uid[];
  /** May be there all the same: they, or messages of the target that look like them, could not be read. */
  readonly unsure: readonly Uid[];
  /** Left the source before they could be read: nothing can be said of them. */
  readonly gone: ReadonlySet<Uid>;
}

/** What was found, ascending by source UID. A match is made each time it is asked for: what is kept of it is two numbers. */
export class Matches implements Iterable<Match> {
  size = 0;
  readonly #source: Shelf;
  readonly #target: Shelf;
  /** Per row of the source its row on the target, -1 for none. */
  readonly #rows: Int32Array;
  readonly #match: (row: number, targetRow: number) => Match;

  constructor(source: Shelf, target: Shelf, match: (row: number, targetRow: number) => Match) {
    this.#source = source;
    this.#target = target;
    this.#rows = new Int32Array(source.length).fill(-1);
    this.#match = match;
  }

  add(row: number, targetRow: number): void {
    this.#rows[row] = targetRow;
    this.#source.take(row);
    this.#target.take(targetRow);
    this.size++;
  }

  has(uid: Uid): boolean {
    const row = this.#source.rowOf(uid);
    return row !== -1 && this.#rows[row] !== -1;
  }

  *[Symbol.iterator](): Generator<Match> {
    for (let row = 0; row < this.#rows.length; row++) {
      const targetRow = this.#rows[row] as number;
      if (targetRow !== -1) yield this.#match(row, targetRow);
    }
  }
}

/** Reads both sides and pairs `uids` of the source with `targetUids`. `dateOf`: the date each was or will be sent with. */
export async function matchByContent(
  engine: Engine,
  work: FolderWork,
  uids: UidSet,
  targetUids: readonly Uid[],
  sent: readonly SentMessage[],
  dateOf: (uid: Uid) => Instant | null,
): Promise<Matching> {
  const there = new Shelf(targetUids, targetUids.length);
  const here = new Shelf(uidsOf(uids), targetUids.length === 0 ? 0 : uidCount(uids));
  const noted = new Map(sent.map((message) => [message.uid, message] as const));
  const found = new Matches(here, there, (row, targetRow) =>
    matched(engine, here, row, there, targetRow, dateOf, noted),
  );
  if (targetUids.length === 0) return { found, rest: [...uidsOf(uids)], unsure: [], gone: new Set() };
  const [targetUnread, sourceUnread] = await Promise.all([
    readAll(engine.target, work.target.id, uidSet(targetUids), there),
    readAll(engine.source, work.source.id, uids, here),
  ]);
  for (const kind of ['exact', 'levelled'] as const) {
    for (let row = 0; row < here.length; row++) {
      if (!here.isKnown(row) || here.isTaken(row)) continue;
      const targetRow = there.takeEqual(kind, kind === 'exact' ? here.sha256(row) : here.levelled(row));
      if (targetRow !== -1) found.add(row, targetRow);
    }
  }
  findLeft(engine, here, there, noted, found);
  const rest: Uid[] = [];
  const gone = new Set<Uid>();
  for (let row = 0; row < here.length; row++) {
    const uid = here.uid(row);
    if (found.has(uid)) continue;
    rest.push(uid);
    if (!here.isKnown(row) && !sourceUnread.has(uid)) gone.add(uid);
  }
  const unsure = rest.filter((uid) => sourceUnread.has(uid));
  if (targetUnread.size > 0) unsure.push(...(await mayBeAmong(engine, work, targetUnread, rest, here, dateOf)));
  return { found, rest, unsure: [...new Set(unsure)], gone };
}

/** A message that has left the source meanwhile is known by the element that was noted when its bytes went by. */
function findLeft(
  engine: Engine,
  here: Shelf,
  there: Shelf,
  noted: ReadonlyMap<Uid, SentMessage>,
  found: Matches,
): void {
  for (const [uid, message] of noted) {
    const row = here.rowOf(uid);
    if (row === -1 || here.isKnown(row)) continue;
    for (let candidate = 0; candidate < there.length; candidate++) {
      if (!there.isKnown(candidate) || there.isTaken(candidate)) continue;
      if (there.sizeBytes(candidate) !== message.sizeBytes) continue;
      const element = engine.elements.element(there.sha256(candidate), message.sizeBytes, message.internalDate);
      if (!Buffer.from(element).equals(message.element)) continue;
      found.add(row, candidate);
      break;
    }
  }
}

function matched(
  engine: Engine,
  here: Shelf,
  row: number,
  there: Shelf,
  targetRow: number,
  dateOf: (uid: Uid) => Instant | null,
  noted: ReadonlyMap<Uid, SentMessage>,
): Match {
  const uid = here.uid(row);
  const targetUid = there.uid(targetRow);
  const message = noted.get(uid);
  if (!here.isKnown(row) && message) {
    const { sizeBytes, element } = message;
    return { uid, targetUid, sizeBytes, element, servedAs: null, sentByUs: true };
  }
  const sizeBytes = here.sizeBytes(row);
  const element = engine.elements.element(here.sha256(row), sizeBytes, dateOf(uid));
  const sentByUs = message !== undefined && Buffer.from(message.element).equals(element);
  const isSame = here.sha256(row).equals(there.sha256(targetRow));
  const servedAs = isSame ? null : { sizeBytes: there.sizeBytes(targetRow) };
  return { uid, targetUid, sizeBytes, element, servedAs, sentByUs };
}

/**
 * Reads messages by content, each that is listed and was not returned once more by itself. What cannot be read even so is
 * told, since "not returned" is not "not there"; what is no longer listed is left out.
 */
async function readAll(reader: Reader, folder: FolderId, uids: UidSet, shelf: Shelf): Promise<ReadonlySet<Uid>> {
  const { missing } = await readContents(reader, folder, uids, true, (content) => shelf.put(content));
  const unread = new Set<Uid>();
  if (missing.length === 0) return unread;
  const still = await reader.list(folder, uidSet(missing), false);
  for (let row = 0; row < still.length; row++) {
    const uid = still.uid(row);
    const known = (): boolean => shelf.rowOf(uid) !== -1 && shelf.isKnown(shelf.rowOf(uid));
    if (unread.size < unreadAskedMax && !known())
      await readContents(reader, folder, [[uid, uid]], true, (content) => shelf.put(content));
    if (!known()) unread.add(uid);
  }
  return unread;
}

/** A server that returns nothing at all is not asked a million times one by one. */
const unreadAskedMax = 100;

/** Of `rest` those that look like a message of the target that cannot be read: as long, or of the same date. */
async function mayBeAmong(
  engine: Engine,
  work: FolderWork,
  unread: ReadonlySet<Uid>,
  rest: readonly Uid[],
  here: Shelf,
  dateOf: (uid: Uid) => Instant | null,
): Promise<readonly Uid[]> {
  const listing = await engine.target.list(work.target.id, uidSet(unread), true);
  const sizes = new Set<number | null>();
  const dates = new Set<Instant | null>();
  for (let row = 0; row < listing.length; row++) {
    sizes.add(listing.sizeBytes(row));
    dates.add(listing.internalDate(row));
  }
  const sizeOf = (uid: Uid): number | null => {
    const row = here.rowOf(uid);
    return here.isKnown(row) ? here.sizeBytes(row) : null;
  };
  return rest.filter((uid) => sizes.has(sizeOf(uid)) || dates.has(dateOf(uid)));
}
