/**
 * A folder that people removed after the switch, at home: once its mail is aside the empty folder goes there too, by another name, so
 * that it is gone from among theirs. It is renamed and never deleted: what somebody delivers into it at that moment goes along.
 */

import { isFault } from '#domain/fault.ts';
import type { Folder, FolderTree } from '#domain/item.ts';
import { homeOfRemoved } from '#domain/removed-folder.ts';
import { numberedPaths } from '#domain/second-names.ts';
import { type Engine, type FolderWork, pathOf } from './engine.ts';

/** Does so where the target still has the folder, nothing is in it or below it, and the source says beyond doubt that it is gone. */
export async function retire(engine: Engine, work: FolderWork): Promise<void> {
  const { aside, dryRun } = engine.choices;
  if (aside === undefined || dryRun || work.record.messages > 0) return;
  const tree = await engine.target.folders();
  const folder = tree.folders.find(({ id }) => id === work.target.id);
  if (!folder || !isEmpty(folder, tree) || !(await isGone(engine, work))) return;
  const path = freeHome(aside, folder, tree);
  if (path === null) return;
  const refused = await engine.target.rename(folder.id, path);
  const about = { folder: pathOf(folder), to: path.join('/') };
  if (refused === null) engine.log.info('a folder that people removed is taken aside', about);
  else engine.log.warn('a folder that people removed stays', { ...about, text: refused.text });
}

/** Nobody has anything in it, and nothing that a server makes by itself. */
function isEmpty({ path, selectable, specialUses, belongsTo, state }: Folder, { folders }: FolderTree): boolean {
  const isAbove = (other: readonly string[]): boolean =>
    other.length > path.length && path.every((name, i) => name === other[i]);
  const isPlain = selectable && specialUses.length === 0 && belongsTo === 'personal' && path.join() !== 'INBOX';
  return isPlain && state?.messages === 0 && !folders.some((other) => isAbove(other.path));
}

async function isGone(engine: Engine, { source }: FolderWork): Promise<boolean> {
  try {
    await engine.source.list(source.id, [], false);
    return false;
  } catch (error) {
    if (isFault(error, 'folder.gone')) return true;
    if (isFault(error, 'folder.unreadable') || isFault(error, 'folder.busy')) return false;
    throw error;
  }
}

/** A name among what is aside that nobody has; null where there is none, or no place for it. */
function freeHome(root: string, { path }: Folder, { folders, separator }: FolderTree): readonly string[] | null {
  const [home] = homeOfRemoved(root, path, separator);
  if (home === undefined || separator === null) return null;
  const taken = new Set(folders.map((folder) => folder.path.join('\0')));
  return [home, ...numberedPaths(home)].find((candidate) => !taken.has(candidate.join('\0'))) ?? null;
}
