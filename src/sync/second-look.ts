/**
 * What the source is asked twice. A server that hiccups, lists half a folder or forgets one, must never empty the target:
 * before anything is taken for gone its absence is confirmed by another question.
 */

import { fault, isFault } from '#domain/fault.ts';
import type { Folder, FolderId, Listing, Uid } from '#domain/item.ts';
import { uidSet } from '#domain/uid-set.ts';
import { isFoundGoneAgain, takeBack } from './departures.ts';
import { type Engine, type FolderWork, pathOf } from './engine.ts';
import { LookAgain } from './look-again.ts';

/**
 * Lists a folder of the source, twice if the server says that it holds more than it lists. When that stays so the folder is
 * doubted: nothing counts as gone from it, and the next run lists it again.
 */
export async function listWhole(engine: Engine, work: FolderWork, withSizes: boolean): Promise<Listing> {
  const { source } = engine;
  const folder = work.source.id;
  const first = await source.list(folder, 'all', withSizes);
  if (first.length >= first.state.messages) return first;
  const second = await source.list(folder, 'all', withSizes);
  // What comes while a listing is under way is counted and need not be in it; what came during the first is in the second.
  const messages = Math.min(first.state.messages, second.state.messages);
  if (second.length >= messages) return second;
  engine.doubted.add(folder);
  const words = `the source says that it holds ${messages} messages and lists ${second.length}; it is looked at again next time`;
  engine.tally.note(pathOf(work.source), pathOf(work.target), words);
  return second;
}

/** Notes that removals in this folder are called off, to be told when everything else has been seen through. */
export function callOff(engine: Engine, work: FolderWork, text: string): void {
  const about = { host: engine.source.name, folder: pathOf(work.source), text };
  engine.troubles.push(fault('folder.in-doubt', about));
}

/** Asks for these messages of the source by name: those that are still there. */
export async function stillThere(engine: Engine, work: FolderWork, uids: readonly Uid[]): Promise<ReadonlySet<Uid>> {
  if (uids.length === 0 || engine.choices.dryRun) return new Set();
  const asked = new Set(uids);
  const listing = await engine.source.list(work.source.id, uidSet(uids), false);
  const there = new Set<Uid>();
  for (let row = 0; row < listing.length; row++) if (asked.has(listing.uid(row))) there.add(listing.uid(row));
  return there;
}

/**
 * Folders that the source does not list any more: those that are gone indeed, and of which what is ours may go. The source is
 * asked for its folders again, and to open each; of one that it neither opens nor calls gone (an index is damaged), and of
 * one that was not the user's own, nothing is removed. A right that was taken away looks like a folder that is gone (see
 * `departures.ts`), so with --delete one run alone removes none. Throws `LookAgain` when one of them is listed now.
 */
export async function confirmDeparted(engine: Engine, departed: readonly FolderWork[]): Promise<readonly FolderWork[]> {
  const consequential = departed.filter((work) => hasNews(engine, work));
  if (consequential.length === 0) return departed;
  const listed = new Map<FolderId, Folder>();
  if (!engine.choices.dryRun) {
    const { folders } = await engine.source.folders();
    for (const folder of folders) listed.set(folder.id, folder);
    if (consequential.some(({ source }) => isStill(engine, listed.get(source.id)))) {
      throw new LookAgain('a folder of the source was not listed, and now it is', true);
    }
  }
  const isLeftAlone = new Set<FolderWork>();
  for (const work of consequential) {
    const why = listed.has(work.source.id) ? null : await whyNotGone(engine, work);
    if (why !== null) {
      isLeftAlone.add(work);
      await takeBack(engine, work);
      callOff(engine, work, why);
    } else if (!(await isFoundGoneAgain(engine, work)) && engine.choices.delete) isLeftAlone.add(work);
  }
  return departed.filter((work) => !isLeftAlone.has(work));
}

/**
 * Whether a folder that is listed, or is not, is still one that holds mail. Of a folder that people removed and that has others below it
 * the name stays. Who may not read a folder may be told the same of it, so that counts only where nothing is removed for good.
 */
export function isStill(engine: Engine, folder: Folder | undefined): boolean {
  return folder !== undefined && (folder.selectable || engine.choices.aside === undefined);
}

/** Whether anything would be removed or listed because the folder is gone, that was not before. */
function hasNews(engine: Engine, { source, map }: FolderWork): boolean {
  const { delete: mirrors, aside } = engine.choices;
  if (mirrors && map.runs.some(({ adopted }) => !adopted || aside !== undefined)) return true;
  return [...map.pairs()].some(([uid]) => engine.exceptions.get(source.id, uid, 'kept') === null);
}

/**
 * Why a folder cannot be taken for gone: it was not the user's own, it opens, or the source does not say beyond doubt that it
 * is not there. Null: it is gone, as far as can be told.
 */
async function whyNotGone(engine: Engine, { source }: FolderWork): Promise<string | null> {
  if ((engine.source.ownerOf?.(source.id) ?? 'personal') !== 'personal')
    return 'it is not listed; it was not a folder of the user, who may only have lost the right to see it';
  if (engine.choices.dryRun) return null;
  try {
    await engine.source.list(source.id, [], false);
    return 'it is not listed and can be opened all the same';
  } catch (error) {
    if (isFault(error, 'folder.gone')) return null;
    if (!isFault(error, 'folder.unreadable') && !isFault(error, 'folder.busy')) throw error;
    return `it is not listed, and the answer to opening it does not say that it is gone: ${error.about.text}`;
  }
}
