/**
 * Before anything is sent into a folder: what an earlier attempt left open is settled by looking, mail that is on the
 * target already is adopted by content, and where a side has renumbered its messages the map is proven anew or the folder
 * stops. Nothing here is guessed: what cannot be known is listed for a person.
 */

import { emptyDigest } from '#domain/digest.ts';
import type { Instant, Listing, Uid } from '#domain/item.ts';
import { UidMap } from '#domain/uid-map.ts';
import { type UidSet, uidSet, uidsOf } from '#domain/uid-set.ts';
import type { Intent, LedgerChange, SentMessage } from '#ports/ledger.ts';
import { maxUid } from '#ports/mailbox.ts';
import { readContents } from './content.ts';
import { type Engine, type FolderWork, pathOf } from './engine.ts';
import { adoptionChanges, differenceOf, flagDifference, refusalOf } from './exceptions.ts';
import { lookOnTarget, type Match, matchByContent } from './look.ts';
import { type Unmapped, unmapped } from './record.ts';
import { isKeptEverywhere } from './dates.ts';
import { type Stranger, Strangers } from './strangers.ts';
import type { Survey } from './survey.ts';

/** With fewer strangers on the target than this share of what is to be sent, only messages that are alike are compared. */
const strangersFew = 0.2;

/** What a folder's numbers meant before one side changed them, and the changes that forget it, still to be written. */
export interface Renumbering {
  /** Empty where the source was renumbered: its old numbers say nothing of its messages. */
  readonly mappedBefore: UidMap;
  readonly changes: readonly LedgerChange[];
}

/** Settles what earlier attempts left open in this folder; rows found on the target leave `plan.rows`. */
export async function settleIntents(
  engine: Engine,
  plan: Survey,
  intents: readonly Intent[],
  isMapped: (targetUid: Uid) => boolean,
  isOfThisRun: (intent: Intent) => boolean,
): Promise<void> {
  if (intents.length === 0) return;
  const { work } = plan;
  const settled: LedgerChange[] = intents.map(({ id }) => ({ kind: 'settled', intent: id }));
  const now = work.target.state;
  const sent = intents.flatMap((intent) => intent.sent);
  const dates = new Map(sent.map((message) => [message.uid, message.internalDate] as const));
  const dateOf = dateLookup(plan.listing, dates);
  const named = [...new Set(intents.flatMap((intent) => [...uidsOf(intent.uids)]))];
  const unproven = named.filter((uid) => work.map.targetOf(uid) !== null);
  const open = named.filter((uid) => work.map.targetOf(uid) === null && !plan.hasLeft(uid));
  const left = sent.map(({ uid }) => uid).filter((uid) => work.map.targetOf(uid) === null && plan.hasLeft(uid));
  // Under another UIDVALIDITY the remembered UIDNEXT means nothing: then everything there is looked at.
  const sameNumbers = intents.every((intent) => intent.targetUidValidity === now?.uidValidity);
  const fromUid = sameNumbers ? Math.min(...intents.map((intent) => intent.targetUidNext)) : 1;
  engine.log.info('looking before sending again', {
    folder: pathOf(work.source),
    messages: open.length + unproven.length,
  });
  const ofThisRun = new Set(intents.filter(isOfThisRun).flatMap((intent) => [...uidsOf(intent.uids)]));
  if (unproven.length > 0) {
    const lost = await proveAgain(engine, plan, unproven, sent, dateOf);
    const counted = lost.filter(({ uid }) => ofThisRun.has(uid));
    const bytes = counted.reduce((octets, { sizeBytes }) => octets + (sizeBytes ?? 0), 0);
    engine.tally.didCopy(work.source.id, -counted.length, -bytes);
  }
  const uids = uidSet([...open, ...left]);
  const sighting = await lookOnTarget(engine, work, uids, sent, fromUid, isMapped, dateOf, sameNumbers);
  countCopied(
    engine,
    work,
    sighting.found.filter(({ uid }) => ofThisRun.has(uid)),
  );
  const doubtful = sighting.doubtful.filter((uid) => !plan.hasLeft(uid));
  const words =
    'something was removed from the target before we could look, or cannot be read, so it cannot be known whether this had arrived';
  await engine.ledger.write([
    ...adoptionChanges(engine, plan, sighting.found),
    ...doubtful.map((uid) => engine.exceptions.add(refusalOf(plan, uid, 'outcome-unknown', words, null))),
    ...settled,
  ]);
  for (const { uid } of sighting.found) plan.recovered.add(uid);
  plan.gone = [...plan.gone, ...sighting.found.map(({ uid }) => uid).filter((uid) => plan.hasLeft(uid))];
  const done = new Set<Uid>([...plan.recovered, ...doubtful]);
  plan.rows = plan.rows.filter((row) => !done.has(plan.listing.uid(row)));
}

