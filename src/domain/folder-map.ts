/**
 * Where each folder of the source goes on the target. The rules, in order: what the operator said (`--map`), the inbox to
 * the inbox, a special folder to the one that plays the same part, everything else to the same path. No two folders of the
 * source meet in one folder of the target unless the operator said so.
 */

import type { Folder, FolderTree, SpecialUse } from './item.ts';
import { numbered } from './second-names.ts';
import type { Selection } from './selection.ts';
import { usesOf } from './special-use.ts';

/** One folder that is to be moved. */
export interface MappedFolder {
  readonly source: Folder;
  /** The path on the target, every name free of the target's separator. */
  readonly path: readonly string[];
  /** Special uses to ask for when the folder has to be created. */
  readonly specialUses: readonly SpecialUse[];
  /** Why the path is another than on the source; null when it is the same. */
  readonly reason: string | null;
}

/** A folder that is not moved although nobody asked to leave it out. */
export interface LeftOut {
  readonly source: Folder;
  readonly reason: string;
}

export interface FolderMap {
  /** In the order of the source: parents before children. */
  readonly folders: readonly MappedFolder[];
  readonly leftOut: readonly LeftOut[];
}

/** Decides where every folder of `source` goes. Pure; the same trees and selection give the same map. */
export function mapFolders(source: FolderTree, target: FolderTree, selection: Selection): FolderMap {
  const folders: MappedFolder[] = [];
  const leftOut: LeftOut[] = [];
  const taken = new Map<string, MappedFolder>();
  const byUse = foldersByUse(target.folders);
  const ownedUses = new Set<SpecialUse>();

  for (const folder of source.folders) {
    const choice = chosen(folder, source.folders, selection);
    if (choice === 'left out by the operator') continue;
    const refusal = choice === 'asked for by name' ? null : notMoved(folder);
    if (refusal) {
      leftOut.push({ source: folder, reason: refusal });
      continue;
    }
    const uses = usesOf(folder, source.folders).filter((use) => !ownedUses.has(use));
    for (const use of uses) ownedUses.add(use);
    const aimed = aim(folder, uses, byUse, selection, folders);
    let path = fitNames(aimed.path, target.separator);
    let reason =
      aimed.reason ?? (same(path, aimed.path) ? null : `the target uses "${target.separator}" to divide names`);
    const twin = taken.get(keyOf(path));
    if (twin && !aimed.byOperator) {
      path = freePath(path, taken);
      reason = `"${twin.source.path.join('/')}" already goes to "${twin.path.join('/')}"`;
    } else if (twin) {
      reason = `merged with "${twin.source.path.join('/')}", as asked`;
    }
    const mapped: MappedFolder = { source: folder, path, specialUses: uses, reason };
    if (!twin || !aimed.byOperator) taken.set(keyOf(path), mapped);
    folders.push(mapped);
  }
  return { folders, leftOut };
}

/** Whether `pattern` (a glob over the path, or a role such as `\Trash`) names the folder. */
export function matches(pattern: string, folder: Folder, all: readonly Folder[]): boolean {
  if (pattern.startsWith('\\')) {
    return usesOf(folder, all).some((use) => use.toLowerCase() === pattern.toLowerCase());
  }
  return glob(pattern).test(folder.path.join('/').normalize('NFC'));
}

type Choice = 'left out by the operator' | 'asked for by name' | 'as usual';

function chosen(folder: Folder, all: readonly Folder[], selection: Selection): Choice {
  if (selection.exclude.some((pattern) => matches(pattern, folder, all))) return 'left out by the operator';
  if (selection.include.length === 0) return 'as usual';
  return selection.include.some((pattern) => matches(pattern, folder, all))
    ? 'asked for by name'
    : 'left out by the operator';
}

function notMoved(folder: Folder): string | null {
  if (folder.belongsTo === 'other-users')
    return 'belongs to another user; it moves with that mailbox (--include takes it along)';
  if (folder.belongsTo === 'shared') return 'is shared by several; it moves by itself (--include takes it along)';
  if (folder.virtual)
    return 'shows messages of other folders, which are moved where they are (--include takes it along)';
  return null;
}

