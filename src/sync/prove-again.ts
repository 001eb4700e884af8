/**
 * The target had confirmed messages and nobody had read them back when an attempt broke off: that is done now, by content.
 * What is not there after all leaves the map; what is there and is not what was sent is told apart (`whose-copy.ts`).
 */

import type { Listing, Uid } from '#domain/item.ts';
import { uidSet } from '#domain/uid-set.ts';
import type { LedgerChange } from '#ports/ledger.ts';
import type { Engine } from './engine.ts';
import { differenceOf, refusalOf } from './exceptions.ts';
import { type Match, type Matching, matchByContent } from './matching.ts';
import { type Unmapped, unmapped, withinReach } from './record.ts';
import type { Survey } from './survey.ts';
import { type Owner, type Sending, whoseCopies } from './whose-copy.ts';

/** Reads back `uids`, which are mapped. Answers with those that are not there after all, and are mapped no more. */
export async function proveAgain(
  engine: Engine,
  plan: Survey,
  uids: readonly Uid[],
  sending: Sending,
): Promise<readonly Unmapped[]> {
  const { work } = plan;
  const there = await engine.target.list(
    work.target.id,
    uidSet(uids.map((uid) => work.map.targetOf(uid) as Uid)),
    true,
  );
  const present = new Set<Uid>();
  for (let row = 0; row < there.length; row++) present.add(there.uid(row));
  const isPresent = (uid: Uid): boolean => present.has(work.map.targetOf(uid) as Uid);
  const here = uids.filter(isPresent);
  const lost = uids.filter((uid) => !isPresent(uid));
  const compared = here.length > 0 ? await compare(engine, plan, here, there, sending) : nothing;
  const absent = uids.filter((uid) => compared.elsewhere.has(uid) || !isPresent(uid));
  const noted = new Map(sending.sent.map((message) => [message.uid, message] as const));
  const left = absent.map((uid): Unmapped => {
    const message = noted.get(uid);
    return { uid, element: message?.element ?? null, sizeBytes: message?.sizeBytes ?? null };
  });
  const named = nameVanished(engine, plan, lost, there);
  work.record = withinReach(work.record, absent);
  const undone = absent.flatMap((uid) => engine.exceptions.remove(work.source.id, uid, 'different'));
  const changes = [...compared.changes, ...named, ...undone, ...unmapped(work, left)];
  if (changes.length > 0) await engine.ledger.write(changes);
  return left;
}

interface Compared {
  readonly changes: readonly LedgerChange[];
  /** Another message has the number that was confirmed for these, or may have it. */
  readonly elsewhere: ReadonlySet<Uid>;
}

const nothing: Compared = { changes: [], elsewhere: new Set() };

/** Compares messages with what stands where they are mapped to. */
async function compare(
  engine: Engine,
  plan: Survey,
  here: readonly Uid[],
  there: Listing,
  sending: Sending,
): Promise<Compared> {
  const { work } = plan;
  const pairs = here.map((uid) => work.map.targetOf(uid) as Uid);
  const { sent, dateOf } = sending;
  const matching = await matchByContent(engine, work, uidSet(here), pairs, sent, dateOf);
  const unread = new Set(matching.unsure);
  const otherwise = matching.rest.filter((uid) => !unread.has(uid));
  const owners =
    otherwise.length > 0 ? await whoseCopies(engine, work, otherwise, there, sending) : new Map<Uid, Owner>();
  const elsewhere = new Set(matching.rest.filter((uid) => (owners.get(uid) ?? 'ours') !== 'ours'));
  const altered = [...matching.found].flatMap((match) => nameAltered(engine, plan, match));
  const unequal = matching.rest.flatMap((uid) =>
    nameUnequal(engine, plan, uid, owners.get(uid) ?? 'ours', matching.gone, unread),
  );
  return { changes: [...altered, ...unequal], elsewhere };
}

/** Found, and served otherwise than it was read. */
function nameAltered(engine: Engine, { work }: Survey, match: Match): readonly LedgerChange[] {
  if (!match.servedAs) return [];
  const kind = match.servedAs.sizeBytes === match.sizeBytes ? 'content' : 'lineEnds';
  const difference = { class: kind, detail: 'served with other octets by the target' } as const;
  const elements = { read: match.element, served: null };
  return [engine.exceptions.add(differenceOf(work, match.uid, match.sizeBytes, [difference], elements))];
}

/** What stands where it is mapped to is not what the source has, or cannot be read. */
function nameUnequal(
  engine: Engine,
  plan: Survey,
  uid: Uid,
  owner: Owner,
  gone: Matching['gone'],
  unread: ReadonlySet<Uid>,
): readonly LedgerChange[] {
  // Also since the folder was looked at: what cannot be compared any more is not said to differ.
  if (owner === 'somebody-else' || plan.hasLeft(uid) || gone.has(uid)) return [];
  if (owner === 'unclear') {
    const words =
      'the target confirmed it, and serves a message under the number it gave that may be another: look whether it is there';
    return [engine.exceptions.add(refusalOf(plan, uid, 'outcome-unknown', words, null))];
  }
  const difference = unread.has(uid)
    ? ({ class: 'unreadable', detail: 'it could not be read back, so its content is not proven' } as const)
    : ({ class: 'content', detail: 'served with other octets by the target' } as const);
  return [engine.exceptions.add(differenceOf(plan.work, uid, null, [difference], { read: null, served: null }))];
}

/** Of what is not where it is mapped to, that which had a number there: somebody may have removed it. */
function nameVanished(engine: Engine, plan: Survey, lost: readonly Uid[], there: Listing): readonly LedgerChange[] {
  const words = 'the target confirmed it and no longer has it: look whether someone removed it there';
  return lost
    .filter((uid) => (plan.work.map.targetOf(uid) as Uid) < there.state.uidNext && !plan.hasLeft(uid))
    .map((uid) => engine.exceptions.add(refusalOf(plan, uid, 'outcome-unknown', words, null)));
}
