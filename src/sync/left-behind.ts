/**
 * A folder that people removed and made anew has other numbers, as one has that its server renumbered; what was in it tells the
 * two apart. Where removals go aside, what the new folder does not hold any more goes there too.
 */

import type { Uid } from '#domain/item.ts';
import { type UidSet, uidSet } from '#domain/uid-set.ts';
import type { Exception, LedgerChange } from '#ports/ledger.ts';
import { type AsideHome, asideHome, asideNote, moveAside, pendingSince } from './aside.ts';
import { readContents } from './content.ts';
import { type Engine, type FolderWork, pathOf } from './engine.ts';
import { beingRemoved, keptOf } from './kept.ts';
import { mayGoAsRenumbered } from './left-at-once.ts';
import type { Renumbering } from './recover.ts';

/**
 * Takes aside what the old numbers led to and nothing is mapped to now. To be done before they are forgotten for good: a process
 * that is killed here meets the folder again as it was. Answers with what else is to be forgotten then, or that nothing may be
 * concluded before another pass has found the same.
 */
export async function takeLeftBehind(
  engine: Engine,
  work: FolderWork,
  { leftBefore, keptBefore, recordBefore }: Renumbering,
): Promise<readonly LedgerChange[] | 'wait'> {
  const { aside, dryRun } = engine.choices;
  const folder = work.source.id;
  if (aside === undefined || dryRun || engine.doubted.has(folder)) return [];
  // Of what could not be read nobody knows whether it is one of these.
  if (engine.exceptions.of(folder, 'refused').some(({ code }) => code === 'withheld')) return [];
  const left = new Map<Uid, Uid>();
  for (const [uid, target] of leftBefore.pairs()) if (work.map.sourceOf(target) === null) left.set(target, uid);
  if (left.size === 0) return [];
  const there = await contentsOf(engine, work, uidSet(left.keys()));
  if (there.size === 0) return [];
  const before = new Map(keptBefore.map((exception) => [exception.uid, exception] as const));
  const gone = [...there.keys()].map((target) => left.get(target) as Uid);
  const going = new Set(await mayGoAsRenumbered(engine, work, gone, before));
  const isAll = going.size === gone.length;
  if (going.size === 0) return 'wait';
  const found = await asideHome(engine, work, aside);
  if ('refused' in found) return isAll ? stay(engine, work, there.size, found.refused) : 'wait';
  const noted: Exception[] = [];
  const leaving = [...there].flatMap(([target, sha256]) => {
    const uid = left.get(target) as Uid;
    if (!going.has(uid)) return [];
    const known = before.get(uid) ?? null;
    if (known === null || pendingSince(known, found.home) === null) noted.push(noteOf(work, uid, found.home));
    return [{ target, sha256, before: known }];
  });
  // Should the folder come back with its old numbers it is listed, and what has been taken aside is sent again.
  const record = { ...recordBefore, sourceState: null };
  const notes = noted.map((exception): LedgerChange => ({ kind: 'exception', exception }));
  await engine.ledger.write([...notes, { kind: 'folder', record }]);
  engine.at('removal.recorded');
  engine.targetStates.touch(work.target.id);
  const refused = await moveAside(engine, work, leaving, found.home);
  engine.at('removal.done');
  if (refused === null) engine.tally.removed += leaving.length;
  else stay(engine, work, leaving.length, refused);
  if (!isAll) return 'wait';
  return noted.map(({ uid }) => ({ kind: 'exception-gone', folder, uid, what: 'kept' }));
}

/** Those that are still there, with their SHA-256 in hexadecimal. */
async function contentsOf(
  engine: Engine,
  { target }: FolderWork,
  uids: UidSet,
): Promise<ReadonlyMap<Uid, string | null>> {
  const listing = await engine.target.list(target.id, uids, false);
  const there = new Map<Uid, string | null>();
  for (let row = 0; row < listing.length; row++) there.set(listing.uid(row), null);
  // What is moved in one step is never there twice.
  if (engine.target.traits.moves === 'by-copies')
    await readContents(engine.target, target.id, uids, false, ({ uid, sha256 }) => {
      if (there.has(uid)) there.set(uid, Buffer.from(sha256).toString('hex'));
    });
  return there;
}

/** Under the numbers that the folder has now. */
function noteOf(work: FolderWork, uid: Uid, home: AsideHome): Exception {
  const sourceUidValidity = (work.source.state?.uidValidity ?? 0) as Exception['sourceUidValidity'];
  return { ...keptOf(work, uid, asideNote(home), null, null), code: beingRemoved, sourceUidValidity };
}

function stay(engine: Engine, work: FolderWork, messages: number, why: string): readonly LedgerChange[] {
  engine.tally.note(pathOf(work.source), pathOf(work.target), `${messages} messages that it had before stay: ${why}`);
  return [];
}
