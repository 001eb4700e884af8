/**
 * An OK is not a proof: Dovecot turns NUL into 0x80, Cyrus turns 8-bit headers into X at the same length, dates are clamped
 * and flags forgotten. So what was sent is read back: size, date and flags of every message in one listing behind the
 * appends, and the content of those that are suspicious, of a sample, or of all.
 */

import { fault } from '#domain/fault.ts';
import type { Listing, Uid } from '#domain/item.ts';
import { uidSet } from '#domain/uid-set.ts';
import { maxUid } from '#ports/mailbox.ts';
import { readContents } from './content.ts';
import type { Engine } from './engine.ts';
import {
  classOfChange,
  type Difference,
  dateDifference,
  differenceOf,
  flagDifference,
  flagDifferences,
  refusalOf,
} from './exceptions.ts';
import { LookAgain } from './look-again.ts';
import { lookOnTarget } from './look.ts';
import type { Item, Part, SendPlan } from './send-plan.ts';
import { recordStored, unrecord } from './record.ts';

/** One message in so many is read back by content when nothing is suspicious about it. */
const sampleOneIn = 100;

/**
 * Reads back what `parts` put into the folder. Waits for their answers first. Calls `proven` for each part with the items
 * whose fate is settled by that. Throws `LookAgain` when the target does not hold what it confirmed.
 */
export async function prove(
  engine: Engine,
  plan: SendPlan,
  parts: readonly Part[],
  proven: (part: Part, items: readonly Item[]) => void,
): Promise<void> {
  const folder = plan.work.target.id;
  // The first listing goes out at once and queues behind the appends: no waiting for their answers. Later ones are exact.
  let moment = engine.targetStates.moment(folder);
  const early = plan.provenBefore ? null : engine.target.list(folder, [[plan.uidNext, maxUid]], true);
  early?.catch(() => undefined); // awaited below, unless an append failed first, which then is the news
  plan.provenBefore = true;
  await Promise.all(parts.map(answered));
  const storedOf = new Map(parts.map((part) => [part, part.items.filter(({ stored }) => stored)] as const));
  const items = [...storedOf.values()].flat();
  if (items.length === 0) return void (await early);
  const unplaced = items.filter(({ targetUid }) => targetUid === null);
  if (!early) moment = engine.targetStates.moment(folder);
  const listing = await (early ?? engine.target.list(folder, rangeOf(plan, items, unplaced.length > 0), true));
  engine.targetStates.saw(folder, listing.state, moment);
  if (unplaced.length > 0) await place(engine, plan, unplaced, listing);
  const rows = new Map<Uid, number>();
  for (let row = 0; row < listing.length; row++) rows.set(listing.uid(row), row);
  const gone = items.filter(({ targetUid }) => !rows.has(targetUid as Uid));
  if (gone.length > 0) await missing(engine, plan, gone, listing);
  const here = items.filter(({ targetUid }) => rows.has(targetUid as Uid));
  await compare(engine, plan, here, listing, rows);
  for (const { targetUid } of here)
    plan.uidFloor = Math.max(plan.uidFloor, Math.min((targetUid as Uid) + 1, maxUid)) as Uid;
  engine.at('read-back.done');
  for (const [part, stored] of storedOf) if (stored.length > 0) proven(part, stored);
}

function answered({ settled }: Part): Promise<void> {
  if (settled === null) throw fault('internal', { detail: 'messages were to be proven before they had been sent' });
  return settled;
}

function rangeOf(plan: SendPlan, items: readonly Item[], open: boolean): [[Uid, Uid]] {
  if (open) return [[plan.uidNext, maxUid]];
  let first = maxUid as number;
  let last = 0;
  for (const { targetUid } of items) {
    first = Math.min(first, targetUid as Uid);
    last = Math.max(last, targetUid as Uid);
  }
  return [[first as Uid, last as Uid]];
}

/** Without UIDPLUS: what is new on the target, in the order sent, if sizes and dates agree; else by content. */
async function place(engine: Engine, plan: SendPlan, items: readonly Item[], listing: Listing): Promise<void> {
  const free: number[] = [];
  for (let row = 0; row < listing.length; row++) {
    const uid = listing.uid(row);
    if (uid >= plan.uidNext && plan.work.map.sourceOf(uid) === null) free.push(row);
  }
  const inOrder =
    free.length === items.length &&
    items.every((item, i) => {
      const row = free[i] as number;
      return listing.sizeBytes(row) === item.content.sizeBytes && listing.internalDate(row) === item.internalDate;
    });
  if (inOrder) {
    for (const [i, item] of items.entries()) item.targetUid = listing.uid(free[i] as number);
  } else {
    const dates = new Map(items.map((item) => [item.uid, item.internalDate] as const));
    const sighting = await lookOnTarget(
      engine,
      plan.work,
      uidSet(items.map(({ uid }) => uid)),
      [],
      plan.uidNext,
      (uid) => plan.work.map.sourceOf(uid) !== null,
      (uid) => dates.get(uid) ?? null,
    );
    const found = new Map(sighting.found.map((match) => [match.uid, match.targetUid] as const));
    for (const item of items) item.targetUid = found.get(item.uid) ?? null;
    const unfound = items.filter(({ targetUid }) => targetUid === null);
    if (unfound.length > 0) {
      for (const { uid } of unfound) engine.suspects.add(plan.work.source.id, uid);
      throw new LookAgain('the target confirmed messages that it does not show', true);
    }
  }
  await recordStored(engine, plan, items);
}

