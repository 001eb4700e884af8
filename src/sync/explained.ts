/**
 * What of a target folder our maps explain, by arithmetic on what is known already. Only where something is left over has
 * somebody else been there, and only then is the target asked.
 */

import type { FolderState, Uid } from '#domain/item.ts';
import { commonUids, type UidRange, type UidSet, uidCount, uidSetOf } from '#domain/uid-set.ts';
import { maxUid } from '#ports/mailbox.ts';
import type { Engine, FolderWork } from './engine.ts';

/** More gaps than this between our copies, and the whole folder is listed in one breath instead. */
const gapsMax = 500;

/** The target UIDs that folders of the source with one target folder are mapped to. */
export function uidsExplained(works: readonly FolderWork[]): UidSet {
  return uidSetOf(works.flatMap(({ map }) => map.runs.map((run) => [run.target, run.target + run.count - 1] as const)));
}

/** Where on the target messages can be that are not in `explained`. */
export function uidsUnexplained(explained: UidSet): UidSet {
  if (explained.length >= gapsMax) return [[1 as Uid, maxUid]];
  const gaps: UidRange[] = [];
  let from = 1;
  for (const [first, last] of explained) {
    if (first > from) gaps.push([from as Uid, (first - 1) as Uid]);
    from = last + 1;
  }
  return [...gaps, [from as Uid, maxUid]];
}

/**
 * Whether the target folder of `works`, which share it, may hold messages that none of them is mapped to: some were left there
 * by `work`'s last run, or have come since. Asks nobody. Never says no wrongly, since a state is recorded only if nobody
 * else had a hand in it (`asWeLeftIt`).
 */
export function mayHoldStrangers(engine: Engine, work: FolderWork, works: readonly FolderWork[]): boolean {
  const known = work.record.targetState;
  const now = work.target.state;
  if (!known || !now || known.uidValidity !== now.uidValidity) return true;
  const explained = uidsExplained(works);
  if (uidsBetween(explained, known.uidNext, now.uidNext) < now.uidNext - known.uidNext) return true;
  let removed = 0;
  for (const { source, map } of works) {
    for (const { uid } of engine.exceptions.of(source.id, 'removed')) {
      const target = map.targetOf(uid);
      if (target !== null && target < known.uidNext) removed++;
    }
  }
  return known.messages > uidsBetween(explained, 1, known.uidNext) - removed;
}

/**
 * The target folder's state `now`, if everything that has happened to it since this attempt began is ours; else null, and
 * the next run looks again. `expunged`: how many messages this attempt has removed there.
 */
export function asWeLeftIt(
  work: FolderWork,
  works: readonly FolderWork[],
  now: FolderState | null,
  expunged: number,
): FolderState | null {
  const before = work.target.state;
  if (!now || !before || now.uidValidity !== before.uidValidity) return null;
  const arrived = now.uidNext - before.uidNext;
  if (now.messages !== before.messages + arrived - expunged) return null;
  if (arrived > 0 && uidsBetween(uidsExplained(works), before.uidNext, now.uidNext) !== arrived) return null;
  return now;
}

/** How many of `uids` are in [from, to). */
function uidsBetween(uids: UidSet, from: number, to: number): number {
  return to > from ? uidCount(commonUids(uids, [[from as Uid, (to - 1) as Uid]])) : 0;
}
