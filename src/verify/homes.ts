/**
 * Where on the target each folder of the source lives. The map of names says where it should; a server may keep it under
 * a name that is like that one (other case, other normal form, blanks and empty names dropped), and where two folders
 * would become one there, or a name is not taken, it lives under another (`domain/second-names.ts`). All of this is read from
 * the two trees alone: what a ledger says of homes is not asked, so that it need not be believed.
 */

import type { FolderMap, MappedFolder } from '#domain/folder-map.ts';
import type { Folder, FolderTree } from '#domain/item.ts';
import { likenessOf, numberedPaths, plainPath } from '#domain/second-names.ts';

export interface Home {
  readonly folder: Folder;
  /** Why it is called otherwise than on the source; null when it is not. */
  readonly reason: string | null;
}

const renamed = 'the target keeps it under another name';

/** The homes of all mapped folders that have one; the others are not on the target. */
export function homesOf(map: FolderMap, target: FolderTree): ReadonlyMap<MappedFolder, Home> {
  const settling = new Settling(finder(target.folders));
  // Whoever is at home under the right name is not taken for anybody else.
  for (const mapped of map.folders) settling.underItsName(mapped);
  for (const mapped of map.folders) if (!settling.homes.has(mapped)) settling.underAnother(mapped);
  return settling.homes;
}

class Settling {
  readonly homes = new Map<MappedFolder, Home>();
  readonly #find: Finder;
  /** Who lives in a folder of the target: the first of those that do. */
  readonly #takenBy = new Map<Folder, MappedFolder>();
  /** The homes of paths that are not there as they are. Those that the operator merged have one path, and one home. */
  readonly #byLook = new Map<string, Folder>();

  constructor(find: Finder) {
    this.#find = find;
  }

  underItsName(mapped: MappedFolder): void {
    const folder = this.#find.same(mapped.path);
    if (folder) this.#settle(mapped, folder, mapped.reason ?? (isSpeltSo(folder, mapped.path) ? null : renamed));
  }

  underAnother(mapped: MappedFolder): void {
    const shared = this.#byLook.get(lookOf(mapped.path));
    const like = shared ?? this.#find.like(mapped.path);
    if (!like) {
      this.#underPlainName(mapped);
      return;
    }
    const owner = shared ? undefined : this.#takenBy.get(like);
    if (!owner) {
      this.#byLook.set(lookOf(mapped.path), like);
      this.#settle(mapped, like, mapped.reason ?? renamed);
      return;
    }
    if (!mapped.source.selectable) {
      // It holds no messages, only folders, each of which is looked for by itself.
      this.#settle(mapped, like, mapped.reason);
      return;
    }
    const second = this.#firstFree(numberedPaths(mapped.path));
    if (!second) return;
    this.#settle(mapped, second, `the target would keep it and "${owner.source.path.join('/')}" under one name`);
  }

  /** Its name is not taken there: it may have got one that every server takes. */
  #underPlainName(mapped: MappedFolder): void {
    const plain = plainPath(mapped.path);
    const home = plain && this.#firstFree([plain, ...numberedPaths(plain)]);
    if (!home) return;
    this.#byLook.set(lookOf(mapped.path), home);
    this.#settle(mapped, home, renamed);
  }

  #firstFree(paths: readonly (readonly string[])[]): Folder | null {
    for (const path of paths) {
      const folder = this.#find.same(path) ?? this.#find.like(path);
      if (folder && !this.#takenBy.has(folder)) return folder;
    }
    return null;
  }

  #settle(mapped: MappedFolder, folder: Folder, reason: string | null): void {
    this.homes.set(mapped, { folder, reason });
    if (!this.#takenBy.has(folder)) this.#takenBy.set(folder, mapped);
  }
}

interface Finder {
  /** The folder of exactly this path, else one that looks the same. */
  same(path: readonly string[]): Folder | null;
  /** The one folder that a server may have made of this path; null where several could be it. */
  like(path: readonly string[]): Folder | null;
}

function finder(folders: readonly Folder[]): Finder {
  const exact = new Map<string, Folder>();
  const looks = new Map<string, Folder>();
  const likes = new Map<string, Folder[]>();
  for (const folder of folders) {
    exact.set(folder.path.join('\0'), folder);
    if (!looks.has(lookOf(folder.path))) looks.set(lookOf(folder.path), folder);
    const alike = likes.get(likenessOf(folder.path));
    if (alike) alike.push(folder);
    else likes.set(likenessOf(folder.path), [folder]);
  }
  return {
    same: (path) => exact.get(path.join('\0')) ?? looks.get(lookOf(path)) ?? null,
    like: (path) => {
      const alike = likes.get(likenessOf(path)) ?? [];
      return alike.length === 1 ? (alike[0] as Folder) : null;
    },
  };
}

/** INBOX is one however it is spelt (RFC 9051 §5.1), and composed and decomposed letters look the same. */
function lookOf(path: readonly string[]): string {
  const [first = '', ...rest] = path;
  return [first.toUpperCase() === 'INBOX' ? 'INBOX' : first, ...rest].map((name) => name.normalize('NFC')).join('\0');
}

function isSpeltSo({ path: there }: Folder, path: readonly string[]): boolean {
  return there.length === path.length && there.every((name, i) => name === path[i] || (i === 0 && name === 'INBOX'));
}