/** Confirmed with a UID and not there: never stored after all, or gone again at once, which cannot be told from each other later. */
async function missing(engine: Engine, plan: SendPlan, items: readonly Item[], listing: Listing): Promise<void> {
  const expunged = items.filter(({ targetUid }) => (targetUid as Uid) < listing.state.uidNext);
  await engine.ledger.note([
    ...unrecord(engine, plan.work, items),
    ...expunged.map(({ uid, content }) =>
      engine.exceptions.add(
        refusalOf(
          plan,
          uid,
          'outcome-unknown',
          'the target confirmed it and no longer has it: look whether someone removed it there',
          content.sizeBytes,
        ),
      ),
    ),
  ]);
  if (expunged.length < items.length) throw new LookAgain('the target confirmed messages that it did not store', true);
}

async function compare(
  engine: Engine,
  plan: SendPlan,
  items: readonly Item[],
  listing: Listing,
  rows: ReadonlyMap<Uid, number>,
): Promise<void> {
  const rowOf = (item: Item): number => rows.get(item.targetUid as Uid) as number;
  const served = await setFlagsRight(engine, plan, items, listing, rowOf);
  const differences = new Map<Item, Difference[]>();
  const note = (item: Item, found: readonly Difference[]): void => {
    if (found.length > 0) differences.set(item, [...(differences.get(item) ?? []), ...found]);
  };
  const toRead: Item[] = [];
  for (const item of items) {
    const row = rowOf(item);
    const date = dateDifference(plan.listing.internalDate(item.row), listing.internalDate(row));
    if (date) note(item, [date]);
    const wanted = plan.listing.flags(item.row);
    const got = served.get(item) ?? listing.flags(row);
    if (wanted !== got) {
      const { missing: lacks, extra } = flagDifference(wanted, got);
      note(item, flagDifferences(lacks, extra));
    }
    if (isToBeRead(engine, item, listing.sizeBytes(row))) toRead.push(item);
  }
  const elements = await readBack(engine, plan, toRead, note, (item) => listing.internalDate(rowOf(item)));
  if (differences.size === 0) return;
  await engine.ledger.note(
    [...differences].map(([item, found]) =>
      engine.exceptions.add(
        differenceOf(plan.work, item.uid, item.content.sizeBytes, found, {
          read: item.element,
          served: elements.get(item) ?? null,
        }),
      ),
    ),
  );
}

function isToBeRead(engine: Engine, item: Item, servedSize: number | null): boolean {
  switch (engine.choices.prove) {
    case 'none':
      return false;
    case 'all':
      return true;
    case 'sample': {
      const { hasNul, has8BitHeader, sizeBytes } = item.content;
      if (hasNul || has8BitHeader || servedSize !== sizeBytes) return true;
      return Math.imul(item.uid, 0x9e3779b1) >>> 0 < 0xffff_ffff / sampleOneIn;
    }
    default:
      return engine.choices.prove satisfies never;
  }
}

/** Reads messages back by content and notes those that are served with other octets. */
async function readBack(
  engine: Engine,
  plan: SendPlan,
  items: readonly Item[],
  note: (item: Item, found: readonly Difference[]) => void,
  servedDate: (item: Item) => ReturnType<Listing['internalDate']>,
): Promise<ReadonlyMap<Item, Uint8Array>> {
  const elements = new Map<Item, Uint8Array>();
  if (items.length === 0) return elements;
  const byUid = new Map(items.map((item) => [item.targetUid as Uid, item] as const));
  const unread = new Set(items);
  await readContents(engine.target, plan.work.target.id, uidSet(byUid.keys()), false, (content) => {
    const item = byUid.get(content.uid);
    if (!item || !unread.delete(item)) return;
    if (Buffer.from(content.sha256).equals(item.content.sha256)) return;
    const detail = `${item.content.sizeBytes} octets on the source, ${content.sizeBytes} on the target`;
    note(item, [{ class: classOfChange(item.content, content), detail }]);
    elements.set(item, engine.elements.element(content.sha256, content.sizeBytes, servedDate(item)));
  });
  for (const item of unread)
    note(item, [{ class: 'unreadable', detail: 'the target lists it and returns nothing for it' }]);
  return elements;
}

/** Some servers forget flags of an APPEND and take them by STORE (Exchange and `\Flagged`): one try, then the truth is listed. */
async function setFlagsRight(
  engine: Engine,
  plan: SendPlan,
  items: readonly Item[],
  listing: Listing,
  rowOf: (item: Item) => number,
): Promise<ReadonlyMap<Item, readonly string[]>> {
  const served = new Map<Item, readonly string[]>();
  const changes = [];
  const wrong: Item[] = [];
  for (const item of items) {
    const got = listing.flags(rowOf(item));
    if (item.flags.length === got.length && item.flags.every((flag, i) => flag === got[i])) continue;
    const { missing: add, extra: remove } = flagDifference(item.flags, got);
    if (add.length + remove.length === 0) continue;
    wrong.push(item);
    changes.push({ uids: uidSet([item.targetUid as Uid]), add, remove });
  }
  if (wrong.length === 0) return served;
  const folder = plan.work.target.id;
  const uids = uidSet(wrong.map(({ targetUid }) => targetUid as Uid));
  engine.targetStates.touch(folder);
  await engine.target.store(folder, changes);
  const moment = engine.targetStates.moment(folder);
  const now = await engine.target.list(folder, uids, false);
  engine.targetStates.saw(folder, now.state, moment);
  const flags = new Map<Uid, readonly string[]>();
  for (let row = 0; row < now.length; row++) flags.set(now.uid(row), now.flags(row));
  for (const item of wrong) served.set(item, flags.get(item.targetUid as Uid) ?? listing.flags(rowOf(item)));
  return served;
}
