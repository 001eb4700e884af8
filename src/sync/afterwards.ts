/**
 * What follows when all mail of an attempt has been sent: flags and removals are carried over, and how far each folder has
 * come is written down, so that the next run begins there.
 */

import type { FolderId, FolderState, Uid } from '#domain/item.ts';
import { UidMap } from '#domain/uid-map.ts';
import type { LedgerChange } from '#ports/ledger.ts';
import { contestedIn, noteContested, noteGone } from './conflicts.ts';
import { type Engine, type FolderWork, pathOf } from './engine.ts';
import { isTriedAgain } from './exceptions.ts';
import { asWeLeftIt } from './explained.ts';
import { bringFlags } from './flags.ts';
import { forgetChangedFlags, keptFlags } from './kept-flags.ts';
import { isTooMuch } from './left-at-once.ts';
import { type Belief, mirrorRemovals } from './removals.ts';
import { noticeRemoved } from './removed-there.ts';
import { retire } from './retire.ts';
import { strikeReturned } from './returned.ts';
import { confirmDeparted } from './second-look.ts';
import type { SendPlan } from './send-plan.ts';
import { isComplete, type Survey } from './survey.ts';

/** What an attempt has looked at and sent. */
export interface Carried {
  readonly surveys: readonly Survey[];
  /** The rows of a survey that were to be sent when it was made. */
  readonly planned: ReadonlyMap<Survey, readonly number[]>;
  readonly plans: readonly SendPlan[];
  readonly departed: readonly FolderWork[];
  /** The maps as the attempt found them. */
  readonly held: ReadonlyMap<FolderWork, UidMap>;
  /** Which folders of the source go into each folder of the target. */
  readonly intoTarget: ReadonlyMap<FolderId, readonly FolderWork[]>;
}

/** How many messages were removed from each folder of the target. */
type Expunged = Map<FolderId, number>;

/** Flags, removals, and the cursor: written only when everything before it in the folder has been dealt with. */
export async function afterwards(engine: Engine, carried: Carried): Promise<void> {
  const expunged: Expunged = new Map();
  if (engine.choices.onlyNew) return record(engine, carried, expunged);
  // Nothing of this attempt may still be writing to the ledger when the next one reads it.
  const belief = { isConfirmed: false, isOfMuch: isTooMuch(goneIn(engine, carried), heldIn(carried)) };
  const ends = await Promise.allSettled(
    carried.surveys.map((plan) => bringUpToDate(engine, carried, plan, belief, expunged)),
  );
  for (const end of ends) if (end.status === 'rejected') throw end.reason;
  for (const work of await confirmDeparted(engine, carried.departed)) {
    engine.tally.pathOf.set(work.source.id, pathOf(work.source));
    const contested = contestedIn(engine, work, await noticeRemoved(engine, work, heldBy(carried, work)));
    const gone = [...work.map.pairs()].map(([uid]) => uid);
    // First of all: whoever is killed while they go finds a folder that came back looked at from its beginning.
    await forgetCursor(engine, work);
    await mirror(engine, work, gone, { isConfirmed: true, isOfMuch: false }, expunged);
    await noteGone(engine, work, gone, contested);
    await retire(engine, work);
  }
  if (!engine.choices.dryRun) await record(engine, carried, expunged);
}

function heldBy({ held }: Carried, work: FolderWork): UidMap {
  return held.get(work) ?? UidMap.empty;
}

/** Of what earlier passes have seen gone nothing counts. */
function goneIn(engine: Engine, { surveys, departed }: Carried): number {
  const unseen = ({ source, map }: FolderWork): number =>
    [...map.pairs()].filter(([uid]) => engine.exceptions.get(source.id, uid, 'kept') === null).length;
  return [...surveys.map(({ gone }) => gone.length), ...departed.map(unseen)].reduce((a, b) => a + b, 0);
}

