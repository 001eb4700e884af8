/** The target's folders: found, created, subscribed; and every folder that could not be had, named with its messages. */

import { isFault } from '#domain/fault.ts';
import type { MappedFolder } from '#domain/folder-map.ts';
import { freshRecord } from './fresh-record.ts';
import type { Folder, FolderId, FolderTree } from '#domain/item.ts';
import { likenessOf, numberedPaths, plainPath } from '#domain/second-names.ts';
import { UidMap } from '#domain/uid-map.ts';
import { cleanText } from '#lib/clean-text.ts';
import type { FolderRecord } from '#ports/ledger.ts';
import type { FolderOrder, FolderOutcome } from '#ports/mailbox.ts';
import { type Engine, type FolderWork, pathOf } from './engine.ts';
import { refusalOf } from './exceptions.ts';
import { rowFinder } from './row-finder.ts';

/** The work there is per folder; folders that cannot be selected are made and need no more. */
export async function prepareFolders(
  engine: Engine,
  folders: readonly MappedFolder[],
  targetTree: FolderTree,
  recordOf: ReadonlyMap<FolderId, FolderRecord>,
): Promise<FolderWork[]> {
  const there = new Map(targetTree.folders.map((folder) => [keyOf(folder.path), folder] as const));
  const byId = new Map(targetTree.folders.map((folder) => [folder.id, folder] as const));
  const found = new Map<MappedFolder, Folder>();
  const orders: { mapped: MappedFolder; order: FolderOrder }[] = [];
  for (const mapped of folders) {
    const { source } = mapped;
    // A folder that was given a home by an earlier run keeps it, also when the names would now lead elsewhere.
    const home = recordOf.get(source.id);
    const known = (home ? byId.get(home.target) : undefined) ?? there.get(keyOf(mapped.path));
    if (!source.selectable && (known || hasChildren(source, folders))) continue;
    if (known && keyOf(known.path) !== keyOf(mapped.path)) {
      const isNamed = engine.tally.forgetOtherHomes(pathOf(source), pathOf(known));
      if (!isNamed) engine.tally.note(pathOf(source), pathOf(known), 'an earlier run found this home for it');
    }
    if (known?.state) found.set(mapped, known);
    const isComplete = known && (known.selectable || !source.selectable) && (known.subscribed || !source.subscribed);
    if (isComplete) {
      if (known && !known.state && source.selectable) await openOrName(engine, mapped, known, found);
      continue;
    }
    const order = {
      path: known?.path ?? mapped.path,
      selectable: source.selectable,
      subscribed: source.subscribed,
      specialUses: mapped.specialUses,
    };
    orders.push({ mapped, order });
  }
  if (orders.length > 0 && !engine.choices.dryRun) {
    const outcomes = await engine.target.prepare(orders.map(({ order }) => order));
    for (const [i, { mapped, order }] of orders.entries()) {
      const outcome = outcomes[i];
      if (outcome) await take(engine, folders, mapped, order, outcome, found);
    }
  }
  if (engine.choices.dryRun)
    for (const { mapped, order } of orders) if (!found.has(mapped)) found.set(mapped, imagined(mapped, order));
  return [...found]
    .filter(([mapped]) => mapped.source.selectable)
    .map(([mapped, target]) => workOf(mapped, target, recordOf.get(mapped.source.id)));
}

async function take(
  engine: Engine,
  all: readonly MappedFolder[],
  mapped: MappedFolder,
  order: FolderOrder,
  outcome: FolderOutcome,
  found: Map<MappedFolder, Folder>,
): Promise<void> {
  const name = pathOf(mapped.source);
  if (outcome.kind === 'refused') {
    const words = `${outcome.code ? `[${outcome.code}] ` : ''}${cleanText(outcome.text, 200)}`;
    const plain = isAboutName(outcome) ? plainPath(order.path) : null;
    const home = plain && (await secondHome(engine, all, mapped, order, [plain, ...numberedPaths(plain)], found));
    if (!home) return nameMissing(engine, mapped, `cannot be created: ${words}`);
    const refusal = `the target does not take the name "${order.path.join('/')}": ${words}`;
    return settle(engine, mapped, home, refusal, found);
  }
  const { folder } = outcome;
  const squatter = [...found].find(([other, taken]) => taken.id === folder.id && other !== mapped);
  if (squatter && !isMerged(mapped)) {
    // The server made one folder of two names: a name of its own, so that what was apart stays apart.
    const other = pathOf(squatter[0].source);
    const home = await secondHome(engine, all, mapped, order, numberedPaths(order.path), found);
    if (!home) return nameMissing(engine, mapped, `the target keeps it and "${other}" under one name`);
    return settle(engine, mapped, home, `the target would keep it and "${other}" under one name`, found);
  }
  if (keyOf(folder.path) !== keyOf(order.path)) {
    engine.tally.note(name, pathOf(folder), 'the target keeps it under another name');
  }
  if (outcome.specialUseRefused) {
    engine.tally.note(name, pathOf(folder), `the target does not mark it as ${order.specialUses.join(' ')}`);
  }
  if (order.subscribed && !outcome.subscribed)
    engine.tally.note(name, pathOf(folder), 'the target does not subscribe to it');
  if (folder.state) found.set(mapped, folder);
  else if (mapped.source.selectable) await openOrName(engine, mapped, folder, found);
}

