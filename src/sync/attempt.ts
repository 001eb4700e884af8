/**
 * One attempt at one mailbox over connections that are open now: look at both trees, prepare the target's folders, settle
 * what an earlier attempt left open, send what is missing, bring flags and removals over, and write down how far it came.
 * It may break at any line; the next attempt goes on from the ledger and from what the target really holds.
 */

import { fault } from '#domain/fault.ts';
import { type FolderMap, type MappedFolder, mapFolders } from '#domain/folder-map.ts';
import type { Folder, FolderId, FolderTree } from '#domain/item.ts';
import { UidMap } from '#domain/uid-map.ts';
import type { FolderRecord, Intent } from '#ports/ledger.ts';
import { afterwards } from './afterwards.ts';
import { type AttemptOptions, decide, type Decisions } from './decide.ts';
import { type Engine, type FolderWork, pathOf } from './engine.ts';
import { foreignMark } from './foreign.ts';
import { LookAgain } from './look-again.ts';
import { nameRefused } from './name-refused.ts';
import { prepareFolders } from './prepare.ts';
import { forgetNumbers, type Renumbering } from './recover.ts';
import { restore } from './restored.ts';
import type { SendPlan } from './send-plan.ts';
import { isStill } from './second-look.ts';
import { isUnmoved, type Survey, survey } from './survey.ts';
import { Stops } from './stops.ts';
import { Transfer } from './transfer.ts';
import { readUnlisted, type Unlisted } from './unlisted.ts';

/** Takes a mailbox as far as it goes. Throws faults, lost connections and `LookAgain`. */
export async function attempt(engine: Engine, options: AttemptOptions): Promise<void> {
  const [sourceTree, targetTree] = await Promise.all([engine.source.folders(), engine.target.folders()]);
  const [records, intents] = await Promise.all([engine.ledger.folders(), engine.ledger.intents()]);
  for (const folder of sourceTree.folders) engine.tally.pathOf.set(folder.id, pathOf(folder));
  const folderMap = mapFolders(sourceTree, targetTree, engine.choices.selection);
  noteFolders(engine, folderMap);
  const recordOf = new Map(records.map((record) => [record.source, record] as const));
  const works = await prepareFolders(engine, folderMap.folders, targetTree, recordOf);
  engine.at('folders.prepared');
  for (const work of works) await restore(engine, work);
  const intentsOf = Map.groupBy(intents, ({ source }) => source);
  const changed = works.filter((work) => !isQuiet(engine, work, intentsOf));
  const departed = departedFolders(engine, records, sourceTree, targetTree);
  await loadMaps(engine, works, changed, departed);
  engine.foreign(foreignMark(engine, new Set(changed), works, departed, targetTree));
  if (changed.length + departed.length > 0) await carry(engine, changed, departed, works, intentsOf, options);
  for (const work of works) countThere(engine, work);
  await nameRefused(engine, sourceTree);
  for (const trouble of engine.troubles) throw trouble;
}

/** Nothing moved on either side since we left it, and nothing is open: it costs no command of its own. */
function isQuiet(engine: Engine, work: FolderWork, intents: ReadonlyMap<FolderId, readonly Intent[]>): boolean {
  return (
    isUnmoved(work.record.sourceState, work.source.state) &&
    isUnmoved(work.record.targetState, work.target.state) &&
    !intents.has(work.source.id) &&
    !(engine.choices.retryRefused && engine.exceptions.of(work.source.id, 'refused').length > 0) &&
    !(engine.choices.delete && engine.exceptions.of(work.source.id, 'kept').length > 0)
  );
}

