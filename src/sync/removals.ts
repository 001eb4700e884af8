/** What left the source: kept on the target and listed, removed there too, or taken aside there. */

import { isFault } from '#domain/fault.ts';
import type { Uid } from '#domain/item.ts';
import { uidSet } from '#domain/uid-set.ts';
import type { Exception, LedgerChange } from '#ports/ledger.ts';
import {
  type AsideHome,
  asideHome,
  asideNote,
  type HomeFound,
  type Leaving,
  moveAside,
  pendingSince,
} from './aside.ts';
import { type Engine, type FolderWork, isTheirs, pathOf } from './engine.ts';
import { beingRemoved, keptOf, leftTheSource } from './kept.ts';
import { lastLook } from './last-look.ts';
import { mayGoNow } from './left-at-once.ts';
import { type Unmapped, unmapped } from './record.ts';
import { callOff, stillThere } from './second-look.ts';

/** How much is to be believed of a source that messages are gone from. */
export interface Belief {
  /** That they are has been made sure of. */
  readonly isConfirmed: boolean;
  /** More of the mailbox is gone, and was not before, than is believed at once (`isTooMuch`). */
  readonly isOfMuch: boolean;
}

/**
 * Deals with messages that are mapped and no longer on the source. With `--delete`, those that we put on the target are
 * removed there, or taken aside (`aside.ts`): first what they were is noted durably (their elements, from our copy), then
 * they go, then the map. Those that were there before us are never removed, and nothing is that the source, asked for it by
 * name, has after all. Answers with how many it has removed.
 */
export async function mirrorRemovals(
  engine: Engine,
  work: FolderWork,
  gone: readonly Uid[],
  { isConfirmed, isOfMuch }: Belief,
): Promise<number> {
  const folder = work.source.id;
  const named = takenForGone(engine, work, gone);
  const toGo = named.filter((uid) => isToGo(engine, work, uid));
  const there = isConfirmed ? new Set<Uid>() : await askAgain(engine, work, gone, toGo);
  if (there === null) return 0;
  // What an earlier run took for gone, and is there.
  const returned = [...there].flatMap((uid) => engine.exceptions.remove(folder, uid, 'kept'));
  const left = named.filter((uid) => !there.has(uid));
  const ours = left.filter((uid) => isToGo(engine, work, uid));
  const going = isConfirmed ? ours : await mayGoNow(engine, work, ours, isOfMuch);
  const news = [...returned, ...noteLeft(engine, work, left)];
  if (engine.choices.dryRun) {
    engine.tally.removed += ours.length;
    return 0;
  }
  if (going.length > 0) return remove(engine, work, going, news);
  if (news.length > 0) await engine.ledger.write(news);
  return 0;
}

/** What is mapped of `gone`, and of what earlier runs took for gone and something is to be done about now. */
function takenForGone(engine: Engine, work: FolderWork, gone: readonly Uid[]): readonly Uid[] {
  const folder = work.source.id;
  // Also without --delete: a removal of an earlier run may have been killed between the target's deed and our note of it.
  const noted = engine.exceptions
    .of(folder, 'kept')
    .map(({ uid }) => uid)
    .filter((uid) => engine.choices.delete || engine.exceptions.get(folder, uid, 'removed') !== null);
  return [...new Set([...gone, ...noted])].filter((uid) => work.map.targetOf(uid) !== null);
}

/** Of `toGo` those that the source has after all; null where it contradicts itself, and removals are called off. */
async function askAgain(
  engine: Engine,
  work: FolderWork,
  gone: readonly Uid[],
  toGo: readonly Uid[],
): Promise<ReadonlySet<Uid> | null> {
  const folder = work.source.id;
  if (engine.doubted.has(folder)) {
    if (toGo.length > 0) callOff(engine, work, 'it holds more messages than it lists');
    return null;
  }
  const there = await stillThere(engine, work, toGo);
  const seen = gone.filter((uid) => there.has(uid));
  if (seen.length === 0) return there;
  engine.doubted.add(folder);
  callOff(engine, work, `${seen.length} messages that it did not list are there when they are asked for by name`);
  return null;
}

/**
 * What is written down of messages that left the source, but for those that are to be removed: what stays on the target is
 * listed, and what is gone there too is forgotten.
 */
function noteLeft(engine: Engine, work: FolderWork, left: readonly Uid[]): readonly LedgerChange[] {
  const folder = work.source.id;
  const news: LedgerChange[] = [];
  const forgotten: Unmapped[] = [];
  for (const uid of left) {
    news.push(...engine.exceptions.remove(folder, uid, 'different'));
    if (engine.exceptions.get(folder, uid, 'removed')) {
      // Gone on both sides: nothing is left to keep or to list.
      const before = engine.exceptions.get(folder, uid, 'kept');
      forgotten.push({ uid, element: before?.elementRead ?? null, sizeBytes: before?.sizeBytes ?? null });
      news.push(...engine.exceptions.remove(folder, uid, 'removed'), ...engine.exceptions.remove(folder, uid, 'kept'));
    } else if (!isToGo(engine, work, uid) && !engine.exceptions.get(folder, uid, 'kept')) {
      const why = isTheirs(engine, work, uid)
        ? 'left the source; it was on the target before Godwit'
        : 'left the source (--delete removes it here too)';
      news.push(engine.exceptions.add(keptOf(work, uid, why, null, null)));
    }
  }
  return [...news, ...unmapped(work, forgotten)];
}

