/** A source that once forgot to list a message had it listed as gone; where it is seen again, that is no longer so. */

import type { Uid } from '#domain/item.ts';
import { uidSet } from '#domain/uid-set.ts';
import type { Exception } from '#ports/ledger.ts';
import { type Engine, type FolderWork, pathOf } from './engine.ts';
import { beingRemoved } from './kept.ts';
import { LookAgain } from './look-again.ts';
import { unmapped } from './record.ts';
import { rowFinder } from './row-finder.ts';
import type { Survey } from './survey.ts';

/**
 * Strikes out that mapped messages left the source which are among those that it has just listed. Before anything else is
 * concluded from it. Costs nothing where nothing is listed as having left. Throws `LookAgain` where some of them had been
 * removed from the target already: they are to be sent again.
 */
export async function strikeReturned(engine: Engine, plan: Survey): Promise<void> {
  const { work } = plan;
  const folder = work.source.id;
  const kept = engine.exceptions.of(folder, 'kept');
  if (kept.length === 0) return;
  const rowsOf = [...new Set([plan.listing, ...plan.flags.map(({ listing }) => listing)])].map(rowFinder);
  const returned = kept.filter(
    ({ uid }) => work.map.targetOf(uid) !== null && !plan.hasLeft(uid) && rowsOf.some((rowOf) => rowOf(uid) !== -1),
  );
  if (returned.length === 0) return;
  const removed = await removedByUs(engine, work, returned);
  const changes = returned.flatMap(({ uid }) => engine.exceptions.remove(folder, uid, 'kept'));
  if (removed.length === 0) return engine.ledger.write(changes);
  // Without a cursor the next look lists them all, however small their numbers are.
  work.record = { ...work.record, sourceState: null };
  const left = removed.map(({ uid, elementRead, sizeBytes }) => ({ uid, element: elementRead, sizeBytes }));
  await engine.ledger.write([...changes, { kind: 'folder', record: work.record }, ...unmapped(work, left)]);
  const messages = removed.length;
  engine.log.info('messages came back to the source', { folder: pathOf(work.source), messages });
  throw new LookAgain(`${messages} messages came back to the source after we had removed them from the target`, false);
}

/** Those that an earlier run was removing from the target when it was killed, and that are not there any more. */
async function removedByUs(
  engine: Engine,
  work: FolderWork,
  returned: readonly Exception[],
): Promise<readonly Exception[]> {
  const begun = returned.filter(({ code }) => code === beingRemoved);
  if (begun.length === 0 || engine.choices.dryRun) return [];
  const numbers = begun.map(({ uid }) => work.map.targetOf(uid) as Uid);
  const there = rowFinder(await engine.target.list(work.target.id, uidSet(numbers), false));
  return begun.filter((_, i) => there(numbers[i] as Uid) === -1);
}