function countCopied(engine: Engine, work: FolderWork, found: readonly Match[]): void {
  let bytes = 0;
  for (const { sizeBytes } of found) bytes += sizeBytes;
  engine.tally.didCopy(work.source.id, found.length, bytes);
}

/** Mapped when the target answered, but never read back: done now, by content. Answers with what is not there after all. */
async function proveAgain(
  engine: Engine,
  plan: Survey,
  uids: readonly Uid[],
  sent: readonly SentMessage[],
  dateOf: (uid: Uid) => Instant | null,
): Promise<readonly Unmapped[]> {
  const { work } = plan;
  const targets = uids.map((uid) => work.map.targetOf(uid) as Uid);
  const there = await engine.target.list(work.target.id, uidSet(targets), true);
  const present = new Set<Uid>();
  for (let row = 0; row < there.length; row++) present.add(there.uid(row));
  const here = uids.filter((uid) => present.has(work.map.targetOf(uid) as Uid));
  const lost = uids.filter((uid) => !present.has(work.map.targetOf(uid) as Uid));
  const changes: LedgerChange[] = [];
  if (here.length > 0) {
    const pairs = here.map((uid) => work.map.targetOf(uid) as Uid);
    const { found, rest, unsure } = await matchByContent(engine, work, uidSet(here), pairs, [], dateOf);
    const unread = new Set(unsure);
    for (const match of found) {
      if (!match.servedAs) continue;
      const kind = match.servedAs.sizeBytes === match.sizeBytes ? 'content' : 'lineEnds';
      const difference = { class: kind, detail: 'served with other octets by the target' } as const;
      const elements = { read: match.element, served: null };
      changes.push(engine.exceptions.add(differenceOf(work, match.uid, match.sizeBytes, [difference], elements)));
    }
    for (const uid of rest) {
      if (plan.hasLeft(uid)) continue;
      const difference = unread.has(uid)
        ? ({ class: 'unreadable', detail: 'it could not be read back, so its content is not proven' } as const)
        : ({ class: 'content', detail: 'served with other octets by the target' } as const);
      changes.push(engine.exceptions.add(differenceOf(work, uid, null, [difference], { read: null, served: null })));
    }
  }
  for (const uid of lost) {
    const target = work.map.targetOf(uid) as Uid;
    if (target < there.state.uidNext && !plan.hasLeft(uid)) {
      const words = 'the target confirmed it and no longer has it: look whether someone removed it there';
      changes.push(engine.exceptions.add(refusalOf(plan, uid, 'outcome-unknown', words, null)));
    }
  }
  const noted = new Map(sent.map((message) => [message.uid, message] as const));
  const left = lost.map((uid): Unmapped => {
    const message = noted.get(uid);
    return { uid, element: message?.element ?? null, sizeBytes: message?.sizeBytes ?? null };
  });
  changes.push(...unmapped(work, left));
  if (changes.length > 0) await engine.ledger.write(changes);
  return left;
}

/**
 * Mail on the target that nothing is mapped to. Much of it: both sides are read and matched now. A little: it is read, and
 * each message of the source that is as long or as old is compared with it on the way (`strangers.ts`).
 */
export async function adopt(
  engine: Engine,
  plan: Survey,
  isMapped: (targetUid: Uid) => boolean,
  renumbering: Renumbering | null,
): Promise<Strangers> {
  const foreign = await compareWithStrangers(engine, plan, isMapped, renumbering);
  // In one write with what has been matched anew: a renumbering that breaks off is met again as it was.
  const news = [...(renumbering?.changes ?? []), ...foreign.news];
  if (renumbering) news.push(...holdBackLost(engine, plan, renumbering.mappedBefore));
  if (news.length > 0) await engine.ledger.write(news);
  return foreign.strangers;
}

