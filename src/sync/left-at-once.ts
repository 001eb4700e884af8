/**
 * Much that leaves at once, where what left is taken aside. People tidy up, and stores come up empty after a repair; nothing that
 * is asked tells the two apart, time may. So what leaves a mailbox or a folder altogether, or is more than half of a mailbox, and
 * what a folder lacks that was made anew, goes aside when two passes have found it gone. What the first has seen it writes to each
 * message: it is listed as kept until it is back, or the next pass takes it aside.
 */

import type { FolderId, Uid } from '#domain/item.ts';
import type { Exception } from '#ports/ledger.ts';
import { type Engine, type FolderWork, pathOf } from './engine.ts';
import { keptOf } from './kept.ts';

/** What people remove in a minute by hand. */
const few = 20;

const leftAtOnce = 'left-at-once';
const words = 'left with many others at once; the next pass that finds it gone too moves it aside';

/** Whether a pass finds more gone than is believed at once: `gone` messages of the `held` that a mailbox had. */
export function isTooMuch(gone: number, held: number): boolean {
  return gone > 0 && (gone >= held || (gone > few && gone * 2 > held));
}

/**
 * Of the messages `gone` of a folder those that may go now: what has not been seen gone by an earlier pass may have to be, by another.
 * If so, that is noted, and the folder is looked at from its beginning then. `isOfMuch`: more of the mailbox is gone, and was not
 * before, than is believed at once.
 */
export async function mayGoNow(
  engine: Engine,
  work: FolderWork,
  gone: readonly Uid[],
  isOfMuch: boolean,
): Promise<readonly Uid[]> {
  const { id } = work.source;
  if (!takesAside(engine)) return gone;
  const unseen = gone.filter((uid) => engine.exceptions.get(id, uid, 'kept') === null);
  const isAll = unseen.length > few && gone.length >= work.map.size;
  const isRecent = engine.sightings.isRecent(id);
  if (!isRecent && (unseen.length === 0 || !(isOfMuch || isAll))) return gone;
  engine.doubted.add(id);
  await note(engine, work, id, unseen);
  return isRecent ? [] : besides(gone, unseen);
}

/**
 * The same of what a folder lacks that was made anew; `before`: what was known of its messages under their old numbers, which
 * are those of `gone`.
 */
export async function mayGoAsRenumbered(
  engine: Engine,
  work: FolderWork,
  gone: readonly Uid[],
  before: ReadonlyMap<Uid, Exception>,
): Promise<readonly Uid[]> {
  const { id } = work.source;
  if (!takesAside(engine)) return gone;
  const isRecent = engine.sightings.isRecent(id);
  const unseen = gone.filter((uid) => !before.has(uid));
  await note(engine, work, id, unseen);
  return isRecent ? [] : besides(gone, unseen);
}

function besides(gone: readonly Uid[], unseen: readonly Uid[]): readonly Uid[] {
  const waiting = new Set(unseen);
  return gone.filter((uid) => !waiting.has(uid));
}

function takesAside({ choices }: Engine): boolean {
  return choices.aside !== undefined && !choices.dryRun;
}

async function note(engine: Engine, work: FolderWork, folder: FolderId, unseen: readonly Uid[]): Promise<void> {
  if (unseen.length === 0) return;
  engine.sightings.note(folder);
  const changes = unseen.map((uid) =>
    engine.exceptions.add({ ...keptOf(work, uid, words, null, null), code: leftAtOnce }),
  );
  await engine.ledger.write(changes);
  engine.log.warn('much left at once; it stays until another pass finds it gone', {
    folder: pathOf(work.source),
    messages: unseen.length,
  });
}
