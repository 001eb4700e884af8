/** What the ledger is told when the target has stored messages. */

import { DigestSum } from '#domain/digest.ts';
import type { Uid } from '#domain/item.ts';
import { runsOf } from '#domain/uid-map.ts';
import { uidSet } from '#domain/uid-set.ts';
import type { FolderRecord, LedgerChange } from '#ports/ledger.ts';
import type { Engine, FolderWork } from './engine.ts';
import type { Item, SendPlan } from './send-plan.ts';

/** Writes down which source message became which target message, with the folder's digest, all or none. */
export function recordStored(engine: Engine, plan: SendPlan, items: readonly Item[]): Promise<void> {
  const { work } = plan;
  const digest = new DigestSum(work.record.digest);
  let bytes = 0;
  for (const item of items) {
    digest.add(item.element);
    bytes += item.content.sizeBytes;
  }
  const runs = runsOf(items.map((item) => [item.uid, item.targetUid as Uid] as const));
  work.map = work.map.with(runs);
  work.record = {
    ...work.record,
    digest: digest.octets(),
    messages: work.record.messages + items.length,
    bytes: work.record.bytes + bytes,
    sourceUidValidity: plan.listing.state.uidValidity,
    targetUidValidity: work.target.state?.uidValidity ?? null,
  };
  engine.tally.didCopy(work.source.id, items.length, bytes);
  engine.watcher.progress(items.length, 0);
  const changes: LedgerChange[] = [
    { kind: 'mapped', folder: work.source.id, runs },
    { kind: 'folder', record: work.record },
  ];
  for (const item of items) {
    plan.confirmed.set(item.uid, item);
    changes.push(...engine.exceptions.remove(work.source.id, item.uid, 'refused'));
  }
  return engine.ledger.note(changes).then(() => engine.at('map.written'));
}

/**
 * Takes messages out of the map again, which the target confirmed and does not hold: the changes to be written. They are
 * suspects from then on, so that a server that says so for ever is not asked for ever. Both the answers and the proof may
 * find the same messages out: each is taken out once.
 */
export function unrecord(engine: Engine, work: FolderWork, foundOut: readonly Item[]): LedgerChange[] {
  const items = foundOut.filter(({ uid, targetUid }) => targetUid !== null && work.map.targetOf(uid) === targetUid);
  const digest = new DigestSum(work.record.digest);
  let bytes = 0;
  for (const item of items) {
    digest.subtract(item.element);
    bytes += item.content.sizeBytes;
    work.map = work.map.without(item.uid, item.uid);
    engine.suspects.add(work.source.id, item.uid);
  }
  engine.tally.didCopy(work.source.id, -items.length, -bytes);
  work.record = {
    ...withinReach(
      work.record,
      items.map(({ uid }) => uid),
    ),
    digest: digest.octets(),
    messages: work.record.messages - items.length,
    bytes: work.record.bytes - bytes,
  };
  const uids = uidSet(items.map(({ uid }) => uid));
  return [
    { kind: 'unmapped', folder: work.source.id, uids },
    { kind: 'folder', record: work.record },
  ];
}

/**
 * The record of a folder out of whose map `uids` are taken. What a pass had dealt with once before, as refused, lies behind
 * its cursor, and is found again only by listing everything.
 */
export function withinReach(record: FolderRecord, uids: readonly Uid[]): FolderRecord {
  const cursor = record.sourceState;
  return cursor && uids.some((uid) => uid < cursor.uidNext) ? { ...record, sourceState: null } : record;
}

/** A message on its way out of the map, with what is known of it: its element and its octets as read from the source. */
export interface Unmapped {
  readonly uid: Uid;
  readonly element: Uint8Array | null;
  readonly sizeBytes: number | null;
}

/** Takes messages out of the map, the counts and the digest of a folder: the changes to be written. */
export function unmapped(work: FolderWork, left: readonly Unmapped[]): readonly LedgerChange[] {
  if (left.length === 0) return [];
  const digest = new DigestSum(work.record.digest);
  let bytes = 0;
  for (const { uid, element, sizeBytes } of left) {
    if (element) digest.subtract(element);
    bytes += sizeBytes ?? 0;
    work.map = work.map.without(uid, uid);
  }
  work.record = {
    ...work.record,
    digest: digest.octets(),
    messages: work.record.messages - left.length,
    bytes: Math.max(0, work.record.bytes - bytes),
  };
  const uids = uidSet(left.map(({ uid }) => uid));
  return [
    { kind: 'unmapped', folder: work.source.id, uids },
    { kind: 'folder', record: work.record },
  ];
}

/** Whether a target UID is spoken for by any folder of the source that goes into the same target folder. */
export function isMappedIn(
  plan: { readonly work: FolderWork },
  all: readonly { readonly work: FolderWork }[],
): (uid: Uid) => boolean {
  const maps = all.filter(({ work }) => work.target.id === plan.work.target.id).map(({ work }) => work);
  return (uid) => maps.some(({ map }) => map.sourceOf(uid) !== null);
}
