/**
 * Turning a ledger round: what was the source becomes the target. After the switch people work on the target, and what they do
 * there is carried home under a ledger that leads back; when they go back, that one is turned again.
 *
 * What is known stays known: which message is which, how far each side had been read, and the digests, since an element is
 * the same from whichever side the same message is read. But whoever is left behind now had the last word so far: what had left
 * it and stays on the other side is mail of the other side from here on, and is carried like all of it.
 */

import { between, turnedWords as turnedDetail } from './difference-words.ts';
import { DigestSum } from './digest.ts';
import type { FolderId, FolderState, Uid, UidValidity } from './item.ts';
import { UidMap, type UidRun } from './uid-map.ts';

/** Which way a ledger leads: from the source to the target, or back after the switch. */
export type Direction = 'there' | 'back';

export const opposite = { there: 'back', back: 'there' } as const satisfies Record<Direction, Direction>;

/** One folder of a ledger (`FolderRecord` of `ports/ledger.ts`). */
export interface TurnableRecord {
  readonly source: FolderId;
  readonly target: FolderId;
  readonly sourceState: FolderState | null;
  readonly targetState: FolderState | null;
  readonly sourceUidValidity: UidValidity | null;
  readonly targetUidValidity: UidValidity | null;
  readonly digest: Uint8Array;
  readonly messages: number;
  readonly bytes: number;
}

/** What is to be known of one message (`Exception` of `ports/ledger.ts`). */
export interface TurnableException {
  readonly folder: FolderId;
  readonly sourceUidValidity: UidValidity;
  readonly uid: Uid;
  readonly kind: 'refused' | 'different' | 'kept' | 'removed';
  readonly code: string;
  readonly detail: string;
  readonly sizeBytes: number | null;
  readonly messageId: string | null;
  readonly elementRead: Uint8Array | null;
  readonly elementServed: Uint8Array | null;
}

export interface TurnableFolder {
  readonly record: TurnableRecord;
  readonly map: UidMap;
  readonly exceptions: readonly TurnableException[];
}

export interface TurnedLedger {
  readonly folders: readonly TurnableFolder[];
  /** Folders whose target another folder shares that came before: their messages stay where they are, and nothing follows. */
  readonly withoutWayBack: readonly FolderId[];
}

/**
 * The ledger of the other direction. Nothing in it counts as adopted, except what `earlier`, an older ledger of that
 * direction by its folders, had marked so and still is the same pair: what people had put there is theirs for good.
 */
export function turned(
  folders: readonly TurnableFolder[],
  earlier: ReadonlyMap<FolderId, TurnableFolder> = new Map(),
): TurnedLedger {
  const withoutWayBack: FolderId[] = [];
  const back: TurnableFolder[] = [];
  for (const [target, [first, ...merged]] of Map.groupBy(folders, ({ record }) => record.target)) {
    if (!first) continue;
    back.push(turnedFolder(first, merged, earlier.get(target) ?? null));
    withoutWayBack.push(...merged.map(({ record }) => record.source));
  }
  return { folders: back, withoutWayBack };
}

/** `merged`: folders that share its target, of whose mail nothing is carried back. */
function turnedFolder(
  folder: TurnableFolder,
  merged: readonly TurnableFolder[],
  earlier: TurnableFolder | null,
): TurnableFolder {
  const { record, map, exceptions } = withoutKept(folder);
  const back = turnedMap(map);
  const leftAlone = merged.flatMap((other) => ofMerged(other, back));
  const removed = exceptions.filter(({ kind }) => kind === 'removed').length;
  const turnedRecord: TurnableRecord = {
    ...record,
    source: record.target,
    target: record.source,
    // Mail that nobody knows there would never be looked at behind a cursor.
    sourceState: holds(record.targetState, back.size + leftAlone.length - removed) ? record.targetState : null,
    targetState: record.sourceState,
    sourceUidValidity: record.targetUidValidity,
    targetUidValidity: record.sourceUidValidity,
    digest: digestAsServed(record.digest, map, exceptions),
  };
  return {
    record: turnedRecord,
    map: earlier && isOfTheSameNumbers(earlier.record, turnedRecord) ? withMarksOf(earlier.map, back) : back,
    exceptions: [...exceptions.flatMap((exception) => turnedException(exception, map, record)), ...leftAlone],
  };
}

function holds(state: FolderState | null, messages: number): boolean {
  return state !== null && state.messages === messages;
}

/**
 * `folder` without the messages that left its source and stay on its target: they are nobody's copies any more. Where it is not
 * known what they were, the digest goes stale.
 */
function withoutKept(folder: TurnableFolder): TurnableFolder {
  const kept = folder.exceptions.filter(({ kind, uid }) => kind === 'kept' && folder.map.targetOf(uid) !== null);
  if (kept.length === 0) return folder;
  const digest = new DigestSum(folder.record.digest);
  let bytes = folder.record.bytes;
  for (const { elementRead, sizeBytes } of kept) {
    if (elementRead) digest.subtract(elementRead);
    bytes -= sizeBytes ?? 0;
  }
  const uids = kept.map(({ uid }) => uid).toSorted((a, b) => a - b);
  const gone = new Set<Uid>(uids);
  return {
    record: {
      ...folder.record,
      digest: digest.octets(),
      messages: folder.record.messages - kept.length,
      bytes: Math.max(0, bytes),
    },
    map: folder.map.withoutAll(uids.map((uid) => [uid, uid])),
    exceptions: folder.exceptions.filter(({ uid }) => !gone.has(uid)),
  };
}

