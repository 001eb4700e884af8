/**
 * Before anything is sent into a folder: mail that is on the target already, from before us or put there since by people or
 * another tool, is adopted by content, each message there answering for at most one of the source. What is foreign is left
 * alone.
 */

import type { Instant, Listing, Uid } from '#domain/item.ts';
import type { UidMap } from '#domain/uid-map.ts';
import { type UidSet, uidSet } from '#domain/uid-set.ts';
import type { LedgerChange } from '#ports/ledger.ts';
import { readContents } from './content.ts';
import { isKeptEverywhere } from './dates.ts';
import { type Engine, type FolderWork, pathOf } from './engine.ts';
import { adoptionChanges, flagDifference, refusalOf } from './exceptions.ts';
import { uidsExplained, uidsUnexplained } from './explained.ts';
import { takeLeftBehind } from './left-behind.ts';
import { dateLookup } from './look.ts';
import { type Match, matchByContent } from './matching.ts';
import type { Renumbering } from './recover.ts';
import { rowFinder } from './row-finder.ts';
import { type Stranger, Strangers } from './strangers.ts';
import type { Survey } from './survey.ts';

/** With fewer strangers on the target than this share of what is to be sent, only messages that are alike are compared. */
const strangersFew = 0.2;

/**
 * Mail on the target that nothing is mapped to. Much of it, on a first pass: both sides are read and matched now. A little,
 * or what has come there since: it is read, and each message of the source that is as long or as old is compared with it on
 * the way (`strangers.ts`). `sharing`: the folders of the source that go into this target folder. Null where the folder was
 * made anew and lacks what it had: it is left as it is until another pass has found the same.
 */
export async function adopt(
  engine: Engine,
  plan: Survey,
  sharing: readonly FolderWork[],
  renumbering: Renumbering | null,
  isFirst: boolean,
): Promise<Strangers | null> {
  const foreign = await compareWithStrangers(engine, plan, sharing, renumbering, isFirst);
  const leftBehind = renumbering ? await takeLeftBehind(engine, plan.work, renumbering) : [];
  if (leftBehind === 'wait') return null;
  // In one write with what has been matched anew: a renumbering that breaks off is met again as it was.
  const news = [...(renumbering?.changes ?? []), ...leftBehind, ...foreign.news];
  if (renumbering) news.push(...holdBackLost(engine, plan, renumbering.mappedBefore));
  if (news.length > 0) await engine.ledger.write(news);
  return foreign.strangers;
}

async function compareWithStrangers(
  engine: Engine,
  plan: Survey,
  sharing: readonly FolderWork[],
  renumbering: Renumbering | null,
  isFirst: boolean,
): Promise<{ readonly strangers: Strangers; readonly news: readonly LedgerChange[] }> {
  const nobody = { strangers: new Strangers([]), news: [] };
  const { work, listing } = plan;
  const { dryRun } = engine.choices;
  if (plan.rows.length === 0 || (work.target.state?.messages ?? 0) === 0) return nobody;
  const withSizes = dryRun || !isFirst;
  const there = await engine.target.list(work.target.id, uidsUnexplained(uidsExplained(sharing)), withSizes);
  const maps = sharing.map(({ map }) => map);
  const isMapped = (uid: Uid): boolean => maps.some((map) => map.sourceOf(uid) !== null);
  let strangers: number[] = [];
  for (let row = 0; row < there.length; row++) if (!isMapped(there.uid(row))) strangers.push(row);
  if (strangers.length === 0) return nobody;
  const few = !isFirst || (renumbering === null && strangers.length < plan.rows.length * strangersFew);
  let wanted = uidSet(plan.rows.map((row) => listing.uid(row)));
  if (few && withSizes) {
    const alike = await alikeIn(engine, work, wanted, there, strangers);
    wanted = alike.here;
    // People's own mail there may be much, and is not read again for every letter that comes.
    if (!isFirst) strangers = alike.there;
    if (strangers.length === 0) return nobody;
  }
  engine.log.info('comparing with mail already there', { folder: pathOf(work.source), messages: strangers.length });
  const read = few && !dryRun ? await readStrangers(engine, work, there, strangers) : null;
  return read
    ? { strangers: read, news: [] }
    : { ...nobody, news: await adoptNow(engine, plan, wanted, there, strangers) };
}

