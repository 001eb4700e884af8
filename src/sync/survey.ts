/**
 * What is to be done in one folder: which messages are to be sent, which flags may have changed, what has left the source.
 * Reads both sides and the ledger; decides nothing that `domain/` could not decide from the same numbers.
 */

import { rowsWithOtherFlags } from '#domain/carried-flags.ts';
import type { FolderState, Listing, Uid } from '#domain/item.ts';
import { commonUids, hasUid, type UidRange, type UidSet, uidsOf } from '#domain/uid-set.ts';
import type { LedgerChange } from '#ports/ledger.ts';
import { type Delta, maxUid } from '#ports/mailbox.ts';
import { type Engine, type FolderWork, pathOf } from './engine.ts';
import { isTriedAgain, refusalOf } from './exceptions.ts';
import { rowFinder } from './row-finder.ts';
import { listWhole } from './second-look.ts';

export interface Survey {
  readonly work: FolderWork;
  /** The source as it was when looked at: the cursor, once everything up to it has been dealt with. */
  readonly state: FolderState;
  /** Holds at least every message that is to be sent. */
  readonly listing: Listing;
  /** Rows of `listing` to be sent, ascending by UID. */
  rows: number[];
  /** Messages whose flags may have changed on the source, and are to be compared with the target's. */
  flags: readonly FlagRows[];
  /**
   * Set where that was found out by comparing `listing` with the flags that the ledger keeps of it (null: none), since the
   * source could not tell.
   */
  readonly compared: { readonly kept: Uint8Array | null } | null;
  /** What settling an earlier attempt's intents found on the target: sent by us, so its flags are the source's. */
  readonly recovered: Set<Uid>;
  /** Mapped messages that are no longer on the source, or that a doubted listing leaves out. */
  gone: readonly Uid[];
  /** Whether a UID, mapped or not, is known to have left the source. Of a folder in doubt none is. */
  readonly hasLeft: (uid: Uid) => boolean;
}

export interface FlagRows {
  readonly listing: Listing;
  readonly rows: readonly number[];
}

/** Whether `now` shows that nothing moved in a folder since `then`; without mod-sequences flags may have, so it is never sure. */
export function isUnmoved(then: FolderState | null, now: FolderState | null): boolean {
  return (
    then !== null &&
    now !== null &&
    then.highestModSeq !== null &&
    then.highestModSeq === now.highestModSeq &&
    then.uidValidity === now.uidValidity &&
    then.uidNext === now.uidNext &&
    then.messages === now.messages
  );
}

/** Looks at a folder of the source. Calls are pipelined: run it for all folders at once. */
export async function survey(engine: Engine, work: FolderWork): Promise<Survey> {
  const { choices, source } = engine;
  const folder = work.source.id;
  const cursor = hasFilter(engine) ? null : work.record.sourceState;
  const { retryRefused } = choices;
  if (cursor && !retryRefused && isUnmoved(cursor, work.source.state)) return nothingToDo(work, cursor);
  const delta = cursor ? await source.changes(folder, cursor) : null;
  if (cursor && !retryRefused && delta?.vanished) {
    const plan = fromDelta(engine, work, delta, delta.vanished, cursor);
    if (!holdsMoreThanItTells(plan, delta, cursor)) return plan;
  }
  const withSizes = choices.selection.maxSizeBytes !== null || choices.dryRun;
  const listing = await listWhole(engine, work, withSizes);
  if (delta) return fromListing(engine, work, listing, delta, null);
  const kept = work.record.sourceUidValidity === null ? null : await engine.ledger.flags(folder);
  return fromListing(engine, work, listing, null, { kept });
}

/** More messages are there than were there before, less those told as gone, and those that came: something was told wrongly. */
function holdsMoreThanItTells({ gone }: Survey, { state, arrived }: Delta, cursor: FolderState): boolean {
  const goneSince = gone.filter((uid) => uid < cursor.uidNext).length;
  return state.messages > cursor.messages - goneSince + arrived.length;
}

/** Whether some messages are to be left out. */
export function hasFilter(engine: Engine): boolean {
  const { since, before, maxSizeBytes } = engine.choices.selection;
  return since !== null || before !== null || maxSizeBytes !== null;
}

/** Whether everything the source holds was looked at, so that its state may become the cursor. */
export function isComplete(engine: Engine): boolean {
  return !hasFilter(engine);
}

function nothingToDo(work: FolderWork, state: FolderState): Survey {
  const listing = emptyListing(state);
  const nothing = { rows: [], flags: [], compared: null, recovered: new Set<Uid>(), gone: [] };
  return { work, state, listing, ...nothing, hasLeft: () => false };
}

function fromDelta(engine: Engine, work: FolderWork, delta: Delta, vanished: UidSet, cursor: FolderState): Survey {
  const rows = rowsToSend(engine, work, delta.arrived);
  const mapped = work.map.runs.map((run): UidRange => [run.source, (run.source + run.count - 1) as Uid]);
  // What arrived since the cursor may be mapped already, by a pass that broke before it could move the cursor. Of those,
  // `vanished` need not tell; they are gone when they are not among what is there now.
  const present = new Set<Uid>();
  for (let row = 0; row < delta.arrived.length; row++) present.add(delta.arrived.uid(row));
  const hasLeft = (uid: Uid): boolean => (uid < cursor.uidNext ? hasUid(vanished, uid) : !present.has(uid));
  const since: UidSet = [[cursor.uidNext, maxUid]];
  const gone = [
    ...[...uidsOf(commonUids(mapped, vanished))].filter((uid) => uid < cursor.uidNext),
    ...[...uidsOf(commonUids(mapped, since))].filter(hasLeft),
  ];
  const flags = [...mappedRows(work, delta.changed), ...mappedRows(work, delta.arrived)];
  return {
    work,
    state: delta.state,
    listing: delta.arrived,
    rows,
    flags,
    compared: null,
    recovered: new Set(),
    gone: newlyGone(engine, work, gone),
    hasLeft,
  };
}

