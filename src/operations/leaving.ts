/**
 * Whether a side may be left: everything that lies there is on the other one, or is listed by name as what could not be brought
 * there, and a person has accepted that.
 */

import { type Fault, fault, told } from '#domain/fault.ts';
import { mapFolders } from '#domain/folder-map.ts';
import type { FolderId, FolderState, FolderTree } from '#domain/item.ts';
import type { Direction } from '#domain/ledger-turn.ts';
import type { FaultReport } from '#domain/report.ts';
import type { Selection } from '#domain/selection.ts';
import type { Clock } from '#lib/clock.ts';
import type { Log } from '#lib/log.ts';
import type { Journeys, ListedMessage } from '#ports/journeys.ts';
import type { MailboxInHand } from '#ports/mailbox-ends.ts';
import { ComparedBefore } from '#verify/compared-before.ts';
import { verifyMailbox } from './verify-mailbox.ts';
import { choicesOf, type Compare, type Lacking, lackingAcross } from './way-home.ts';

export interface LeavingRequest {
  readonly inHand: MailboxInHand;
  readonly journeys: Pick<Journeys, 'listed'>;
  readonly choices: { readonly selection: Selection; readonly delete: boolean };
  readonly log: Log;
  readonly clock: Clock;
}

/** What comparisons of one switch have found, by the way as which they compared. */
export type ComparedWays = ReadonlyMap<Direction, ComparedBefore>;

/** Where a switch begins, which has compared nothing yet. */
export function nothingCompared(): ComparedWays {
  return new Map([
    ['there', new ComparedBefore()],
    ['back', new ComparedBefore()],
  ]);
}

/**
 * By connections and a comparison of its own: is everything there? What is there besides, or served otherwise, is no obstacle. Folders
 * that stand on both sides as they stood when `before` compared them are not compared again.
 */
export async function compareBoth(
  request: LeavingRequest,
  direction: Direction,
  before: ComparedWays,
  signal: AbortSignal,
): Promise<Compared> {
  const { inHand, choices, log, clock, journeys } = request;
  let seen: Seen | null = null;
  const verify: Compare = (way, selection) => {
    const { pair, openSourceToRead, openTargetToRead } = inHand.ends(way);
    const ends = { pair, openSource: openSourceToRead, openTarget: openTargetToRead };
    const watcher = { planned() {}, progress() {}, folder() {} };
    const heard = (source: FolderTree, target: FolderTree): void => {
      const [leaving, other] = way === direction ? [source, target] : [target, source];
      // As it stood before anything was compared.
      seen ??= { leaving, other };
    };
    const known = before.get(way);
    const about = { ...ends, selection, sample: 0, log, watcher, clock, heard, ...(known ? { before: known } : {}) };
    return verifyMailbox(about, signal);
  };
  const found = await lackingAcross(direction, verify, choices.selection);
  if ('fault' in found) return { seen, why: found.fault };
  if (seen === null || found.messages.length + found.folders.length === 0) return { seen, why: null };
  const { leaving }: Seen = seen;
  const why = whyNotYet(found, leaving, await journeys.listed(inHand.traveller.id, direction));
  return { seen, why: why && told(why) };
}

/** Both sides as they stood before anything was compared. */
export interface Seen {
  readonly leaving: FolderTree;
  readonly other: FolderTree;
}

export interface Compared {
  /** Null where they could not be asked. */
  readonly seen: Seen | null;
  /** Why it cannot be left yet. */
  readonly why: FaultReport | null;
}

/** Whether what is carried of the side that is left stands as it was compared: with the session that carried, one question. */
export async function isAsCompared(
  { inHand, choices }: LeavingRequest,
  direction: Direction,
  seen: Seen | null,
  signal: AbortSignal,
): Promise<boolean> {
  if (seen === null) return false;
  await using leaving = await inHand.ends(direction).openSource(signal);
  const { selection } = choicesOf(direction, choices, true);
  // Folders of others, and those that are left out, change as they like.
  const carried = (tree: FolderTree): ReadonlyMap<FolderId, FolderState | null> =>
    new Map(mapFolders(tree, seen.other, selection).folders.map(({ source: { id, state } }) => [id, state] as const));
  const [before, now] = [carried(seen.leaving), carried(await leaving.folders())];
  return before.size === now.size && [...now].every(([id, state]) => isSame(before.get(id) ?? null, state));
}

function isSame(a: FolderState | null, b: FolderState | null): boolean {
  if (a === null || b === null) return a === b;
  const { uidValidity, uidNext, messages, highestModSeq } = a;
  const isTold = highestModSeq !== null && b.highestModSeq !== null;
  return (
    uidValidity === b.uidValidity &&
    uidNext === b.uidNext &&
    messages === b.messages &&
    (!isTold || highestModSeq === b.highestModSeq)
  );
}

/**
 * Null, or why it may not. `lacking`: what an independent comparison did not find on the other side, by paths of `tree`, which
 * is the side that is left; `listed`: what passes have listed of it.
 */
export function whyNotYet(lacking: Lacking, tree: FolderTree, listed: readonly ListedMessage[]): Fault | null {
  const folderAt = new Map(tree.folders.map((folder) => [folder.path.join('/'), folder] as const));
  const [unexplained, open]: [string[], string[]] = [[], []];
  const byFolder = Map.groupBy(listed, ({ folder }) => folder);
  /** By UID, of what the folder's numbers are now; the first that is told of a message counts. */
  const knownIn = (path: string): ReadonlyMap<number, ListedMessage> => {
    const folder = folderAt.get(path);
    const known = (folder && byFolder.get(folder.id)) ?? [];
    const current = known.filter(({ uid, uidValidity }) => uid === 0 || uidValidity === folder?.state?.uidValidity);
    return new Map(current.toReversed().map((each) => [each.uid, each] as const));
  };
  for (const [path, messages] of Map.groupBy(lacking.messages, ({ folder }) => folder)) {
    const known = knownIn(path);
    for (const { uid } of messages) {
      const isKnown = known.get(uid);
      if (!isKnown) unexplained.push(`${path} ${uid}`);
      else if (!isKnown.isAccepted) open.push(`${path} ${uid}`);
    }
  }
  for (const { path, messages } of lacking.folders) {
    const known = knownIn(path);
    // All of it, as a comparison had found it.
    if (known.get(0)?.isAccepted) continue;
    if (messages === null || known.size < messages) unexplained.push(path);
    else for (const { uid, isAccepted } of known.values()) if (!isAccepted) open.push(`${path} ${uid}`);
  }
  const [missing] = unexplained;
  if (missing !== undefined) return fault('switch.incomplete', { missing: unexplained.length, first: missing });
  const [first] = open;
  return first === undefined ? null : fault('switch.exceptions', { messages: open.length, first });
}
