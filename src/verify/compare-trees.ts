/** Which folder of the target holds what of the source, and what about the folders themselves is not as it should be. */

import type { FolderMap, MappedFolder } from '#domain/folder-map.ts';
import type { Folder, FolderTree } from '#domain/item.ts';
import type { VerifyNote } from '#domain/verify-report.ts';
import type { FolderPair } from './compare-folder.ts';

export interface ComparedTrees {
  readonly pairs: readonly FolderPair[];
  readonly notes: readonly VerifyNote[];
}

/** Notes that mean that the target is not as the source is. */
export const graveNotes: ReadonlySet<VerifyNote['kind']> = new Set([
  'missing',
  'unreadable',
  'not-selectable',
  'not-subscribed',
]);

export function compareTrees(map: FolderMap, target: FolderTree): ComparedTrees {
  const notes: VerifyNote[] = map.leftOut.map(({ source, reason }) => ({
    kind: 'left-out',
    source: nameOf(source),
    target: null,
    reason,
  }));
  const pairs = new Map<Folder, Folder[]>();
  const met = new Set<Folder>();
  for (const mapped of map.folders) {
    const found = folderAt(target, mapped.path);
    notes.push(...notesOn(mapped, found));
    if (!found) continue;
    met.add(found);
    if (!mapped.source.selectable || !found.selectable) continue;
    const sources = pairs.get(found);
    if (sources) sources.push(mapped.source);
    else pairs.set(found, [mapped.source]);
  }
  for (const folder of target.folders) {
    if (met.has(folder) || !folder.selectable || folder.belongsTo !== 'personal' || folder.virtual) continue;
    notes.push({
      kind: 'only-on-target',
      source: null,
      target: nameOf(folder),
      reason: 'no folder of the source belongs there',
      messages: folder.state?.messages ?? null,
    });
  }
  return { pairs: [...pairs].map(([folder, sources]) => ({ sources, target: folder })), notes };
}

function notesOn(mapped: MappedFolder, found: Folder | null): VerifyNote[] {
  const { source } = mapped;
  const about = { source: nameOf(source), target: mapped.path.join('/') };
  if (!found) return [{ ...about, kind: 'missing', reason: 'it is not on the target' }];
  const notes: VerifyNote[] = [];
  if (mapped.reason) notes.push({ ...about, kind: 'elsewhere', reason: mapped.reason });
  if (source.selectable && !found.selectable) {
    notes.push({ ...about, kind: 'not-selectable', reason: 'it can hold no messages on the target' });
  }
  if (source.subscribed && !found.subscribed) {
    notes.push({
      ...about,
      kind: 'not-subscribed',
      reason: 'people have subscribed to it on the source, not on the target',
    });
  }
  const lacking = source.specialUses.filter(
    (use) => !found.specialUses.includes(use) && mapped.specialUses.includes(use),
  );
  if (lacking.length > 0) {
    notes.push({
      ...about,
      kind: 'no-special-use',
      reason: `the target does not say that it is for ${lacking.join(' ')}`,
    });
  }
  return notes;
}

/** By exact name, else by one that looks the same (INBOX however spelt, RFC 9051 §5.1; composed or not). */
function folderAt(tree: FolderTree, path: readonly string[]): Folder | null {
  const exact = tree.folders.find(
    (folder) => folder.path.length === path.length && folder.path.every((name, i) => name === path[i]),
  );
  if (exact) return exact;
  const key = keyOf(path);
  return tree.folders.find((folder) => keyOf(folder.path) === key) ?? null;
}

function keyOf(path: readonly string[]): string {
  const [first = '', ...rest] = path;
  return [first.toUpperCase() === 'INBOX' ? 'INBOX' : first, ...rest].map((name) => name.normalize('NFC')).join('\0');
}

function nameOf(folder: Folder): string {
  return folder.path.join('/');
}