/** The folders in which something happens: looked at, sent, and brought up to date. */
async function carry(
  engine: Engine,
  works: readonly FolderWork[],
  departed: readonly FolderWork[],
  all: readonly FolderWork[],
  intentsOf: ReadonlyMap<FolderId, readonly Intent[]>,
  options: AttemptOptions,
): Promise<void> {
  const renumbered = new Map<FolderWork, Renumbering>();
  for (const work of works) {
    const side = renumberedSides(work) ?? (isOfOtherNumbers(work, intentsOf) ? 'source' : null);
    if (side) renumbered.set(work, forgetNumbers(engine, work, side));
  }
  const held = new Map([...works, ...departed].map((work) => [work, work.map] as const));
  const intoTarget = Map.groupBy([...all, ...departed], ({ target }) => target.id);
  const known = works.filter((work) => !renumbered.has(work));
  // What has gone wrong once is done with more care.
  const unlisted = options.isFirst ? readUnlisted(engine, known, intoTarget, intentsOf) : [];
  const stops = new Stops();
  const looked = await lookAtAll(engine, works, unlisted, renumbered, stops);
  const planned = new Map(looked.map((plan) => [plan, plan.rows] as const));
  const { plans, surveys } = await decideAll({ engine, intoTarget, intentsOf, renumbered, ...options }, looked);
  engine.watcher.planned(
    plans.reduce((count, plan) => count + plan.toSend.length, messagesIn(unlisted)),
    null,
  );
  if (engine.choices.dryRun)
    for (const plan of plans) engine.tally.didCopy(plan.work.source.id, plan.toSend.length, octetsOf(plan));
  else await send(engine, plans, [], stops);
  const { full } = stops;
  if (full) engine.troubles.push(fault('target.quota', { host: engine.target.name, text: full.text }));
  const whole = unlisted.filter(({ isIncomplete }) => !isIncomplete);
  await afterwards(engine, {
    surveys: [...surveys, ...whole.map(({ survey }) => survey)],
    planned,
    plans: [...plans, ...whole.map(({ plan }) => plan)],
    departed,
    held,
    intoTarget,
  });
}

/**
 * Asks the source what is in the folders, while those that need not be listed are sent; of these only what was left over is
 * among the answers.
 */
async function lookAtAll(
  engine: Engine,
  works: readonly FolderWork[],
  unlisted: readonly Unlisted[],
  renumbered: Map<FolderWork, Renumbering>,
  stops: Stops,
): Promise<readonly Survey[]> {
  const small = new Set(unlisted.map(({ survey }) => survey.work));
  // All other folders are asked about at once; the answers come one after the other on the same wire.
  const looks = Promise.all(works.filter((work) => !small.has(work)).map((work) => look(engine, work, renumbered)));
  looks.catch(() => undefined); // awaited below, unless the transfer failed first, which then is the news
  engine.watcher.planned(messagesIn(unlisted), null);
  await send(engine, [], unlisted, stops);
  const partial = unlisted.filter(({ isIncomplete }) => isIncomplete).map(({ survey }) => survey.work);
  const surveys = [...(await looks), ...(await Promise.all(partial.map((work) => look(engine, work, renumbered))))];
  // What was sent was numbered otherwise than what is listed now, and nothing of it is known to `decide`.
  if (partial.some((work) => renumbered.has(work)))
    throw new LookAgain('the source renumbered a folder while it was read', false);
  return surveys;
}

/** What is to be sent, and the folders that are not left for later. */
async function decideAll(
  decisions: Decisions,
  looked: readonly Survey[],
): Promise<{ readonly plans: readonly SendPlan[]; readonly surveys: readonly Survey[] }> {
  const plans: SendPlan[] = [];
  const surveys: Survey[] = [];
  for (const survey of looked) {
    const toSend = await decide(decisions, survey);
    if (toSend === 'later') continue;
    surveys.push(survey);
    if (toSend) plans.push(toSend);
  }
  return { plans, surveys };
}

function messagesIn(unlisted: readonly Unlisted[]): number {
  return unlisted.reduce((count, { listing }) => count + listing.state.messages, 0);
}

/** Looks at a folder of the source, which may have been renumbered since the folders were listed. */
async function look(engine: Engine, work: FolderWork, renumbered: Map<FolderWork, Renumbering>): Promise<Survey> {
  const plan = await survey(engine, work);
  const { sourceUidValidity } = work.record;
  if (sourceUidValidity === null || sourceUidValidity === plan.state.uidValidity) return plan;
  // Not as the folder list had said: the map is of other numbers than the listing.
  renumbered.set(work, forgetNumbers(engine, work, 'source'));
  return survey(engine, work);
}