/** The mail of `folder` where it was merged with another, by name: in the other's home it would not be where it was. */
function ofMerged({ record, map, exceptions }: TurnableFolder, known: UidMap): readonly TurnableException[] {
  const sourceUidValidity = record.targetUidValidity;
  if (sourceUidValidity === null) return [];
  const removed = new Set(exceptions.filter(({ kind }) => kind === 'removed').map(({ uid }) => uid));
  return [...map.pairs()].flatMap(([uid, target]): readonly TurnableException[] => {
    if (removed.has(uid) || known.targetOf(target) !== null) return [];
    const about = { sizeBytes: null, messageId: null, elementRead: null, elementServed: null };
    const detail = `it is in "${record.source}" there, which was merged with another folder; changes to it stay here`;
    return [
      { folder: record.target, sourceUidValidity, uid: target, kind: 'refused', code: 'merged', detail, ...about },
    ];
  });
}

/** Target UIDs to source UIDs. Where two sources share a target (Gmail stores equal messages once), the first has it. */
function turnedMap(map: UidMap): UidMap {
  const runs: UidRun[] = [];
  let end = 0;
  for (const { source, target, count } of map.runs.toSorted((a, b) => a.target - b.target)) {
    const hidden = Math.max(0, end - target);
    if (hidden >= count) continue;
    const [from, to] = [(target + hidden) as Uid, (source + hidden) as Uid];
    runs.push({ source: from, target: to, count: count - hidden, adopted: false });
    end = target + count;
  }
  return UidMap.empty.with(runs);
}

function isOfTheSameNumbers(a: TurnableRecord, b: TurnableRecord): boolean {
  return a.sourceUidValidity === b.sourceUidValidity && a.targetUidValidity === b.targetUidValidity;
}

/** `map`, with the pairs adopted that `earlier` has as adopted. One sweep over both, ascending by source. */
function withMarksOf(earlier: UidMap, map: UidMap): UidMap {
  const marked: UidRun[] = [];
  const adopted = earlier.runs.filter((run) => run.adopted);
  for (let i = 0, j = 0; i < adopted.length && j < map.runs.length; ) {
    const [a, b] = [adopted[i] as UidRun, map.runs[j] as UidRun];
    const [endA, endB] = [a.source + a.count, b.source + b.count];
    const from = Math.max(a.source, b.source);
    const count = Math.min(endA, endB) - from;
    if (count > 0 && a.target - a.source === b.target - b.source)
      marked.push({ source: from as Uid, target: (from + b.target - b.source) as Uid, count, adopted: true });
    if (endA < endB) i++;
    else j++;
  }
  return map.with(marked);
}

/**
 * Whether all that a ledger knew is known to the one that it was turned into: then it need not be kept. What was adopted is not,
 * nor what is to be known of single messages, nor folders without a way back.
 */
export function isAllTurned(
  folders: readonly TurnableFolder[],
  exceptions: readonly TurnableException[],
  { withoutWayBack }: TurnedLedger,
): boolean {
  const isAnyAdopted = folders.some(({ map }) => map.runs.some(({ adopted }) => adopted));
  return withoutWayBack.length === 0 && exceptions.length === 0 && !isAnyAdopted;
}

/** The sum over the messages as the target serves them: it differs where some are known to be served otherwise. */
function digestAsServed(digest: Uint8Array, map: UidMap, exceptions: readonly TurnableException[]): Uint8Array {
  const sum = new DigestSum(digest);
  for (const { kind, uid, elementRead, elementServed } of exceptions) {
    if (kind !== 'different' || !elementRead || !elementServed || map.targetOf(uid) === null) continue;
    sum.subtract(elementRead).add(elementServed);
  }
  return sum.octets();
}

/**
 * An exception as it stands in the other direction. What people had removed from the one side has left it, seen from the other;
 * what never arrived is not known there at all.
 */
function turnedException(of: TurnableException, map: UidMap, record: TurnableRecord): readonly TurnableException[] {
  const uid = map.targetOf(of.uid);
  const sourceUidValidity = record.targetUidValidity;
  if (of.kind === 'refused' || uid === null || sourceUidValidity === null) return [];
  const elements = { elementRead: of.elementServed, elementServed: of.elementRead };
  return [{ ...of, folder: record.target, sourceUidValidity, uid, ...turnedWords(of), ...elements }];
}

type Words = Pick<TurnableException, 'kind' | 'code' | 'detail'>;

function turnedWords({ kind, code, detail }: Words): Words {
  switch (kind) {
    case 'removed':
      return { kind: 'kept', code: 'left-the-source', detail: 'people had removed it here before the way was turned' };
    case 'different': {
      const names = code.split(',');
      const details = detail.split(between).map((words, i) => turnedDetail(names[i] ?? '', words));
      return { kind, code, detail: details.join(between) };
    }
    case 'kept':
    case 'refused':
      return { kind, code, detail };
  }
}