/** As it was the last time. */
function heldIn({ intoTarget }: Carried): number {
  return [...intoTarget.values()].flat().reduce((sum, { record }) => sum + record.messages, 0);
}

/** Flags and removals of one folder. */
async function bringUpToDate(
  engine: Engine,
  carried: Carried,
  plan: Survey,
  belief: Belief,
  expunged: Expunged,
): Promise<void> {
  const { work, listing } = plan;
  await strikeReturned(engine, plan);
  const contested = contestedIn(engine, work, await noticeRemoved(engine, work, heldBy(carried, work)));
  await noteContested(engine, plan, contested);
  await forgetChangedFlags(engine, plan);
  for (const mapped of plan.flags) await bringFlags(engine, work, mapped.listing, mapped.rows);
  const rows = carried.planned.get(plan) ?? [];
  const wasThere = new Set(rows.filter((row) => work.map.isAdopted(listing.uid(row))));
  // Also what was not to be sent, as it was listed as refused, and was found there all the same.
  if (plan.recovered.size > 0)
    for (let row = 0; row < listing.length; row++) if (plan.recovered.has(listing.uid(row))) wasThere.add(row);
  await bringFlags(engine, work, listing, [...wasThere]);
  await mirror(engine, work, plan.gone, belief, expunged);
  await noteGone(engine, work, plan.gone, contested);
}

async function mirror(
  engine: Engine,
  work: FolderWork,
  gone: readonly Uid[],
  belief: Belief,
  expunged: Expunged,
): Promise<void> {
  const removed = await mirrorRemovals(engine, work, gone, belief);
  expunged.set(work.target.id, (expunged.get(work.target.id) ?? 0) + removed);
}

/** How far each folder has come: where something is left over the next run begins at the beginning. */
async function record(engine: Engine, { surveys, plans, intoTarget }: Carried, expunged: Expunged): Promise<void> {
  const stopped = new Set<FolderWork>();
  for (const { work, stopped: stop } of plans) {
    if (stop === null) continue;
    stopped.add(work);
    engine.tally.note(pathOf(work.source), pathOf(work.target), `takes no messages: ${stop.text}`);
  }
  const now = await statesNow(engine, surveys);
  const changes = surveys.flatMap((plan): readonly LedgerChange[] => {
    const { work, state } = plan;
    const folder = work.source.id;
    const isOpen = engine.exceptions.of(folder, 'refused').some(({ code }) => isTriedAgain(code));
    const isDone = isComplete(engine) && !stopped.has(work) && !isOpen && !engine.doubted.has(folder);
    const cursor = isDone ? state : null;
    const { id } = work.target;
    const targetState = asWeLeftIt(work, intoTarget.get(id) ?? [work], now.get(id) ?? null, expunged.get(id) ?? 0);
    work.record = { ...work.record, sourceState: cursor, targetState };
    return [{ kind: 'folder', record: work.record }, ...keptFlags(engine, plan, cursor)];
  });
  await engine.ledger.write(changes);
  engine.at('folder.recorded');
}

/** A folder that is gone may come back, even as it was: then it is looked at from its beginning. */
async function forgetCursor(engine: Engine, work: FolderWork): Promise<void> {
  if (work.record.sourceState === null || engine.choices.dryRun) return;
  work.record = { ...work.record, sourceState: null };
  await engine.ledger.write([{ kind: 'folder', record: work.record }]);
}

/** The target folders of `surveys` as they stand now: as far as they were seen in passing, else by asking for all of them. */
async function statesNow(
  engine: Engine,
  surveys: readonly Survey[],
): Promise<ReadonlyMap<FolderId, FolderState | null>> {
  const seen = new Map<FolderId, FolderState>();
  for (const { work } of surveys) {
    const { id, state } = work.target;
    const now = engine.targetStates.of(id, state);
    if (now === null)
      return new Map((await engine.target.folders()).folders.map((folder) => [folder.id, folder.state]));
    seen.set(id, now);
  }
  return seen;
}
