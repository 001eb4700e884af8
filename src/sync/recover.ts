/**
 * Before anything is sent into a folder: what an earlier attempt left open is settled by looking, and where a side has
 * renumbered its messages the map is dropped, to be proven anew by content (`adopt.ts`). Nothing here is guessed: what
 * cannot be known is listed for a person.
 */

import type { Instant, Uid } from '#domain/item.ts';
import { UidMap } from '#domain/uid-map.ts';
import { type UidSet, uidCount, uidSet, uidsOf } from '#domain/uid-set.ts';
import type { Exception, FolderRecord, Intent, LedgerChange, SentMessage } from '#ports/ledger.ts';
import { type Engine, type FolderWork, pathOf } from './engine.ts';
import { adoptionChanges, refusalOf } from './exceptions.ts';
import { freshRecord } from './fresh-record.ts';
import { LookAgain } from './look-again.ts';
import { dateLookup, lookOnTarget, type Sighting } from './look.ts';
import { proveAgain } from './prove-again.ts';
import type { Unmapped } from './record.ts';
import { rowFinder } from './row-finder.ts';
import type { Survey } from './survey.ts';

/** What a folder's numbers meant before one side changed them, and the changes that forget it, still to be written. */
export interface Renumbering {
  /** Empty where the source was renumbered: its old numbers say nothing of its messages. */
  readonly mappedBefore: UidMap;
  /** Which messages of the target had been those of a source that was renumbered. */
  readonly leftBefore: UidMap;
  /** What was known, under those numbers, of messages that had left. */
  readonly keptBefore: readonly Exception[];
  /** What the ledger holds of the folder until `changes` are written. */
  readonly recordBefore: FolderRecord;
  readonly changes: readonly LedgerChange[];
}

/** What the open intents of a folder leave to be found out. */
interface Question {
  readonly sent: readonly SentMessage[];
  /** The date each message was or will be sent with. */
  readonly dateOf: (uid: Uid) => Instant | null;
  /** Mapped when the target answered, and never read back. */
  readonly unproven: readonly Uid[];
  /** Mapped to nothing, and perhaps on the target: of what the source does not list only what was noted can be known again. */
  readonly open: UidSet;
  /** Nothing that was sent can have a smaller UID on the target. */
  readonly fromUid: number;
  readonly isSameNumbering: boolean;
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
  const isAnswered = answeredBy(engine, plan);
  const { sent, dateOf, unproven, open, fromUid, isSameNumbering } = questionOf(plan, intents, isAnswered);
  const messages = uidCount(open) + unproven.length;
  engine.log.info('looking before sending again', { folder: pathOf(work.source), messages });
  const ofThisRun = new Set(intents.filter(isOfThisRun).flatMap((intent) => [...uidsOf(intent.uids)]));
  if (unproven.length > 0) {
    const lost = await proveAgain(engine, plan, unproven, { sent, dateOf, others: open, fromUid, isMapped });
    count(engine, work, lost, -1, ofThisRun);
    lookAgainForLost(engine, plan, lost);
  }
  const sighting = await lookOnTarget(engine, work, open, sent, fromUid, isMapped, dateOf, isSameNumbering);
  count(engine, work, sighting.found, 1, ofThisRun);
  await writeSettled(engine, plan, intents, sighting, isAnswered);
}

/**
 * Whether looking tells of a message all that can be told. Not of one that a doubted listing leaves out: it may be there, or
 * never have been, and its intent waits for a listing that is whole.
 */
function answeredBy(engine: Engine, { work, listing }: Survey): (uid: Uid) => boolean {
  if (!engine.doubted.has(work.source.id)) return () => true;
  const rowOf = rowFinder(listing);
  return (uid) => rowOf(uid) !== -1;
}

function questionOf(plan: Survey, intents: readonly Intent[], isAnswered: (uid: Uid) => boolean): Question {
  const { work } = plan;
  const isUnmapped = (uid: Uid): boolean => work.map.targetOf(uid) === null;
  const sent = intents.flatMap((intent) => intent.sent);
  const named = new Set(intents.flatMap((intent) => [...uidsOf(intent.uids)]));
  const isListed = (uid: Uid): boolean => isAnswered(uid) && !plan.hasLeft(uid);
  const open = [...named].filter((uid) => isUnmapped(uid) && isListed(uid));
  const unlisted = sent.map(({ uid }) => uid).filter((uid) => isUnmapped(uid) && !isListed(uid));
  // Under another UIDVALIDITY the remembered UIDNEXT means nothing: then everything there is looked at.
  const now = work.target.state;
  const isSameNumbering = intents.every((intent) => intent.targetUidValidity === now?.uidValidity);
  return {
    sent,
    dateOf: dateLookup(plan.listing, new Map(sent.map((message) => [message.uid, message.internalDate] as const))),
    unproven: [...named].filter((uid) => !isUnmapped(uid)),
    open: uidSet([...open, ...unlisted]),
    fromUid: isSameNumbering ? Math.min(...intents.map((intent) => intent.targetUidNext)) : 1,
    isSameNumbering,
  };
}

