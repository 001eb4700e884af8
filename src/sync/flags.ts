/** Flags that changed on the source, brought to the target; and what people removed on the target, noticed. */

import type { Instant, Listing, Uid } from '#domain/item.ts';
import { uidSet } from '#domain/uid-set.ts';
import type { LedgerChange } from '#ports/ledger.ts';
import type { FlagChange } from '#ports/mailbox.ts';
import type { Engine, FolderWork } from './engine.ts';
import {
  type Difference,
  dateDifference,
  differenceOf,
  differencesIn,
  flagDifference,
  flagDifferences,
  isBesides,
} from './exceptions.ts';

/** UIDs asked about in one listing, so that a folder of two million takes no more memory than a small one. */
const rowsAtOnce = 20_000;

/**
 * Makes the target's flags of mapped messages those of the source. From messages that were on the target before us nothing is
 * taken away that people had set there; what that is was listed when they were adopted. What the target does not take is listed.
 */
export async function bringFlags(
  engine: Engine,
  work: FolderWork,
  listing: Listing,
  rows: readonly number[],
): Promise<void> {
  for (let from = 0; from < rows.length; from += rowsAtOnce) {
    await bringSome(engine, work, listing, rows.slice(from, from + rowsAtOnce));
  }
}

interface Wrong {
  readonly uid: Uid;
  readonly target: Uid;
  readonly wanted: readonly string[];
  /** How many flags besides are left to people. */
  readonly kept: number;
}

async function bringSome(engine: Engine, work: FolderWork, listing: Listing, rows: readonly number[]): Promise<void> {
  const folder = work.target.id;
  const targets: Uid[] = [];
  for (const row of rows) {
    const target = work.map.targetOf(listing.uid(row));
    if (target !== null) targets.push(target);
  }
  if (targets.length === 0) return;
  const there = await engine.target.list(folder, uidSet(targets), false);
  const rowAt = new Map<Uid, number>();
  for (let row = 0; row < there.length; row++) rowAt.set(there.uid(row), row);
  const wrong: Wrong[] = [];
  const changes = new Map<string, { uids: Uid[]; add: readonly string[]; remove: readonly string[] }>();
  const news: LedgerChange[] = [];
  for (const row of rows) {
    const uid = listing.uid(row);
    const target = work.map.targetOf(uid);
    const at = target === null ? undefined : rowAt.get(target);
    if (target === null || at === undefined) continue;
    const wanted = listing.flags(row);
    news.push(...noteDate(engine, work, uid, listing.internalDate(row), there.internalDate(at)));
    const { missing: add, extra } = flagDifference(wanted, there.flags(at));
    const isTheirs = isBesides(engine.exceptions.get(work.source.id, uid, 'different'));
    // On the way home all that is there was people's before us: a keyword that the other side could not take stays.
    const isKept = work.map.isAdopted(uid) || engine.choices.aside !== undefined;
    const remove = isKept ? extra.filter((flag) => !isTheirs(flag)) : extra;
    if (add.length + extra.length === 0) {
      news.push(...noteFlags(engine, work, uid, []));
      continue;
    }
    // What the target has refused before and is still the same is not asked for again: a second run sends no STORE.
    const difference = flagDifferences(add, extra);
    if (sameAsKnown(engine, work, uid, difference)) continue;
    if (add.length + remove.length === 0) {
      news.push(...noteFlags(engine, work, uid, difference));
      continue;
    }
    wrong.push({ uid, target, wanted, kept: extra.length - remove.length });
    const key = `${add.join(' ')}\0${remove.join(' ')}`;
    const known = changes.get(key);
    if (known) known.uids.push(target);
    else changes.set(key, { uids: [target], add, remove });
  }
  if (wrong.length > 0 && engine.choices.dryRun) engine.tally.flagsChanged += wrong.length;
  else if (wrong.length > 0) news.push(...(await storeAndLook(engine, work, wrong, [...changes.values()])));
  if (news.length > 0) await engine.ledger.note(news);
}

async function storeAndLook(
  engine: Engine,
  work: FolderWork,
  wrong: readonly Wrong[],
  changes: readonly { uids: Uid[]; add: readonly string[]; remove: readonly string[] }[],
): Promise<LedgerChange[]> {
  const folder = work.target.id;
  const orders: FlagChange[] = changes.map(({ uids, add, remove }) => ({ uids: uidSet(uids), add, remove }));
  engine.targetStates.touch(folder);
  await engine.target.store(folder, orders);
  engine.at('flags.stored');
  const moment = engine.targetStates.moment(folder);
  const now = await engine.target.list(folder, uidSet(wrong.map(({ target }) => target)), false);
  engine.targetStates.saw(folder, now.state, moment);
  const flags = new Map<Uid, readonly string[]>();
  for (let row = 0; row < now.length; row++) flags.set(now.uid(row), now.flags(row));
  const news: LedgerChange[] = [];
  for (const { uid, target, wanted, kept } of wrong) {
    const got = flags.get(target);
    if (!got) continue;
    const { missing, extra } = flagDifference(wanted, got);
    if (missing.length === 0 && extra.length <= kept) engine.tally.flagsChanged++;
    news.push(...noteFlags(engine, work, uid, flagDifferences(missing, extra)));
  }
  return news;
}

function sameAsKnown(engine: Engine, work: FolderWork, uid: Uid, differences: readonly Difference[]): boolean {
  const known = engine.exceptions.get(work.source.id, uid, 'different');
  if (!known) return false;
  const of = differencesIn(known);
  return differences.every((difference) =>
    of.some((other) => other.class === difference.class && other.detail === difference.detail),
  );
}

const flagClasses = new Set(['flags', 'keywords']);

function noteFlags(
  engine: Engine,
  work: FolderWork,
  uid: Uid,
  differences: readonly Difference[],
): readonly LedgerChange[] {
  return rewrite(engine, work, uid, (name) => flagClasses.has(name), differences);
}

/** A listing of changed flags tells no dates; then there is nothing to compare. */
function noteDate(
  engine: Engine,
  work: FolderWork,
  uid: Uid,
  date: Instant | null,
  served: Instant | null,
): readonly LedgerChange[] {
  if (date === null) return [];
  const difference = dateDifference(date, served);
  return rewrite(engine, work, uid, (name) => name === 'date', difference ? [difference] : []);
}

/** Replaces the differences of some classes of one message by others. */
function rewrite(
  engine: Engine,
  work: FolderWork,
  uid: Uid,
  isReplaced: (name: string) => boolean,
  by: readonly Difference[],
): readonly LedgerChange[] {
  const known = engine.exceptions.get(work.source.id, uid, 'different');
  if (!known && by.length === 0) return [];
  const kept = known ? differencesIn(known).filter((difference) => !isReplaced(difference.class)) : [];
  const all = [...(kept as readonly Difference[]), ...by];
  if (all.length === 0) return engine.exceptions.remove(work.source.id, uid, 'different');
  const elements = { read: known?.elementRead ?? null, served: known?.elementServed ?? null };
  return [engine.exceptions.add(differenceOf(work, uid, known?.sizeBytes ?? null, all, elements))];
}
