/**
 * Compares two accounts without knowing anything of the engine: folders, subscriptions, special uses, and per folder the
 * messages as multisets of bytes (SHA-256), INTERNALDATE, flags and keywords. What it finds is what a report must say.
 */

import type { AccountSeen, FolderSeen, MessageSeen } from './snapshot.ts';

export interface FolderPair {
  readonly source: FolderSeen;
  readonly target: FolderSeen;
  /** Messages that are the same on both sides in every respect. */
  readonly same: number;
  /** The same bytes, with another date, flags or keywords. */
  readonly otherwise: readonly { readonly source: MessageSeen; readonly target: MessageSeen }[];
  /** On the source, and no equal bytes left on the target. */
  readonly onlySource: readonly MessageSeen[];
  readonly onlyTarget: readonly MessageSeen[];
}

export interface Comparison {
  readonly pairs: readonly FolderPair[];
  /** Folders of the source that the target has not, by path joined with `/`. */
  readonly missingFolders: readonly string[];
  /** Those folders with what is in them. */
  readonly missing: readonly FolderSeen[];
  readonly extraFolders: readonly string[];
  readonly subscriptionsDiffer: readonly string[];
  readonly specialUsesDiffer: readonly string[];
  readonly selectabilityDiffers: readonly string[];
  readonly same: number;
  readonly sourceMessages: number;
  readonly targetMessages: number;
}

/** `map` says where a source path is expected on the target; by default in the same place. */
export function compareAccounts(
  source: AccountSeen,
  target: AccountSeen,
  map: (path: readonly string[]) => readonly string[] = (path) => path,
): Comparison {
  const pairs: FolderPair[] = [];
  const missing: FolderSeen[] = [];
  const differ = { subscriptions: [] as string[], specialUses: [] as string[], selectability: [] as string[] };
  const expected = new Set<string>();
  for (const folder of source.folders.values()) {
    const key = map(folder.path).join('\0');
    expected.add(key);
    const name = folder.path.join('/');
    const there = target.folders.get(key);
    if (there === undefined) {
      missing.push(folder);
      continue;
    }
    if (folder.subscribed !== there.subscribed) differ.subscriptions.push(name);
    if (folder.specialUses.join() !== there.specialUses.join()) differ.specialUses.push(name);
    if (folder.selectable !== there.selectable) differ.selectability.push(name);
    pairs.push(compareFolders(folder, there));
  }
  const count = (account: AccountSeen): number =>
    [...account.folders.values()].reduce((sum, each) => sum + each.messages.length, 0);
  return {
    pairs,
    missingFolders: missing.map((folder) => folder.path.join('/')),
    missing,
    extraFolders: [...target.folders.keys()]
      .filter((key) => !expected.has(key))
      .map((key) => key.replaceAll('\0', '/')),
    subscriptionsDiffer: differ.subscriptions,
    specialUsesDiffer: differ.specialUses,
    selectabilityDiffers: differ.selectability,
    same: pairs.reduce((sum, pair) => sum + pair.same, 0),
    sourceMessages: count(source),
    targetMessages: count(target),
  };
}

function compareFolders(source: FolderSeen, target: FolderSeen): FolderPair {
  const left = new Map<string, MessageSeen[]>();
  for (const message of target.messages) {
    const equals = left.get(message.sha256);
    if (equals === undefined) left.set(message.sha256, [message]);
    else equals.push(message);
  }
  let same = 0;
  const otherwise: { source: MessageSeen; target: MessageSeen }[] = [];
  const onlySource: MessageSeen[] = [];
  // Twice over the source, so that of several with equal bytes those that agree in everything are paired first.
  const again = source.messages.filter((message) => {
    const equals = left.get(message.sha256) ?? [];
    const index = equals.findIndex((each) => agree(each, message));
    if (index === -1) return true;
    equals.splice(index, 1);
    same++;
    return false;
  });
  for (const message of again) {
    const other = left.get(message.sha256)?.shift();
    if (other === undefined) onlySource.push(message);
    else otherwise.push({ source: message, target: other });
  }
  return { source, target, same, otherwise, onlySource, onlyTarget: [...left.values()].flat() };
}

function agree(a: MessageSeen, b: MessageSeen): boolean {
  return a.internalDate === b.internalDate && a.flags.join(' ') === b.flags.join(' ');
}

/** One line per thing that differs, for a failed test; empty when the accounts are equal. */
export function differencesOf(comparison: Comparison): readonly string[] {
  const message = (each: MessageSeen): string =>
    `UID ${each.uid} ${each.sha256.slice(0, 10)} ${each.sizeBytes} octets, ${each.internalDate}, (${each.flags.join(' ')})`;
  return [
    ...comparison.missingFolders.map((name) => `folder missing: ${name}`),
    ...comparison.extraFolders.map((name) => `folder extra: ${name}`),
    ...comparison.subscriptionsDiffer.map((name) => `subscription differs: ${name}`),
    ...comparison.specialUsesDiffer.map((name) => `special use differs: ${name}`),
    ...comparison.selectabilityDiffers.map((name) => `selectability differs: ${name}`),
    ...comparison.pairs.flatMap((pair) => {
      const name = pair.source.path.join('/');
      return [
        ...pair.onlySource.map((each) => `${name}: only on the source: ${message(each)}`),
        ...pair.onlyTarget.map((each) => `${name}: only on the target: ${message(each)}`),
        ...pair.otherwise.map((each) => `${name}: ${message(each.source)} is served as ${message(each.target)}`),
      ];
    }),
  ];
}
