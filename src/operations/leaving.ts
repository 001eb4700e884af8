/**
 * Whether a side may be left: everything that lies there is on the other one, or is listed by name as what could not be brought
 * there, and a person has accepted that.
 */

import { type Fault, fault, told } from '#domain/fault.ts';
import type { FolderState, FolderTree } from '#domain/item.ts';
import type { Direction } from '#domain/ledger-turn.ts';
import type { FaultReport } from '#domain/report.ts';
import type { Selection } from '#domain/selection.ts';
import type { Clock } from '#lib/clock.ts';
import type { Log } from '#lib/log.ts';
import type { Journeys, ListedMessage } from '#ports/journeys.ts';
import type { MailboxInHand } from '#ports/mailbox-ends.ts';
import { verifyMailbox } from './verify-mailbox.ts';
import { type Compare, type Lacking, lackingAcross } from './way-home.ts';

export interface LeavingRequest {
  readonly inHand: MailboxInHand;
  readonly journeys: Pick<Journeys, 'listed'>;
  readonly choices: { readonly selection: Selection };
  readonly log: Log;
  readonly clock: Clock;
}

/** By connections and a comparison of its own: is everything there? What is there besides, or served otherwise, is no obstacle. */
export async function compareBoth(
  request: LeavingRequest,
  direction: Direction,
  signal: AbortSignal,
): Promise<Compared> {
  const { inHand, choices, log, clock, journeys } = request;
  let leaving: FolderTree | null = null;
  const verify: Compare = (way, selection) => {
    const { pair, openSourceToRead, openTargetToRead } = inHand.ends(way);
    const ends = { pair, openSource: openSourceToRead, openTarget: openTargetToRead };
    const watcher = { planned() {}, progress() {}, folder() {} };
    const heard = (source: FolderTree, target: FolderTree): void => {
      // As it stood before anything was compared.
      leaving ??= way === direction ? source : target;
    };
    return verifyMailbox({ ...ends, selection, sample: 0, log, watcher, clock, heard }, signal);
  };
  const found = await lackingAcross(direction, verify, choices.selection);
  if ('fault' in found) return { leaving, why: found.fault };
  if (leaving === null || found.messages.length + found.folders.length === 0) return { leaving, why: null };
  const why = whyNotYet(found, leaving, await journeys.listed(inHand.traveller.id, direction));
  return { leaving, why: why && told(why) };
}

export interface Compared {
  /** The side that is left, as it stood before; null where it could not be asked. */
  readonly leaving: FolderTree | null;
  /** Why it cannot be left yet. */
  readonly why: FaultReport | null;
}

/** Whether the side that is left stands as it was compared: with the session that carried, one question. */
export async function isAsCompared(
  { inHand }: LeavingRequest,
  direction: Direction,
  compared: FolderTree | null,
  signal: AbortSignal,
): Promise<boolean> {
  if (compared === null) return false;
  await using leaving = await inHand.ends(direction).openSource(signal);
  const now = await leaving.folders();
  const before = new Map(compared.folders.map(({ id, state }) => [id, state] as const));
  return (
    now.folders.length === compared.folders.length &&
    now.folders.every(({ id, state }) => before.has(id) && isSame(before.get(id) ?? null, state))
  );
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
  const idOf = new Map(tree.folders.map(({ path, id }) => [path.join('/'), id] as const));
  const byMessage = new Map(listed.map((each) => [keyOf(each.folder, each.uid, each.uidValidity), each] as const));
  const byFolder = Map.groupBy(listed, ({ folder }) => folder);
  const [unexplained, open]: [string[], string[]] = [[], []];
  for (const { folder, uid, uidValidity } of lacking.messages) {
    const known = byMessage.get(keyOf(idOf.get(folder) ?? '', uid, uidValidity));
    if (!known) unexplained.push(`${folder} ${uid}`);
    else if (!known.isAccepted) open.push(`${folder} ${uid}`);
  }
  for (const { path, messages } of lacking.folders) {
    const known = byFolder.get(idOf.get(path) ?? ('' as never)) ?? [];
    if (messages === null || known.length < messages) unexplained.push(path);
    else open.push(...known.filter(({ isAccepted }) => !isAccepted).map(({ uid }) => `${path} ${uid}`));
  }
  const [missing] = unexplained;
  if (missing !== undefined) return fault('switch.incomplete', { missing: unexplained.length, first: missing });
  const [first] = open;
  return first === undefined ? null : fault('switch.exceptions', { messages: open.length, first });
}

function keyOf(folder: string, uid: number, uidValidity: number): string {
  return `${uidValidity} ${uid} ${folder}`;
}