function aim(
  folder: Folder,
  uses: readonly SpecialUse[],
  byUse: ReadonlyMap<SpecialUse, Folder>,
  selection: Selection,
  mapped: readonly MappedFolder[],
): { path: readonly string[]; reason: string | null; byOperator: boolean } {
  const full = folder.path.join('/');
  const rule = selection.map
    .filter(({ from }) => full === from || full.startsWith(`${from}/`))
    .sort((a, b) => b.from.length - a.from.length)[0];
  if (rule) {
    const path = `${rule.to}${full.slice(rule.from.length)}`.split('/').filter((name) => name !== '');
    return { path, reason: 'as asked (--map)', byOperator: true };
  }
  const counterpart = uses.map((use) => byUse.get(use)).find((found) => found !== undefined);
  if (counterpart && !same(counterpart.path, folder.path)) {
    return { path: counterpart.path, reason: `plays the part of ${uses.join(' ')} on the target`, byOperator: false };
  }
  // What lay below a folder that goes elsewhere goes there with it.
  const parent = mapped.findLast(({ source, path }) => !same(source.path, path) && isBelow(folder.path, source.path));
  if (parent) {
    const path = [...parent.path, ...folder.path.slice(parent.source.path.length)];
    return { path, reason: `goes along with "${parent.source.path.join('/')}"`, byOperator: false };
  }
  return { path: folder.path, reason: null, byOperator: false };
}

function isBelow(path: readonly string[], parent: readonly string[]): boolean {
  return path.length > parent.length && parent.every((name, i) => name === path[i]);
}

function foldersByUse(folders: readonly Folder[]): ReadonlyMap<SpecialUse, Folder> {
  const byUse = new Map<SpecialUse, Folder>();
  for (const folder of folders) {
    if (folder.belongsTo !== 'personal' || !folder.selectable || folder.virtual) continue;
    // Of two folders that claim one use the first has it; the other is an ordinary folder to us.
    for (const use of usesOf(folder, folders)) if (!byUse.has(use)) byUse.set(use, folder);
  }
  return byUse;
}

/**
 * Names that hold the target's separator get it percent-encoded, and so does a percent sign that would read as such an
 * escape: reversible, and no two names become one.
 */
function fitNames(path: readonly string[], separator: string | null): readonly string[] {
  if (separator === null) return path.length > 1 ? [path.map(escapeFor('/')).join('%2F')] : path;
  return path.map(escapeFor(separator));
}

function escapeFor(separator: string): (name: string) => string {
  return (name) => {
    if (!name.includes(separator)) return name;
    return name.replace(/%(?=[0-9A-Fa-f]{2})/g, '%25').replaceAll(separator, encodeOctet(separator));
  };
}

function encodeOctet(character: string): string {
  return `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`;
}

/** INBOX is one folder however it is spelt (RFC 9051 §5.1); canonically equal names (NFC, NFD) are one to most eyes and servers. */
function keyOf(path: readonly string[]): string {
  const [first = '', ...rest] = path;
  return [first.toUpperCase() === 'INBOX' ? 'INBOX' : first, ...rest].map((name) => name.normalize('NFC')).join('\0');
}

function freePath(path: readonly string[], taken: ReadonlyMap<string, unknown>): readonly string[] {
  for (let n = 2; ; n++) {
    const candidate = numbered(path, n);
    if (!taken.has(keyOf(candidate))) return candidate;
  }
}

function same(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((name, i) => name === b[i]);
}

const globs = new Map<string, RegExp>();

/** `*` stands for anything within a name, `**` for anything at all, `?` for one character. */
function glob(pattern: string): RegExp {
  let known = globs.get(pattern);
  if (!known) {
    const text = pattern.normalize('NFC').replace(/\*\*\/?|\*|\?|[.+^${}()|[\]\\]/g, (part) => {
      if (part === '**/') return '(?:.*/)?';
      if (part === '**') return '.*';
      if (part === '*') return '[^/]*';
      return part === '?' ? '[^/]' : `\\${part}`;
    });
    known = new RegExp(`^${text}$`, 'su');
    globs.set(pattern, known);
  }
  return known;
}