function octetsOf(plan: SendPlan): number {
  return plan.toSend.reduce((octets, row) => octets + (plan.listing.sizeBytes(row) ?? 0), 0);
}

async function send(
  engine: Engine,
  plans: readonly SendPlan[],
  unlisted: readonly Unlisted[],
  stops: Stops,
): Promise<void> {
  if (plans.length + unlisted.length === 0) return;
  const transfer = new Transfer(engine, plans, unlisted, stops);
  try {
    await transfer.run();
  } catch (error) {
    await Promise.all([engine.source[Symbol.asyncDispose](), engine.target[Symbol.asyncDispose]()]);
    await transfer.drain();
    throw error;
  }
}

function noteFolders(engine: Engine, map: FolderMap): void {
  for (const { source, reason } of map.leftOut) engine.tally.noteLeftOut(pathOf(source), reason);
  for (const { source, path, reason } of map.folders) {
    if (reason) engine.tally.note(pathOf(source), path.join('/'), reason);
  }
}

/** Whether something was begun under another UIDVALIDITY of the source; a first pass that broke off has no other record of it. */
function isOfOtherNumbers(work: FolderWork, intentsOf: ReadonlyMap<FolderId, readonly Intent[]>): boolean {
  const { state } = work.source;
  const intents = intentsOf.get(work.source.id) ?? [];
  // A source that did not tell its numbers this time has not changed them by that.
  return state !== null && intents.some(({ sourceUidValidity }) => sourceUidValidity !== state.uidValidity);
}

function renumberedSides(work: FolderWork): 'source' | 'target' | null {
  const { record, source, target } = work;
  if (record.sourceUidValidity !== null && source.state && record.sourceUidValidity !== source.state.uidValidity)
    return 'source';
  if (record.targetUidValidity !== null && target.state && record.targetUidValidity !== target.state.uidValidity)
    return 'target';
  return null;
}

/** Folders of earlier runs that are no longer on the source, and still on the target. */
function departedFolders(
  engine: Engine,
  records: readonly FolderRecord[],
  source: FolderTree,
  target: FolderTree,
): FolderWork[] {
  const here = new Set(source.folders.filter((folder) => isStill(engine, folder)).map(({ id }) => id));
  const there = new Map(target.folders.map((folder) => [folder.id, folder] as const));
  return records.flatMap((record): FolderWork[] => {
    const folder = there.get(record.target);
    if (here.has(record.source) || !folder?.state) return [];
    if (record.messages === 0 && engine.choices.aside === undefined) return [];
    // Made anew by somebody: what the map's numbers mean there is not ours.
    if ((record.targetUidValidity ?? record.targetState?.uidValidity) !== folder.state.uidValidity) return [];
    const gone: Folder = { ...folder, id: record.source, state: null };
    const mapped: MappedFolder = { source: gone, path: folder.path, specialUses: [], reason: null };
    return [{ mapped, source: gone, target: folder, record, map: UidMap.empty }];
  });
}

/** Maps are read only for folders in which something happens, and for those that share a target with one of them. */
async function loadMaps(
  engine: Engine,
  all: readonly FolderWork[],
  changed: readonly FolderWork[],
  departed: readonly FolderWork[],
): Promise<void> {
  const targets = new Set(changed.map(({ target }) => target.id));
  const wanted = [...all.filter(({ target }) => targets.has(target.id)), ...departed];
  await Promise.all(
    wanted
      .filter(({ record }) => record.messages > 0 || record.sourceUidValidity !== null)
      .map(async (work) => {
        work.map = await engine.ledger.map(work.source.id);
      }),
  );
}

/** What was on the target before this run: everything mapped that this run did not put there, and that is still on both sides. */
function countThere(engine: Engine, work: FolderWork): void {
  const folder = work.source.id;
  const elsewhere = engine.exceptions.of(folder, 'kept').length + engine.exceptions.of(folder, 'removed').length;
  // What a dry run would copy never enters the record.
  const copied = engine.choices.dryRun ? 0 : (engine.tally.copiedIn.get(folder) ?? 0);
  engine.tally.alreadyThere.set(folder, Math.max(0, work.record.messages - elsewhere - copied));
}