async function compareWithStrangers(
  engine: Engine,
  plan: Survey,
  isMapped: (targetUid: Uid) => boolean,
  renumbering: Renumbering | null,
): Promise<{ readonly strangers: Strangers; readonly news: readonly LedgerChange[] }> {
  const nobody = { strangers: new Strangers([]), news: [] };
  const { work, listing } = plan;
  if (plan.rows.length === 0 || (work.target.state?.messages ?? 0) === 0) return nobody;
  const there = await engine.target.list(work.target.id, [[1 as Uid, maxUid]], false);
  const strangers: number[] = [];
  for (let row = 0; row < there.length; row++) if (!isMapped(there.uid(row))) strangers.push(row);
  if (strangers.length === 0) return nobody;
  engine.log.info('comparing with mail already there', { folder: pathOf(work.source), messages: strangers.length });
  const uids = strangers.map((row) => there.uid(row));
  const few = renumbering === null && strangers.length < plan.rows.length * strangersFew;
  if (few && !engine.choices.dryRun) {
    const rowOf = new Map(strangers.map((row) => [there.uid(row), row] as const));
    const read: Stranger[] = [];
    const { missing } = await readContents(engine.target, work.target.id, uidSet(uids), true, (content) => {
      const { uid, sha256, sizeBytes, levelled } = content;
      const row = rowOf.get(uid);
      if (row === undefined || !rowOf.delete(uid)) return;
      const flags = there.flags(row);
      read.push({ uid, sha256, sizeBytes, levelled: levelled ?? '', flags, internalDate: there.internalDate(row) });
    });
    // When something there cannot be read at once, everything is looked at with more care.
    if (missing.length === 0) return { strangers: new Strangers(read), news: [] };
  }
  const all = uidSet(plan.rows.map((row) => listing.uid(row)));
  const wanted = few && engine.choices.dryRun ? await alikeTo(engine, work, all, uids) : all;
  const { found, unsure } = await matchByContent(engine, work, wanted, uids, [], dateLookup(listing, new Map()));
  const words =
    'it, or a message on the target that looks like it, cannot be read, so it cannot be known whether it is there';
  const news = [
    ...adoptionChanges(engine, plan, found, flagsBesides(listing, there)),
    ...unsure.map((uid) => engine.exceptions.add(refusalOf(plan, uid, 'withheld', words, null))),
  ];
  const done = new Set([...found.map(({ uid }) => uid), ...unsure]);
  plan.rows = plan.rows.filter((row) => !done.has(listing.uid(row)));
  return { ...nobody, news };
}

/** What a message found on the target bears there and not on the source. */
function flagsBesides(listing: Listing, there: Listing): (match: Match) => readonly string[] {
  const [rowHere, rowThere] = [listing, there].map((of) => {
    const rows = new Map<Uid, number>();
    for (let row = 0; row < of.length; row++) rows.set(of.uid(row), row);
    return rows;
  }) as [Map<Uid, number>, Map<Uid, number>];
  return ({ uid, targetUid }) => {
    const [here, at] = [rowHere.get(uid), rowThere.get(targetUid)];
    return here === undefined || at === undefined ? [] : flagDifference(listing.flags(here), there.flags(at)).extra;
  };
}

/** Of the source's messages those that a run would compare (`Strangers.mayHold`): a dry run reads no others, for it sends none. */
async function alikeTo(engine: Engine, work: FolderWork, uids: UidSet, targetUids: readonly Uid[]): Promise<UidSet> {
  const [here, there] = await Promise.all([
    engine.source.list(work.source.id, uids, true),
    engine.target.list(work.target.id, uidSet(targetUids), true),
  ]);
  const sizes = new Set<number | null>();
  const dates = new Set<Instant | null>();
  for (let row = 0; row < there.length; row++) {
    sizes.add(there.sizeBytes(row));
    dates.add(there.internalDate(row));
  }
  const alike: Uid[] = [];
  for (let row = 0; row < here.length; row++) {
    const date = here.internalDate(row);
    if (sizes.has(here.sizeBytes(row)) || dates.has(date) || !isKeptEverywhere(date)) alike.push(here.uid(row));
  }
  return uidSet(alike);
}

/**
 * UIDVALIDITY has changed on a side: the old numbers mean nothing. The map is dropped and everything matched anew by
 * content. When the target was renumbered, what was there before and is not found now is not sent again: somebody may have
 * removed it, or a restore may have lost it, and that is for a person to say.
 */
export function forgetNumbers(engine: Engine, work: FolderWork, side: 'source' | 'target'): Renumbering {
  const folder = work.source.id;
  const mappedBefore = side === 'target' ? work.map : UidMap.empty;
  const changes: LedgerChange[] = [{ kind: 'map-dropped', folder }];
  for (const kind of ['refused', 'different', 'kept', 'removed'] as const) {
    for (const { uid } of engine.exceptions.of(folder, kind))
      changes.push(...engine.exceptions.remove(folder, uid, kind));
  }
  work.map = UidMap.empty;
  work.record = {
    ...work.record,
    sourceState: null,
    targetState: null,
    sourceUidValidity: null,
    targetUidValidity: null,
    digest: emptyDigest,
    messages: 0,
    bytes: 0,
  };
  changes.push({ kind: 'folder', record: work.record });
  engine.log.warn('folder renumbered', { folder: pathOf(work.source) });
  return { mappedBefore, changes };
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

function dateLookup(listing: Listing, sent: ReadonlyMap<Uid, Instant | null>): (uid: Uid) => Instant | null {
  let rows: Map<Uid, number> | null = null;
  return (uid) => {
    const known = sent.get(uid);
    if (known !== undefined) return known;
    if (!rows) {
      rows = new Map();
      for (let row = 0; row < listing.length; row++) rows.set(listing.uid(row), row);
    }
    const row = rows.get(uid);
    return row === undefined ? null : listing.internalDate(row);
  };
}
