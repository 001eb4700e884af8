/** What people removed on the target: it is listed, and stays removed. */

import type { Uid } from '#domain/item.ts';
import type { UidMap } from '#domain/uid-map.ts';
import type { Delta } from '#ports/mailbox.ts';
import type { Engine, FolderWork } from './engine.ts';
import { beingRemoved, keptOf } from './kept.ts';
import { isUnmoved } from './survey.ts';

/**
 * Notices copies of ours that people have removed on the target: they are listed, and never sent again. `held` is what was
 * mapped when this attempt began; what it sent itself has just been read back. Answers with what the target told has changed there; null
 * where it was not asked, or cannot tell.
 */
export async function noticeRemoved(engine: Engine, work: FolderWork, held: UidMap): Promise<Delta | null> {
  const { record, target } = work;
  if (held.size === 0 || isUnmoved(record.targetState, target.state)) return null;
  const told = record.targetState ? await engine.target.changes(target.id, record.targetState) : null;
  const vanished = told?.vanished ?? null;
  const missing: Uid[] = [];
  if (vanished) {
    for (const [first, last] of vanished) {
      for (const run of held.runs) {
        const from = Math.max(first, run.target);
        const to = Math.min(last, run.target + run.count - 1);
        for (let uid = from; uid <= to; uid++) missing.push((run.source + uid - run.target) as Uid);
      }
    }
  } else {
    const there = await engine.target.list(target.id, 'all', false);
    const present = new Set<Uid>();
    for (let row = 0; row < there.length; row++) present.add(there.uid(row));
    for (const [uid, at] of held.pairs()) if (!present.has(at)) missing.push(uid);
  }
  const folder = work.source.id;
  const news = missing
    .filter((uid) => work.map.targetOf(uid) !== null && !engine.exceptions.get(folder, uid, 'removed'))
    // What we were removing ourselves when the reply was lost was not removed by somebody else.
    .filter((uid) => !(engine.choices.delete && engine.exceptions.get(folder, uid, 'kept')?.code === beingRemoved))
    .map((uid) =>
      engine.exceptions.add({
        ...keptOf(work, uid, 'removed on the target by somebody else', null, null),
        kind: 'removed',
        code: 'removed-on-target',
      }),
    );
  if (news.length > 0) await engine.ledger.write(news);
  return told;
}