/** Whether the copy of a message that left the source is to be removed from the target. */
function isToGo(engine: Engine, work: FolderWork, uid: Uid): boolean {
  const isRemoved = engine.exceptions.get(work.source.id, uid, 'removed') !== null;
  return engine.choices.delete && !isTheirs(engine, work, uid) && !isRemoved;
}

/** Removes our copies of `uids`, which left the source, and answers with how many were still there. */
async function remove(
  engine: Engine,
  work: FolderWork,
  uids: readonly Uid[],
  news: readonly LedgerChange[],
): Promise<number> {
  const folder = work.source.id;
  const home = await homeFor(engine, work);
  if (home && 'refused' in home) return leaveInPlace(engine, work, uids, news, home.refused);
  const byTarget = new Map(uids.map((uid) => [work.map.targetOf(uid) as Uid, uid] as const));
  const there = await lastLook(engine, work, byTarget);
  const leaving: Leaving[] = [];
  const records = uids.map((uid) => {
    const read = there.contents.get(uid);
    const before = engine.exceptions.get(folder, uid, 'kept');
    const target = work.map.targetOf(uid) as Uid;
    if (there.dates.has(target)) leaving.push({ target, before, sha256: read?.sha256 ?? null });
    const element = before?.elementRead ?? read?.element ?? null;
    const sizeBytes = before?.sizeBytes ?? read?.sizeBytes ?? null;
    return { ...keptOf(work, uid, noteOf(before, home?.home ?? null), element, sizeBytes), code: beingRemoved };
  });
  await engine.ledger.write([...news, ...records.map((record) => engine.exceptions.add(record))]);
  engine.at('removal.recorded');
  // What an earlier run had removed when it was killed is not there any more, and is not counted again.
  for (const [target, uid] of byTarget) if (there.dates.has(target)) engine.tally.removing.add(`${folder}\0${uid}`);
  const isDone = await (home
    ? taken(engine, work, leaving, home.home, records)
    : expunged(engine, work, byTarget, records));
  if (!isDone) return 0;
  const left = records.map(({ uid, elementRead, sizeBytes }) => ({ uid, element: elementRead, sizeBytes }));
  const changes = [
    ...records.flatMap(({ uid }) => engine.exceptions.remove(folder, uid, 'kept')),
    ...unmapped(work, left),
  ];
  engine.tally.removed += records.filter(({ uid }) => engine.tally.removing.has(`${folder}\0${uid}`)).length;
  await engine.ledger.write(changes);
  engine.log.info('removals mirrored', { folder: pathOf(work.source), messages: records.length });
  return there.dates.size;
}

/** Where what leaves goes; null where it goes for good. */
async function homeFor(engine: Engine, work: FolderWork): Promise<HomeFound | null> {
  const { aside } = engine.choices;
  return aside === undefined ? null : asideHome(engine, work, aside);
}

/** What is noted of a message before it goes. What an earlier attempt noted of its move stays true. */
function noteOf(before: Exception | null, home: AsideHome | null): string {
  if (home === null) return 'being removed';
  return before && pendingSince(before, home) !== null ? before.detail : asideNote(home);
}

/** They cannot go where they should, and so go nowhere. */
async function leaveInPlace(
  engine: Engine,
  work: FolderWork,
  uids: readonly Uid[],
  news: readonly LedgerChange[],
  refused: string,
): Promise<number> {
  const why = `left the source; it stays where it is, since ${refused}`;
  const unsaid = uids.filter((uid) => engine.exceptions.get(work.source.id, uid, 'kept')?.detail !== why);
  const kept = unsaid.map((uid) => {
    const before = engine.exceptions.get(work.source.id, uid, 'kept');
    return engine.exceptions.add({ ...(before ?? keptOf(work, uid, why, null, null)), detail: why });
  });
  if (news.length + kept.length > 0) await engine.ledger.write([...news, ...kept]);
  return 0;
}

/** False where the target does not let them be moved: they stay, and are listed. */
async function taken(
  engine: Engine,
  work: FolderWork,
  leaving: readonly Leaving[],
  home: AsideHome,
  records: readonly Exception[],
): Promise<boolean> {
  engine.targetStates.touch(work.target.id);
  const refused = leaving.length === 0 ? null : await moveAside(engine, work, leaving, home);
  engine.at('removal.done');
  if (refused === null) return true;
  const words = `left the source; it stays where it is, since it cannot be moved to "${home.path}": ${refused}`;
  await engine.ledger.write(
    records.map((record) => engine.exceptions.add({ ...record, code: leftTheSource, detail: words })),
  );
  return false;
}

/** False where the target has no way to remove single messages: that is no reason to stop the mailbox. They stay, and are listed. */
async function expunged(
  engine: Engine,
  { target }: FolderWork,
  byTarget: ReadonlyMap<Uid, Uid>,
  records: readonly Exception[],
): Promise<boolean> {
  try {
    engine.targetStates.touch(target.id);
    await engine.target.expunge(target.id, uidSet(byTarget.keys()));
    engine.at('removal.done');
    return true;
  } catch (error) {
    if (!isFault(error, 'target.expunge.unavailable')) throw error;
    const words = 'left the source; the target has no way to remove single messages (no UIDPLUS)';
    await engine.ledger.write(
      records.map((record) => engine.exceptions.add({ ...record, code: leftTheSource, detail: words })),
    );
    return false;
  }
}