/** Of `messages` those that this run has sent count as copied (`by` 1), or as not copied after all (-1). */
function count(
  engine: Engine,
  work: FolderWork,
  messages: readonly { readonly uid: Uid; readonly sizeBytes: number | null }[],
  by: 1 | -1,
  ofThisRun: ReadonlySet<Uid>,
): void {
  const counted = messages.filter(({ uid }) => ofThisRun.has(uid));
  const bytes = counted.reduce((octets, { sizeBytes }) => octets + (sizeBytes ?? 0), 0);
  engine.tally.didCopy(work.source.id, by * counted.length, by * bytes);
}

/** They were mapped when the source was surveyed, and so are not among what is to be sent. */
function lookAgainForLost(engine: Engine, plan: Survey, lost: readonly Unmapped[]): void {
  if (lost.some(({ uid }) => !plan.hasLeft(uid) && !isNamed(engine, plan.work, uid)))
    throw new LookAgain('the target confirmed messages that it did not store', false);
}

/** Whether it is listed for a person, since nobody can know whether it had arrived. */
function isNamed(engine: Engine, work: FolderWork, uid: Uid): boolean {
  return engine.exceptions.get(work.source.id, uid, 'refused')?.code === 'outcome-unknown';
}

/** Enters what was found in the map, lists what is in doubt, and ends the intents, all or none. */
async function writeSettled(
  engine: Engine,
  plan: Survey,
  intents: readonly Intent[],
  { found, doubtful }: Sighting,
  isAnswered: (uid: Uid) => boolean,
): Promise<void> {
  const inDoubt = doubtful.filter((uid) => isAnswered(uid) && !plan.hasLeft(uid));
  const words =
    'something was removed from the target before we could look, or cannot be read, so it cannot be known whether this had arrived';
  const adopted = adoptionChanges(engine, plan, found);
  const unknown = inDoubt.map((uid) => engine.exceptions.add(refusalOf(plan, uid, 'outcome-unknown', words, null)));
  const { work } = plan;
  const isOpen = (uid: Uid): boolean =>
    !isAnswered(uid) && work.map.targetOf(uid) === null && !isNamed(engine, work, uid);
  await engine.ledger.write([...adopted, ...unknown, ...intents.flatMap((intent) => narrowed(intent, isOpen))]);
  for (const { uid } of found) plan.recovered.add(uid);
  plan.gone = [...plan.gone, ...found.map(({ uid }) => uid).filter((uid) => plan.hasLeft(uid))];
  const done = new Set<Uid>([...plan.recovered, ...inDoubt]);
  plan.rows = plan.rows.filter((row) => !done.has(plan.listing.uid(row)));
}

/** Ends an intent, or leaves of it what is still open. */
function narrowed(intent: Intent, isOpen: (uid: Uid) => boolean): readonly LedgerChange[] {
  const settled = { kind: 'settled', intent: intent.id } as const;
  const uids = uidSet([...uidsOf(intent.uids)].filter(isOpen));
  if (uids.length === 0) return [settled];
  return [settled, { kind: 'intent', intent: { ...intent, uids, sent: intent.sent.filter(({ uid }) => isOpen(uid)) } }];
}

/**
 * UIDVALIDITY has changed on a side: the old numbers mean nothing. The map is dropped and everything matched anew by
 * content. When the target was renumbered, what was there before and is not found now is not sent again: somebody may have
 * removed it, or a restore may have lost it, and that is for a person to say.
 */
export function forgetNumbers(engine: Engine, work: FolderWork, side: 'source' | 'target'): Renumbering {
  const folder = work.source.id;
  const [mappedBefore, leftBefore] = side === 'target' ? [work.map, UidMap.empty] : [UidMap.empty, work.map];
  const [keptBefore, recordBefore] = [engine.exceptions.of(folder, 'kept'), work.record];
  const changes: LedgerChange[] = [{ kind: 'map-dropped', folder }];
  for (const kind of ['refused', 'different', 'kept', 'removed'] as const) {
    for (const { uid } of engine.exceptions.of(folder, kind))
      changes.push(...engine.exceptions.remove(folder, uid, kind));
  }
  work.map = UidMap.empty;
  work.record = freshRecord(folder, work.record.target);
  changes.push({ kind: 'folder', record: work.record });
  engine.log.warn('folder renumbered', { folder: pathOf(work.source) });
  return { mappedBefore, leftBefore, keptBefore, recordBefore, changes };
}
