/** Which folder of the target holds what of the source, and what about the folders themselves is not as it should be. */

import type { FolderMap, MappedFolder } from '#domain/folder-map.ts';
import type { Folder, FolderTree } from '#domain/item.ts';
import type { VerifyNote } from '#domain/verify-report.ts';
import type { FolderPair } from './compare-folder.ts';
import { type Home, homesOf } from './homes.ts';

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
  const homes = homesOf(map, target);
  for (const mapped of map.folders) {
    const home = homes.get(mapped) ?? null;
    notes.push(...notesOn(mapped, home));
    if (!home) continue;
    const { folder: found } = home;
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

function notesOn(mapped: MappedFolder, home: Home | null): VerifyNote[] {
  const { source } = mapped;
  if (!home) {
    const target = mapped.path.join('/');
    const messages = source.selectable ? (source.state?.messages ?? null) : 0;
    return [{ source: nameOf(source), target, kind: 'missing', reason: 'it is not on the target', messages }];
  }
  const { folder: found } = home;
  const about = { source: nameOf(source), target: nameOf(found) };
  const notes: VerifyNote[] = [];
  if (home.reason) notes.push({ ...about, kind: 'elsewhere', reason: home.reason });
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

function nameOf(folder: Folder): string {
  return folder.path.join('/');
}
