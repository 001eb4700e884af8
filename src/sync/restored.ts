/**
 * When people go home, the side that they leave has the last word: of what is gone at home and still there on this side, everything is
 * carried home again. Until then it is listed: who removes mail at home after the switch may be a client that still signs in there.
 */

import type { LedgerChange } from '#ports/ledger.ts';
import { type Engine, type FolderWork, pathOf } from './engine.ts';
import { unmapped } from './record.ts';

/** Takes what others removed from the target out of the map of `work`, so that it is sent again. */
export async function restore(engine: Engine, work: FolderWork): Promise<void> {
  const folder = work.source.id;
  const removed = engine.exceptions.of(folder, 'removed');
  if (!engine.choices.restores || engine.choices.dryRun || removed.length === 0) return;
  work.map = await engine.ledger.map(folder);
  const left = removed
    .filter(({ uid }) => work.map.targetOf(uid) !== null)
    .map(({ uid, elementRead, sizeBytes }) => ({ uid, element: elementRead, sizeBytes }));
  const struck = removed.flatMap(({ uid }) => engine.exceptions.remove(folder, uid, 'removed'));
  // Without a cursor the next look lists them all, however small their numbers are.
  work.record = { ...work.record, sourceState: null };
  const news: LedgerChange[] = [...struck, { kind: 'folder', record: work.record }, ...unmapped(work, left)];
  await engine.ledger.write(news);
  engine.log.info('what was removed at home is carried there again', {
    folder: pathOf(work.source),
    messages: left.length,
  });
}
