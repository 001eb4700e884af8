/**
 * Before anything is sent into a folder: what an earlier attempt left open is settled by looking, and where a side has
 * renumbered its messages the map is dropped, to be proven anew by content (`adopt.ts`). Nothing here is guessed: what
 * cannot be known is listed for a person.
 */

import { emptyDigest } from '#domain/digest.ts';
import type { Uid } from '#domain/item.ts';
import { UidMap } from '#domain/uid-map.ts';
import { uidSet, uidsOf } from '#domain/uid-set.ts';
import type { Intent, LedgerChange } from '#ports/ledger.ts';
import { type Engine, type FolderWork, pathOf } from './engine.ts';
import { adoptionChanges, differenceOf, refusalOf } from './exceptions.ts';
import { LookAgain } from './look-again.ts';
import { dateLookup, lookOnTarget } from './look.ts';
import { type Match, matchByContent } from './matching.ts';
import { type Unmapped, unmapped, withinReach } from './record.ts';
import type { Survey } from './survey.ts';
import { type Owner, type Sending, whoseCopies } from './whose-copy.ts';

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
    const others = uidSet([...open, ...left]);
    const lost = await proveAgain(engine, plan, unproven, { sent, dateOf, others, fromUid, isMapped });
    const counted = lost.filter(({ uid }) => ofThisRun.has(uid));
    const bytes = counted.reduce((octets, { sizeBytes }) => octets + (sizeBytes ?? 0), 0);
    engine.tally.didCopy(work.source.id, -counted.length, -bytes);
    const isNamed = (uid: Uid): boolean =>
      engine.exceptions.get(work.source.id, uid, 'refused')?.code === 'outcome-unknown';
    // They were mapped when the source was surveyed, and so are not among what is to be sent.
    if (lost.some(({ uid }) => !plan.hasLeft(uid) && !isNamed(uid)))
      throw new LookAgain('the target confirmed messages that it did not store', false);
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
  sending: Sending,
): Promise<readonly Unmapped[]> {
  const { work } = plan;
  const { sent, dateOf } = sending;
  const targets = uids.map((uid) => work.map.targetOf(uid) as Uid);
  const there = await engine.target.list(work.target.id, uidSet(targets), true);
  const present = new Set<Uid>();
  for (let row = 0; row < there.length; row++) present.add(there.uid(row));
  const here = uids.filter((uid) => present.has(work.map.targetOf(uid) as Uid));
  const lost = uids.filter((uid) => !present.has(work.map.targetOf(uid) as Uid));
  const elsewhere = new Set<Uid>();
  const changes: LedgerChange[] = [];
  if (here.length > 0) {
    const pairs = here.map((uid) => work.map.targetOf(uid) as Uid);
    const { found, rest, unsure, gone } = await matchByContent(engine, work, uidSet(here), pairs, sent, dateOf);
    const unread = new Set(unsure);
    const otherwise = rest.filter((uid) => !unread.has(uid));
    const owners =
      otherwise.length > 0 ? await whoseCopies(engine, work, otherwise, there, sending) : new Map<Uid, Owner>();
    for (const match of found) {
      if (!match.servedAs) continue;
      const kind = match.servedAs.sizeBytes === match.sizeBytes ? 'content' : 'lineEnds';
      const difference = { class: kind, detail: 'served with other octets by the target' } as const;
      const elements = { read: match.element, served: null };
      changes.push(engine.exceptions.add(differenceOf(work, match.uid, match.sizeBytes, [difference], elements)));
    }
    for (const uid of rest) {
      const owner = owners.get(uid) ?? 'ours';
      // Also since the folder was looked at: what cannot be compared any more is not said to differ.
      const hasLeft = plan.hasLeft(uid) || gone.has(uid);
      if (owner !== 'ours') {
        elsewhere.add(uid);
        if (owner === 'unclear' && !hasLeft) {
          const words =
            'the target confirmed it, and serves a message under the number it gave that may be another: look whether it is there';
          changes.push(engine.exceptions.add(refusalOf(plan, uid, 'outcome-unknown', words, null)));
        }
        continue;
      }
      if (hasLeft) continue;
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
  const absent = uids.filter((uid) => elsewhere.has(uid) || !present.has(work.map.targetOf(uid) as Uid));
  const left = absent.map((uid): Unmapped => {
    const message = noted.get(uid);
    return { uid, element: message?.element ?? null, sizeBytes: message?.sizeBytes ?? null };
  });
  work.record = withinReach(work.record, absent);
  changes.push(
    ...absent.flatMap((uid) => engine.exceptions.remove(work.source.id, uid, 'different')),
    ...unmapped(work, left),
  );
  if (changes.length > 0) await engine.ledger.write(changes);
  return left;
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
