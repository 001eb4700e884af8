/**
 * Mail on the target that none of our copies explains: a mark of it, that changes when more of it comes. Asks nobody: whoever wants to
 * know what it is looks at the target with other means.
 */

import { createHash } from 'node:crypto';
import type { Folder, FolderTree } from '#domain/item.ts';
import type { Engine, FolderWork } from './engine.ts';
import { mayHoldStrangers } from './explained.ts';

/**
 * Empty where there is none, and where a folder seems to have left: what lies in its home is ours then, until that is certain.
 * `changed`: the folders that are not as we left them, with their maps; `all`: every folder that is carried.
 */
export function foreignMark(
  engine: Engine,
  changed: ReadonlySet<FolderWork>,
  all: readonly FolderWork[],
  departed: readonly FolderWork[],
  targetTree: FolderTree,
): string {
  if (departed.length > 0) return '';
  const strange: Folder[] = [];
  const into = Map.groupBy(all, ({ target }) => target.id);
  for (const works of into.values()) {
    const [work] = works;
    if (!work) continue;
    // Of folders that stand as they were left the small records tell enough.
    const isStrange = works.some((each) => changed.has(each))
      ? mayHoldStrangers(engine, work, works)
      : holdsMore(engine, works);
    if (isStrange) strange.push(work.target);
  }
  const unknown = targetTree.folders.filter((folder) => !into.has(folder.id) && isOfPeople(folder, engine));
  const found = [...strange, ...unknown];
  if (found.length === 0) return '';
  const hash = createHash('sha256');
  for (const { id, state } of found.toSorted((a, b) => (a.id < b.id ? -1 : 1)))
    hash.update(`${id}\0${state?.uidValidity}\0${state?.uidNext}\0${state?.messages}\0`);
  return hash.digest('base64');
}

function holdsMore(engine: Engine, works: readonly FolderWork[]): boolean {
  const messages = works[0]?.target.state?.messages ?? 0;
  const removed = works.reduce((sum, { source }) => sum + engine.exceptions.of(source.id, 'removed').length, 0);
  return messages > works.reduce((sum, { record }) => sum + record.messages, 0) - removed;
}

/** A folder with mail that is none of ours, nor of somebody else. */
function isOfPeople({ path, belongsTo, virtual, selectable, state }: Folder, { choices }: Engine): boolean {
  if (!selectable || virtual || belongsTo !== 'personal' || (state !== null && state.messages === 0)) return false;
  return choices.aside === undefined || path[0] !== choices.aside;
}
