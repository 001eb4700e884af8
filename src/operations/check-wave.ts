/**
 * Looks at the mailboxes of a wave days before it comes, and tells what will go wrong with which. Whoever was found ready not
 * long ago is not looked at again, so a check that was stopped goes on where it was, and one that is repeated looks at those
 * whose trouble may be mended.
 */

import { Fault, fault, isFault } from '#domain/fault.ts';
import { mapFolders } from '#domain/folder-map.ts';
import type { FolderTree } from '#domain/item.ts';
import { type SideName, sideNames } from '#domain/platform.ts';
import {
  isReady,
  limitOf,
  type MessagesSeen,
  needsMessages,
  notOpened,
  type ReadinessReport,
  readinessOf,
} from '#domain/readiness.ts';
import type { Selection } from '#domain/selection.ts';
import { everyOne } from '#lib/at-once.ts';
import type { InspectedReader } from '#ports/inspection.ts';
import type { InView, LookAt, Looks } from '#ports/looks.ts';

export interface CheckWaveRequest {
  /** By their ids. */
  readonly members: readonly number[];
  readonly atOnce: number;
  /** Who was found ready since so long is not looked at again. */
  readonly freshSeconds: number;
  readonly selection: Selection;
  readonly lookAt: LookAt;
  readonly looks: Looks;
  readonly watcher: CheckWatcher;
}

/** Told how it goes. */
export interface CheckWatcher {
  begins(address: string): { ended(): void };
}

/** `fault`: what kept it from being looked at this time, in which case nothing was concluded. */
export interface CheckedMailbox extends ReadinessReport {
  readonly address: string;
  readonly fault: { readonly code: string; readonly message: string; readonly remedy: string } | null;
  /** Found by a check before this one. */
  readonly isEarlier: boolean;
}

const pageMax = 64;
/** So many in a row, and nobody before: it is not the mailboxes, and an administrator's account may be locked by more. */
const refusedMax = 20;
const keywordsMax = 20;

/** What is found of each, in pages, and kept. Ends early when the signal fires. */
export async function* checkWave(
  request: CheckWaveRequest,
  signal: AbortSignal,
): AsyncGenerator<readonly CheckedMailbox[]> {
  const { members, atOnce, looks, freshSeconds } = request;
  const doors = new Doors();
  for (let at = 0; at < members.length && !signal.aborted; at += pageMax) {
    const page = members.slice(at, at + pageMax);
    const earlier = await looks.readiness(page, freshSeconds);
    const found: (CheckedMailbox | null)[] = [];
    await everyOne(page, atOnce, signal, async (mailbox, i) => {
      const known = earlier.get(mailbox);
      found[i] =
        known && isReady(known) ? { ...known, fault: null, isEarlier: true } : await checked(request, mailbox, signal);
      doors.saw(found[i]);
    });
    yield found.filter((each) => each !== null && each !== undefined);
  }
}

/** Whether anybody gets in. */
class Doors {
  readonly #refused: Record<SideName, number> = { source: 0, target: 0 };
  readonly #open = new Set<SideName>();

  /** Throws `check.all-refused`. */
  saw(checked: CheckedMailbox | null | undefined): void {
    if (!checked || checked.fault || checked.isEarlier) return;
    for (const side of sideNames) {
      if (!checked.remarks.some(({ kind }) => kind === `${side}-sign-in`)) this.#open.add(side);
      else if (++this.#refused[side] >= refusedMax && !this.#open.has(side))
        throw fault('check.all-refused', { side, mailboxes: this.#refused[side] });
    }
  }
}

/** Null where it was stopped, or is not there. */
async function checked(
  request: CheckWaveRequest,
  mailbox: number,
  signal: AbortSignal,
): Promise<CheckedMailbox | null> {
  try {
    return await request.lookAt(mailbox, (inView, within) => checkAndKeep(request, inView, within), signal);
  } catch (error) {
    if (signal.aborted) return null;
    throw error;
  }
}

async function checkAndKeep(request: CheckWaveRequest, inView: InView, signal: AbortSignal): Promise<CheckedMailbox> {
  const { looks, watcher } = request;
  const { id, address } = inView.traveller;
  const { ended } = watcher.begins(address);
  try {
    const found = await checkMailbox(inView, request.selection, signal);
    await looks.keepReadiness(id, found);
    return { address, ...found, fault: null, isEarlier: false };
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof Fault)) throw error;
    const { code, message, remedy } = error;
    return { address, remarks: [], fault: { code, message, remedy }, isEarlier: false };
  } finally {
    ended();
  }
}

/** Throws faults that say nothing lasting about the mailbox. */
export async function checkMailbox(
  inView: InView,
  selection: Selection,
  signal: AbortSignal,
): Promise<ReadinessReport> {
  const open = new Map<SideName, InspectedReader>();
  const refusals: ReadinessReport[] = [];
  await using ends = new AsyncDisposableStack();
  for (const side of sideNames) {
    try {
      open.set(side, ends.use(await inView.inspect(side)(signal)));
    } catch (error) {
      if (!isOfTheMailbox(error)) throw error;
      refusals.push(notOpened(side, error.message));
    }
  }
  const [source, target] = [open.get('source'), open.get('target')];
  if (!source || !target) return { remarks: refusals.flatMap(({ remarks }) => remarks) };
  const [sourceTree, targetTree] = await Promise.all([source.folders(), target.folders()]);
  const [of, at] = await Promise.all([source.inspect(), target.inspect()]);
  const messages = needsMessages(of, at)
    ? await messagesIn(source, sourceTree, targetTree, selection, limitOf(at))
    : null;
  return readinessOf({ source: of, sourceTree, target: at, targetTree, messages, selection });
}

/** Somebody has to do something about this very mailbox. */
function isOfTheMailbox(error: unknown): error is Fault {
  return (
    isFault(error, 'imap.sign-in.refused') ||
    (error instanceof Fault && error.retry === 'operator' && /^(oauth\.token|secret\.mailbox)\./.test(error.code))
  );
}

/** Of the folders that travel, and of those messages that are not left out for their size. */
async function messagesIn(
  source: InspectedReader,
  sourceTree: FolderTree,
  targetTree: FolderTree,
  selection: Selection,
  limitBytes: number | null,
): Promise<MessagesSeen> {
  let [bytes, tooLarge] = [0, 0];
  let largest: MessagesSeen['largest'] = null;
  const keywords = new Set<string>();
  for (const { source: folder } of mapFolders(sourceTree, targetTree, selection).folders) {
    if (!folder.selectable) continue;
    const listing = await source.list(folder.id, 'all', true);
    for (let row = 0; row < listing.length; row++) {
      const size = listing.sizeBytes(row) ?? 0;
      if (selection.maxSizeBytes !== null && size > selection.maxSizeBytes) continue;
      bytes += size;
      if (limitBytes !== null && size > limitBytes) tooLarge++;
      if (size > (largest?.bytes ?? 0)) largest = { folder: folder.path.join('/'), uid: listing.uid(row), bytes: size };
      if (keywords.size < keywordsMax)
        for (const flag of listing.flags(row)) if (!flag.startsWith('\\')) keywords.add(flag);
    }
  }
  return { bytes, largest, tooLarge, keywords: [...keywords] };
}