/** Reads `strangers`, rows of `there`, to be compared as mail like them comes by; null where one of them cannot be read at once. */
async function readStrangers(
  engine: Engine,
  work: FolderWork,
  there: Listing,
  strangers: readonly number[],
): Promise<Strangers | null> {
  const rowOf = new Map(strangers.map((row) => [there.uid(row), row] as const));
  const read: Stranger[] = [];
  const { missing } = await readContents(engine.target, work.target.id, uidSet(rowOf.keys()), true, (content) => {
    const { uid, sha256, sizeBytes, levelled } = content;
    const row = rowOf.get(uid);
    if (row === undefined || !rowOf.delete(uid)) return;
    const flags = there.flags(row);
    read.push({ uid, sha256, sizeBytes, levelled: levelled ?? '', flags, internalDate: there.internalDate(row) });
  });
  return missing.length === 0 ? new Strangers(read) : null;
}

/** Reads both sides and adopts what is equal; what cannot be read is not sent, since it may be there. */
async function adoptNow(
  engine: Engine,
  plan: Survey,
  wanted: UidSet,
  there: Listing,
  strangers: readonly number[],
): Promise<readonly LedgerChange[]> {
  const { work, listing } = plan;
  const uids = strangers.map((row) => there.uid(row));
  const { found, unsure } = await matchByContent(engine, work, wanted, uids, [], dateLookup(listing, new Map()));
  const words =
    'it, or a message on the target that looks like it, cannot be read, so it cannot be known whether it is there';
  const doubtful = new Set(unsure);
  const news = [
    ...adoptionChanges(engine, plan, found, flagsBesides(listing, there)),
    ...unsure.map((uid) => engine.exceptions.add(refusalOf(plan, uid, 'withheld', words, null))),
  ];
  plan.rows = plan.rows.filter((row) => !found.has(listing.uid(row)) && !doubtful.has(listing.uid(row)));
  return news;
}

/** What a message found on the target bears there and not on the source. */
export function flagsBesides(listing: Listing, there: Listing): (match: Match) => readonly string[] {
  const [rowHere, rowThere] = [rowFinder(listing), rowFinder(there)];
  return ({ uid, targetUid }) => {
    const [here, at] = [rowHere(uid), rowThere(targetUid)];
    return here === -1 || at === -1 ? [] : flagDifference(listing.flags(here), there.flags(at)).extra;
  };
}

/**
 * Of the source's messages `uids` and the strangers in `there` those that a run would compare (`Strangers.mayHold`): the
 * others need not be read, on the one side in a dry run, on the other in any. `listing`: the source's, of `uids`.
 */
export async function alikeIn(
  engine: Engine,
  work: FolderWork,
  uids: UidSet,
  there: Listing,
  strangers: readonly number[],
): Promise<{ readonly here: UidSet; readonly there: number[]; readonly listing: Listing }> {
  const here = await engine.source.list(work.source.id, uids, true);
  const sizes = new Set(strangers.map((row) => there.sizeBytes(row)));
  const dates = new Set(strangers.map((row) => there.internalDate(row)));
  const alike: Uid[] = [];
  const sizesHere = new Set<number | null>();
  const datesHere = new Set<Instant | null>();
  let mayBeAny = false;
  for (let row = 0; row < here.length; row++) {
    const date = here.internalDate(row);
    const size = here.sizeBytes(row);
    sizesHere.add(size);
    datesHere.add(date);
    if (!isKeptEverywhere(date)) mayBeAny = true;
    if (sizes.has(size) || dates.has(date) || !isKeptEverywhere(date)) alike.push(here.uid(row));
  }
  const isAlike = (row: number): boolean =>
    mayBeAny || sizesHere.has(there.sizeBytes(row)) || datesHere.has(there.internalDate(row));
  return { here: uidSet(alike), there: strangers.filter(isAlike), listing: here };
}

/** Messages that were on the target before it was renumbered and cannot be found there now: listed, not sent. */
function holdBackLost(engine: Engine, plan: Survey, mappedBefore: UidMap): readonly LedgerChange[] {
  const { work, listing } = plan;
  const lost = plan.rows.filter((row) => mappedBefore.targetOf(listing.uid(row)) !== null);
  if (lost.length === 0) return [];
  const held = new Set(lost);
  plan.rows = plan.rows.filter((row) => !held.has(row));
  const words =
    'it was there before the target renumbered this folder and is not there now (--retry-refused sends it again)';
  engine.tally.note(
    pathOf(work.source),
    pathOf(work.target),
    `renumbered on the target; ${lost.length} messages are no longer there`,
  );
  return lost.map((row) => engine.exceptions.add(refusalOf(plan, listing.uid(row), 'renumbered', words, null)));
}
