/**
 * Folders that are found gone. A server hides what a user may not look up (RFC 4314 §4), and Dovecot and Cyrus do so with the
 * very answer that they give of a folder that is gone; no question tells the two apart, time may. So what is ours of a folder goes
 * only when two runs have found it gone. What the first has seen it writes to each message: it is listed as kept, with a
 * code of its own, until the folder is back, or the next run with --delete finds it gone again.
 */

import type { Uid } from '#domain/item.ts';
import { uidSet } from '#domain/uid-set.ts';
import type { Exception, LedgerChange } from '#ports/ledger.ts';
import { type Engine, type FolderWork, isTheirs, pathOf } from './engine.ts';
import { beingRemoved, keptOf } from './kept.ts';

/** The code of what was kept as its folder was found gone; a ledger that knows none of it has not seen that yet. */
const leftWithItsFolder = 'left-with-its-folder';

const words = 'left the source with its folder; the next run with --delete that finds the folder gone again removes it';
const wordsOfAside = 'left the source with its folder; the next pass that finds the folder gone again moves it aside';
const wordsOfAdopted = 'left the source with its folder; it was on the target before Godwit';

/**
 * Whether an earlier run has found this folder gone too, or this one so long ago that it counts. If not, that is noted, and the
 * folder is looked at from its beginning should it come back.
 */
export async function isFoundGoneAgain(engine: Engine, work: FolderWork): Promise<boolean> {
  const folder = work.source.id;
  if (engine.sightings.isRecent(folder)) return false;
  const unseen = await stillOnTarget(engine, work, unseenOf(engine, work));
  if (unseen.length === 0) return true;
  engine.sightings.note(folder);
  engine.tally.pathOf.set(folder, pathOf(work.source));
  work.record = { ...work.record, sourceState: null };
  const theirs = [...work.map.pairs()]
    .map(([uid]) => uid)
    .filter((uid) => isTheirs(engine, work, uid) && engine.exceptions.get(folder, uid, 'kept') === null);
  const kept = [...unseen, ...theirs].map((uid) => engine.exceptions.add(leftOf(engine, work, uid)));
  await engine.ledger.write([...kept, { kind: 'folder', record: work.record }]);
  engine.log.info('a folder is found gone', { folder: pathOf(work.source), messages: unseen.length });
  return false;
}

/** Forgets that a folder was found gone, since it may be there: the next time that it is counts as the first. */
export async function takeBack(engine: Engine, work: FolderWork): Promise<void> {
  const folder = work.source.id;
  const changes = engine.exceptions
    .of(folder, 'kept')
    .filter(({ code }) => code === leftWithItsFolder)
    .flatMap(({ uid }): readonly LedgerChange[] => engine.exceptions.remove(folder, uid, 'kept'));
  if (changes.length > 0) await engine.ledger.write(changes);
}

/** Of those that may go, the ones of which no earlier run wrote that their folder is gone, or began to remove them. */
function unseenOf(engine: Engine, work: FolderWork): readonly Uid[] {
  const { source, map } = work;
  return [...map.pairs()]
    .map(([uid]) => uid)
    .filter((uid) => {
      if (isTheirs(engine, work, uid) || engine.exceptions.get(source.id, uid, 'removed')) return false;
      const kept = engine.exceptions.get(source.id, uid, 'kept');
      // What a message was is noted only when it is about to go.
      return !(kept && (kept.code === leftWithItsFolder || kept.code === beingRemoved || kept.elementRead !== null));
    });
}

/** What people have removed from the target meanwhile is none of ours to keep. */
async function stillOnTarget(engine: Engine, work: FolderWork, uids: readonly Uid[]): Promise<readonly Uid[]> {
  if (uids.length === 0) return [];
  const { target, map } = work;
  const listing = await engine.target.list(target.id, uidSet(uids.map((uid) => map.targetOf(uid) as Uid)), false);
  const there = new Set<Uid>();
  for (let row = 0; row < listing.length; row++) there.add(listing.uid(row));
  return uids.filter((uid) => there.has(map.targetOf(uid) as Uid));
}

function leftOf(engine: Engine, work: FolderWork, uid: Uid): Exception {
  const ofOurs = engine.choices.aside === undefined ? words : wordsOfAside;
  const detail = isTheirs(engine, work, uid) ? wordsOfAdopted : ofOurs;
  const before = engine.exceptions.get(work.source.id, uid, 'kept');
  return {
    ...keptOf(work, uid, detail, before?.elementRead ?? null, before?.sizeBytes ?? null),
    code: leftWithItsFolder,
    elementServed: before?.elementServed ?? null,
  };
}