function fromListing(
  engine: Engine,
  work: FolderWork,
  listing: Listing,
  delta: Delta | null,
  compared: Survey['compared'],
): Survey {
  const rowAt = rowFinder(listing);
  const gone: Uid[] = [];
  if (work.map.size > 0) for (const [uid] of work.map.pairs()) if (rowAt(uid) === -1) gone.push(uid);
  const rows = rowsToSend(engine, work, listing);
  const flags = delta
    ? [...mappedRows(work, delta.changed), ...mappedRows(work, delta.arrived)]
    : mappedRows(work, listing).map(({ rows: all }) => ({
        listing,
        rows: rowsWithOtherFlags(compared?.kept ?? null, listing, all),
      }));
  // The flags at hand are those of `delta`; what changed between the two questions is asked for next time.
  const state = delta ? { ...listing.state, highestModSeq: delta.state.highestModSeq } : listing.state;
  // What a doubted listing leaves out may be there all the same.
  const hasLeft = engine.doubted.has(work.source.id) ? () => false : (uid: Uid) => rowAt(uid) === -1;
  return {
    work,
    state,
    listing,
    rows,
    flags,
    compared,
    recovered: new Set(),
    gone: newlyGone(engine, work, gone),
    hasLeft,
  };
}

/** Those messages of a listing that are on the target already. */
export function mappedRows(work: FolderWork, listing: Listing): readonly FlagRows[] {
  if (work.map.size === 0) return [];
  const rows: number[] = [];
  for (let row = 0; row < listing.length; row++) if (work.map.targetOf(listing.uid(row)) !== null) rows.push(row);
  return [{ listing, rows }];
}

function newlyGone(engine: Engine, work: FolderWork, gone: readonly Uid[]): Uid[] {
  return gone.filter((uid) => engine.exceptions.get(work.source.id, uid, 'kept') === null);
}

function rowsToSend(engine: Engine, work: FolderWork, listing: Listing): number[] {
  const { since, before, maxSizeBytes } = engine.choices.selection;
  const rows: number[] = [];
  let sorted = true;
  let previous = 0;
  for (let row = 0; row < listing.length; row++) {
    const uid = listing.uid(row);
    if (work.map.targetOf(uid) !== null) continue;
    const date = listing.internalDate(row);
    if (date !== null && ((since !== null && date < since) || (before !== null && date >= before))) continue;
    if (maxSizeBytes !== null && (listing.sizeBytes(row) ?? 0) > maxSizeBytes) continue;
    if (isRefusedForGood(engine, work, uid)) continue;
    if (engine.exceptions.get(work.source.id, uid, 'refused')?.code === 'server-fault') {
      engine.suspects.remember(work.source.id, uid);
    }
    if (uid < previous) sorted = false;
    previous = uid;
    rows.push(row);
  }
  if (!sorted) rows.sort((a, b) => listing.uid(a) - listing.uid(b));
  return dropRepeats(listing, rows);
}

function dropRepeats(listing: Listing, rows: number[]): number[] {
  const isRepeat = (row: number, i: number): boolean =>
    i > 0 && listing.uid(row) === listing.uid(rows[i - 1] as number);
  return rows.some(isRepeat) ? rows.filter((row, i) => !isRepeat(row, i)) : rows;
}

/**
 * A refusal of the message itself is not asked for again, unless the operator wants it (but see `isTriedAgain`). What was perhaps stored is never sent again by us.
 */
export function isRefusedForGood(engine: Engine, work: FolderWork, uid: Uid): boolean {
  const refused = engine.exceptions.get(work.source.id, uid, 'refused');
  if (!refused || isTriedAgain(refused.code)) return false;
  return refused.code === 'outcome-unknown' || !engine.choices.retryRefused;
}

/** Messages that failed every time they travelled, even alone: named instead of tried for ever. */
export function nameCulprits(engine: Engine, plan: Survey): LedgerChange[] {
  const { work, listing } = plan;
  const folder = work.source.id;
  const culprits = plan.rows.filter((row) => engine.suspects.isCulprit(folder, listing.uid(row)));
  if (culprits.length === 0) return [];
  const set = new Set(culprits);
  plan.rows = plan.rows.filter((row) => !set.has(row));
  engine.log.warn('messages given up', { folder: pathOf(work.source), messages: culprits.length });
  return culprits.map((row) => {
    const uid = listing.uid(row);
    const said = engine.suspects.wordsOf(folder, uid);
    const code = said === null ? 'breaks-connection' : 'server-fault';
    const reason = said ?? 'the connection broke each time this message was on it, also alone';
    return engine.exceptions.add(refusalOf({ work, listing }, uid, code, reason, null));
  });
}

/** Exceptions of messages that have left the source say nothing any more. */
export function forgetGone(engine: Engine, plan: Survey): LedgerChange[] {
  const folder = plan.work.source.id;
  return engine.exceptions
    .of(folder, 'refused')
    .filter(({ uid }) => plan.hasLeft(uid))
    .flatMap(({ uid }) => engine.exceptions.remove(folder, uid, 'refused'));
}

/** A listing of nothing. */
export function emptyListing(state: FolderState): Listing {
  const none = (): never => {
    throw new RangeError('an empty listing has no rows');
  };
  return { state, length: 0, uid: none, flags: none, internalDate: none, sizeBytes: none };
}
