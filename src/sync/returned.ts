/** A source that once forgot to list a message had it listed as gone; where it is seen again, that is no longer so. */

import type { Engine } from './engine.ts';
import { rowFinder } from './row-finder.ts';
import type { Survey } from './survey.ts';

/**
 * Strikes out that mapped messages left the source which are among those that it has just listed. Before anything else is
 * concluded from it. Costs nothing where nothing is listed as having left.
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
  const changes = returned.flatMap(({ uid }) => engine.exceptions.remove(folder, uid, 'kept'));
  if (changes.length > 0) await engine.ledger.write(changes);
}
