/**
 * The target has confirmed a message and given it a UID, and what it serves under that UID is not what was sent. Either the
 * server has altered our copy beyond what we can level, or its OK was a lie and the number has gone to another message since.
 * Only the first may stay in the map: what stands there is taken for ours, reflagged and, with `--delete`, removed.
 */

import type { Instant, Listing, Uid } from '#domain/item.ts';
import { type UidSet, uidSet } from '#domain/uid-set.ts';
import type { SentMessage } from '#ports/ledger.ts';
import { maxUid, type Reader } from '#ports/mailbox.ts';
import type { Engine, FolderWork } from './engine.ts';
import { headerField } from './header-field.ts';
import { matchByContent } from './matching.ts';

/** `unclear`: neither is proven, so it is neither believed nor sent again. */
export type Owner = 'ours' | 'somebody-else' | 'unclear';

/** What is known of the attempt that sent them. */
export interface Sending {
  readonly sent: readonly SentMessage[];
  /** The date each message was or will be sent with. */
  readonly dateOf: (uid: Uid) => Instant | null;
  /** Messages of the source that may have been sent beside them, and are mapped to nothing. */
  readonly others: UidSet;
  /** Nothing that was sent can have a smaller UID on the target. */
  readonly fromUid: number;
  readonly isMapped: (targetUid: Uid) => boolean;
}

/**
 * Whose copy stands where each of `uids` is mapped to. To be asked only where the contents differ, also once levelled.
 * `there`: the target's listing of the UIDs that they are mapped to.
 */
export async function whoseCopies(
  engine: Engine,
  work: FolderWork,
  uids: readonly Uid[],
  there: Listing,
  sending: Sending,
): Promise<ReadonlyMap<Uid, Owner>> {
  const { sent, dateOf, others } = sending;
  const placeOf = new Map(uids.map((uid) => [uid, work.map.targetOf(uid) as Uid] as const));
  // No server alters one message into another of the same owner: what equals that one is its copy.
  const taken = new Set<Uid>();
  if (others.length > 0) {
    const { found } = await matchByContent(engine, work, others, [...new Set(placeOf.values())], sent, dateOf);
    for (const { targetUid } of found) taken.add(targetUid);
  }
  const open = uids.filter((uid) => !taken.has(placeOf.get(uid) as Uid));
  const places = open.map((uid) => placeOf.get(uid) as Uid);
  const [here, at] = await Promise.all([
    facesOf(engine.source, work.source.id, open),
    facesOf(engine.target, work.target.id, places),
  ]);
  const dateAt = new Map(Array.from({ length: there.length }, (_, row) => [there.uid(row), there.internalDate(row)]));
  const owners = new Map<Uid, Owner>(uids.map((uid) => [uid, 'somebody-else']));
  for (const uid of open) {
    const place = placeOf.get(uid) as Uid;
    const isOfItsDate = dateOf(uid) === dateAt.get(place);
    owners.set(uid, ownerOf(here.get(uid) ?? null, at.get(place) ?? null, isOfItsDate));
  }
  const foreign = open.filter((uid) => owners.get(uid) === 'somebody-else');
  for (const uid of await perhapsElsewhere(engine, work, foreign, here, taken, sending)) owners.set(uid, 'unclear');
  return owners;
}

/** The header fields by which a letter is known again after a server has gone over it. */
interface Face {
  readonly messageId: string | null;
  /** Date, From and Subject; null where it has neither date nor subject. */
  readonly rest: string | null;
}

const fields = ['MESSAGE-ID', 'DATE', 'FROM', 'SUBJECT'] as const;

/**
 * Servers have been seen to change each of these for themselves (Domino gives new Message-IDs, dates are clamped), so one
 * that agrees leaves a doubt, and none that does is a proof.
 */
function ownerOf(sent: Face | null, there: Face | null, isOfItsDate: boolean): Owner {
  // It may have left the source, so that its date is all that is still known of it.
  if (!sent || !there) return isOfItsDate ? 'ours' : 'unclear';
  if (sent.messageId !== null && sent.messageId === there.messageId) return 'ours';
  const isAlike = sent.rest !== null && sent.rest === there.rest;
  if (isAlike && isOfItsDate) return 'ours';
  return isAlike || isOfItsDate ? 'unclear' : 'somebody-else';
}

/**
 * Of `uids`, which are not where they were said to be, those of which an altered copy may stand under another number that
 * is mapped to nothing. What stands there unaltered is found by content later and is no cause for doubt.
 */
async function perhapsElsewhere(
  engine: Engine,
  work: FolderWork,
  uids: readonly Uid[],
  faces: ReadonlyMap<Uid, Face>,
  taken: ReadonlySet<Uid>,
  { fromUid, isMapped, dateOf }: Sending,
): Promise<readonly Uid[]> {
  const wanted = new Map<string, Uid[]>();
  for (const uid of uids) {
    const id = faces.get(uid)?.messageId ?? null;
    if (id !== null) wanted.set(id, [...(wanted.get(id) ?? []), uid]);
  }
  if (wanted.size === 0) return [];
  const listing = await engine.target.list(work.target.id, [[fromUid as Uid, maxUid]], false);
  const unclaimed: Uid[] = [];
  for (let row = 0; row < listing.length; row++) {
    const uid = listing.uid(row);
    if (uid >= fromUid && !isMapped(uid) && !taken.has(uid)) unclaimed.push(uid);
  }
  const alike = new Set<Uid>();
  const suspects: Uid[] = [];
  if (unclaimed.length > 0)
    await engine.target.headers(work.target.id, uidSet(unclaimed), [fields[0]], (targetUid, header) => {
      const mine = wanted.get(headerField(header, fields[0]) ?? '');
      if (!mine) return;
      suspects.push(targetUid);
      for (const uid of mine) alike.add(uid);
    });
  if (suspects.length === 0) return [];
  const { found } = await matchByContent(engine, work, uidSet(alike), suspects, [], dateOf);
  return [...alike].filter((uid) => !found.has(uid));
}

async function facesOf(reader: Reader, folder: FolderWork['source']['id'], uids: readonly Uid[]) {
  const faces = new Map<Uid, Face>();
  if (uids.length === 0) return faces;
  await reader.headers(folder, uidSet(uids), fields, (uid, header) => {
    const [messageId = null, date = null, from = null, subject = null] = fields.map((name) =>
      headerField(header, name),
    );
    const rest = date === null && subject === null ? null : [date, from, subject].join('\n');
    faces.set(uid, { messageId: messageId === '' ? null : messageId, rest });
  });
  return faces;
}
