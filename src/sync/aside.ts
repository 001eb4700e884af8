/**
 * Messages that left the source are taken aside on the target, into a folder of ours, instead of being removed: what people
 * remove after the switch is kept where they came from until release.
 *
 * A move that is cut off is finished by the next attempt. Where it is made of copies (no MOVE) a copy may be there already while
 * its original still is in its place; so before such a move what arrives of it is noted, and what an earlier attempt began is
 * looked for from there on and not copied again.
 */

import type { FolderId, FolderTree, Uid, UidValidity } from '#domain/item.ts';
import { homeOfRemoved } from '#domain/removed-folder.ts';
import { type UidSet, uidSet } from '#domain/uid-set.ts';
import { cleanText } from '#lib/clean-text.ts';
import type { Exception } from '#ports/ledger.ts';
import { maxUid } from '#ports/mailbox.ts';
import { readContents } from './content.ts';
import { type Engine, type FolderWork, pathOf } from './engine.ts';

/** The folder that takes what leaves another, as it stood before anything of this was moved. */
export interface AsideHome {
  readonly folder: FolderId;
  readonly path: string;
  readonly uidValidity: UidValidity;
  readonly uidNext: Uid;
}

export type HomeFound = { readonly home: AsideHome } | { readonly refused: string };

/** Makes the folder that takes what leaves `work.target`, if it is not there; nobody is subscribed to it. */
export async function asideHome(engine: Engine, { target }: FolderWork, root: string): Promise<HomeFound> {
  if (engine.target.traits.moves === 'never')
    return { refused: 'the server has no way to move single messages (neither MOVE nor UIDPLUS)' };
  let refused = '';
  for (const path of homeOfRemoved(root, target.path, await separatorOf(engine))) {
    const order = { path, selectable: true, subscribed: false, specialUses: [] };
    const [outcome] = await engine.target.prepare([order]);
    if (outcome?.kind === 'there' && outcome.folder.state) {
      const { id, state } = outcome.folder;
      return { home: { folder: id, path: pathOf(outcome.folder), ...state } };
    }
    if (outcome?.kind === 'refused') refused = cleanText(outcome.text, 200);
  }
  return { refused: `"${root}" cannot be made: ${refused}` };
}

async function separatorOf(engine: Engine): Promise<FolderTree['separator']> {
  return (await engine.target.folders()).separator;
}

/** What is written to each message before it is moved; `pendingSince` finds it again. */
export function asideNote({ path, uidValidity, uidNext }: AsideHome): string {
  return `being moved to "${path}" (${uidValidity}/${uidNext})`;
}

/** From where on a copy of a message can be in `home` that an earlier attempt began to move; null where none did. */
export function pendingSince(exception: Exception | null, home: AsideHome): Uid | null {
  const noted = / \((\d+)\/(\d+)\)$/.exec(exception?.detail ?? '');
  return noted && Number(noted[1]) === home.uidValidity ? (Number(noted[2]) as Uid) : null;
}

/** A message that is about to be moved, by its number on the target. */
export interface Leaving {
  readonly target: Uid;
  /** What was noted of it before this attempt. */
  readonly before: Exception | null;
  /** In hexadecimal; null where it could not be read. */
  readonly sha256: string | null;
}

/** Moves them. Null, or why the platform would not: then they are where they were, or aside. */
export async function moveAside(
  engine: Engine,
  { target }: FolderWork,
  leaving: readonly Leaving[],
  home: AsideHome,
): Promise<string | null> {
  const copied = new Set(await copiedBefore(engine, leaving, home));
  const rest = leaving.map((one) => one.target).filter((uid) => !copied.has(uid));
  if (copied.size > 0) await engine.target.expunge(target.id, uidSet(copied));
  if (rest.length === 0) return null;
  await withoutDeletedMark(engine, target.id, uidSet(rest));
  const refusal = await engine.target.move(target.id, uidSet(rest), home.folder);
  return refusal && cleanText(`${refusal.code ? `[${refusal.code}] ` : ''}${refusal.text}`, 200);
}

/** Those whose copy an earlier attempt has made; each copy answers for one. */
async function copiedBefore(engine: Engine, leaving: readonly Leaving[], home: AsideHome): Promise<readonly Uid[]> {
  if (engine.target.traits.moves !== 'by-copies') return [];
  const pending = leaving.flatMap((one) => {
    const since = pendingSince(one.before, home);
    return since === null ? [] : [{ ...one, since }];
  });
  if (pending.length === 0) return [];
  const first = Math.min(...pending.map(({ since }) => since)) as Uid;
  const copies = new Map<string, Uid[]>();
  await readContents(engine.target, home.folder, [[first, maxUid]], false, ({ uid, sha256 }) => {
    const sum = Buffer.from(sha256).toString('hex');
    copies.set(sum, [...(copies.get(sum) ?? []), uid]);
  });
  return pending.flatMap(({ target, sha256, since }) => {
    const alike = copies.get(sha256 ?? '') ?? [];
    const at = alike.findIndex((uid) => uid >= since);
    if (at === -1) return [];
    alike.splice(at, 1);
    return [target];
  });
}

/** A mark for removal says nothing where nobody is to remove it. */
async function withoutDeletedMark(engine: Engine, folder: FolderId, uids: UidSet): Promise<void> {
  const listing = await engine.target.list(folder, uids, false);
  const marked: Uid[] = [];
  for (let row = 0; row < listing.length; row++)
    if (listing.flags(row).includes('\\Deleted')) marked.push(listing.uid(row));
  if (marked.length > 0) await engine.target.store(folder, [{ uids: uidSet(marked), add: [], remove: ['\\Deleted'] }]);
}