/** A refusal that another name may help against; [CANNOT] is what RFC 5530 §3 gives for an invalid name. */
function isAboutName({ code, text }: FolderOutcome & { readonly kind: 'refused' }): boolean {
  return code === 'CANNOT' || /\b(invalid|illegal|bad)\b.*\bname|\bcharacter/i.test(text);
}

function isMerged({ reason }: MappedFolder): boolean {
  return reason?.startsWith('merged') ?? false;
}

/**
 * The first of `paths` that the target takes and that is nobody's: neither found for another folder nor meant for one. What
 * is merged with another folder goes where that one has gone. Null where there is none.
 */
async function secondHome(
  engine: Engine,
  all: readonly MappedFolder[],
  mapped: MappedFolder,
  order: FolderOrder,
  paths: readonly (readonly string[])[],
  found: ReadonlyMap<MappedFolder, Folder>,
): Promise<Folder | null> {
  const isTaken = ({ id }: Folder): boolean => !isMerged(mapped) && [...found.values()].some((one) => one.id === id);
  const spokenFor = new Set<string>();
  if (!isMerged(mapped)) for (const { path } of [...all, ...found.values()]) spokenFor.add(likenessOf(path));
  for (const path of paths) {
    if (spokenFor.has(likenessOf(path))) continue;
    const [outcome] = await engine.target.prepare([{ ...order, path }]);
    if (outcome?.kind !== 'there') return null;
    if (!isTaken(outcome.folder)) return outcome.folder;
  }
  return null;
}

/** A folder has its home elsewhere than was meant; it is named with that home alone. */
async function settle(
  engine: Engine,
  mapped: MappedFolder,
  home: Folder,
  reason: string,
  found: Map<MappedFolder, Folder>,
): Promise<void> {
  const source = pathOf(mapped.source);
  engine.tally.forgetOtherHomes(source, pathOf(home));
  engine.tally.note(source, pathOf(home), mapped.reason === null ? reason : `${mapped.reason}; ${reason}`);
  if (home.state) found.set(mapped, home);
  else if (mapped.source.selectable) await openOrName(engine, mapped, home, found);
}

/** Some servers tell a folder's numbers only once it is opened (UIDNEXT 0 in STATUS); one that cannot be opened is named. */
async function openOrName(
  engine: Engine,
  mapped: MappedFolder,
  folder: Folder,
  found: Map<MappedFolder, Folder>,
): Promise<void> {
  try {
    const { state } = await engine.target.list(folder.id, [], false);
    found.set(mapped, { ...folder, state });
  } catch (error) {
    if (!isFault(error, 'folder.unreadable') && !isFault(error, 'folder.gone')) throw error;
    await nameMissing(engine, mapped, `the target does not let it be opened: ${error.about.text}`);
  }
}

/** A folder that cannot be had: noted, and each of its messages named as not arrived. They are tried again next time. */
async function nameMissing(engine: Engine, mapped: MappedFolder, reason: string): Promise<void> {
  const { source } = mapped;
  engine.tally.forgetOtherHomes(pathOf(source), null);
  engine.tally.note(pathOf(source), null, reason);
  if (!source.selectable) return;
  const listing = await engine.source.list(source.id, 'all', true);
  const record = freshRecord(source.id, source.id);
  const work: FolderWork = { mapped, source, target: source, record, map: UidMap.empty };
  const rowOf = rowFinder(listing);
  const left = engine.exceptions.of(source.id, 'refused').filter(({ uid }) => rowOf(uid) === -1);
  const changes = left.flatMap(({ uid }) => engine.exceptions.remove(source.id, uid, 'refused'));
  for (let row = 0; row < listing.length; row++) {
    const refusal = refusalOf({ work, listing }, listing.uid(row), 'folder-missing', reason, listing.sizeBytes(row));
    changes.push(engine.exceptions.add(refusal));
  }
  if (changes.length > 0) await engine.ledger.write(changes);
}

function workOf(mapped: MappedFolder, target: Folder, record: FolderRecord | undefined): FolderWork {
  const { source } = mapped;
  const fresh = freshRecord(source.id, target.id);
  // Another home than the record's shows as another UIDVALIDITY, and the map is then proven anew by content.
  return { mapped, source, target, record: record ? { ...record, target: target.id } : fresh, map: UidMap.empty };
}

/** What a dry run takes for a folder that would be created. */
function imagined(mapped: MappedFolder, order: FolderOrder): Folder {
  return {
    ...mapped.source,
    path: order.path,
    state: { uidValidity: 1, uidNext: 1, messages: 0, highestModSeq: null } as Folder['state'],
  };
}

function hasChildren(folder: Folder, all: readonly MappedFolder[]): boolean {
  return all.some(
    ({ source }) => source.path.length > folder.path.length && folder.path.every((name, i) => name === source.path[i]),
  );
}

function keyOf(path: readonly string[]): string {
  const [first = '', ...rest] = path;
  return [first.toUpperCase() === 'INBOX' ? 'INBOX' : first, ...rest].join('\0');
}
