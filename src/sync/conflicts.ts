/**
 * What both sides have done to one message after the switch, when what people do on the target is carried home. The target's flags win,
 * what it removed is kept in our folder at home, and what was removed at home stays on the target; nobody is asked. So that nobody
 * has to guess either, each is listed, in words that say which side did what. What was only changed at home stays there, and is listed too.
 *
 * Home has to tell what changed there (CONDSTORE); of one that cannot only removals are known.
 */

import type { Uid } from '#domain/item.ts';
import { uidSet } from '#domain/uid-set.ts';
import type { LedgerChange } from '#ports/ledger.ts';
import type { Delta } from '#ports/mailbox.ts';
import { type Engine, type FolderWork, pathOf } from './engine.ts';
import { type Difference, differenceOf, differencesIn, flagDifference } from './exceptions.ts';
import type { Survey } from './survey.ts';

/** Both sides changed it; and: only the one that people have left did. */
const conflict = 'conflict';
const sourceOnly = 'source-only';
/** Listed of one mailbox; a program that works through all of it would fill every page. */
const listedMax = 200;

/** What of a folder both sides had a hand in, as far as it is to be seen before removals are carried. */
export interface Contested {
  /** Changed at home, and what is there now: by the UID on the side that people are on. */
  readonly flags: ReadonlyMap<Uid, readonly string[]>;
  /** Gone at home. */
  readonly removed: ReadonlySet<Uid>;
}

const nothing: Contested = { flags: new Map(), removed: new Set() };

/** Whether this is a pass that carries home: there both sides may have been written to. */
function carriesHome({ choices }: Engine): boolean {
  return choices.aside !== undefined && !choices.dryRun;
}

/** `told`: what home says has changed there since the last pass; null where it says nothing. */
export function contestedIn(engine: Engine, work: FolderWork, told: Delta | null): Contested {
  if (!carriesHome(engine)) return nothing;
  const flags = new Map<Uid, readonly string[]>();
  const { changed } = told ?? { changed: null };
  for (let row = 0; changed !== null && row < changed.length; row++) {
    const uid = work.map.sourceOf(changed.uid(row));
    if (uid !== null) flags.set(uid, changed.flags(row));
  }
  const removed = new Set(engine.exceptions.of(work.source.id, 'removed').map(({ uid }) => uid));
  return { flags, removed };
}

/** Lists what both sides did to messages that are still there. Before flags are carried, since nobody knows afterwards. */
export async function noteContested(engine: Engine, plan: Survey, { flags, removed }: Contested): Promise<void> {
  const { work } = plan;
  const folder = work.source.id;
  const here = changedHere(plan);
  const news = new Map<Uid, Difference | null>();
  for (const [uid, wanted] of here) {
    const there = flags.get(uid);
    const before = listedAs(engine, work, uid, sourceOnly);
    if (removed.has(uid)) news.set(uid, { class: conflict, detail: removedAtHome(wanted) });
    else if (there && differs(wanted, there)) news.set(uid, { class: conflict, detail: bothChanged(wanted, there) });
    else if (before !== null && !there) news.set(uid, { class: conflict, detail: changedSince(wanted, before) });
  }
  const gone = new Set(plan.gone);
  const alone = [...flags.keys()].filter((uid) => !here.has(uid) && !gone.has(uid) && !plan.hasLeft(uid));
  if (alone.length > 0) {
    const listing = await engine.source.list(folder, uidSet(alone.toSorted((a, b) => a - b)), false);
    for (let row = 0; row < listing.length; row++) {
      const uid = listing.uid(row);
      const there = flags.get(uid) ?? [];
      // What is the same again needs no line any more.
      const isSame = !differs(listing.flags(row), there);
      news.set(uid, isSame ? null : { class: sourceOnly, detail: onlyAtHome(listing.flags(row), there) });
    }
  }
  await list(engine, work, news);
}

/** Lists what both sides did to messages that are gone from where people are, once that has been carried. */
export async function noteGone(
  engine: Engine,
  work: FolderWork,
  gone: readonly Uid[],
  { flags, removed }: Contested,
): Promise<void> {
  const { aside } = engine.choices;
  if (aside === undefined) return;
  const news = new Map<Uid, Difference>();
  for (const uid of gone) {
    // What could not be carried yet is not over.
    if (work.map.targetOf(uid) !== null) continue;
    const there = flags.get(uid);
    if (removed.has(uid)) news.set(uid, { class: conflict, detail: goneOnBoth });
    else if (there) news.set(uid, { class: conflict, detail: removedHere(there, aside) });
  }
  await list(engine, work, news);
}

/** The flags of messages that were changed where people are; of a folder of which nothing was remembered none. */
function changedHere({ flags, compared }: Survey): ReadonlyMap<Uid, readonly string[]> {
  const changed = new Map<Uid, readonly string[]>();
  if (compared !== null && compared.kept === null) return changed;
  for (const { listing, rows } of flags) for (const row of rows) changed.set(listing.uid(row), listing.flags(row));
  return changed;
}

function differs(wanted: readonly string[], there: readonly string[]): boolean {
  const { missing, extra } = flagDifference(wanted, there);
  return missing.length + extra.length > 0;
}

/** The words under which it is listed in a class of ours; null where it is not. */
function listedAs(engine: Engine, work: FolderWork, uid: Uid, name: string): string | null {
  const known = engine.exceptions.get(work.source.id, uid, 'different');
  return (known && differencesIn(known).find((each) => each.class === name)?.detail) ?? null;
}

/** Puts these in the place of what was listed of both sides before, or takes it away. */
async function list(engine: Engine, work: FolderWork, news: ReadonlyMap<Uid, Difference | null>): Promise<void> {
  if (news.size === 0) return;
  let room = listedMax - listedNow(engine);
  let left = 0;
  const changes: LedgerChange[] = [];
  for (const [uid, difference] of news) {
    const known = engine.exceptions.get(work.source.id, uid, 'different');
    const all = known ? differencesIn(known) : [];
    const others = all.filter((each) => !isOurs(each.class));
    if (others.length === all.length && difference !== null && room-- <= 0) {
      left++;
      continue;
    }
    const now = [...(others as readonly Difference[]), ...(difference ? [difference] : [])];
    const elements = { read: known?.elementRead ?? null, served: known?.elementServed ?? null };
    if (now.length > 0)
      changes.push(engine.exceptions.add(differenceOf(work, uid, known?.sizeBytes ?? null, now, elements)));
    else changes.push(...engine.exceptions.remove(work.source.id, uid, 'different'));
  }
  if (left > 0)
    engine.log.warn('more messages were changed on both sides than are listed', {
      folder: pathOf(work.source),
      messages: left,
    });
  if (changes.length > 0) await engine.ledger.note(changes);
}

function listedNow(engine: Engine): number {
  let count = 0;
  for (const { kind, code } of engine.exceptions.all())
    if (kind === 'different' && code.split(',').some(isOurs)) count++;
  return count;
}

function isOurs(name: string): boolean {
  return name === conflict || name === sourceOnly;
}

/** Sides are called as an operator calls them, whichever way is being carried: so it reads the same when the way is turned. */
function bothChanged(wanted: readonly string[], there: readonly string[]): string {
  return `on the target ${flagList(wanted)}, on the source ${flagList(there)}: both have those of the target now`;
}

function changedSince(wanted: readonly string[], before: string): string {
  return `${before.replace(/: .*$/, '')}, then on the target ${flagList(wanted)}: both have those of the target now`;
}

function onlyAtHome(wanted: readonly string[], there: readonly string[]): string {
  return `on the source ${flagList(there)}: the target has ${flagList(wanted)}, and both were left as they are`;
}

function removedAtHome(wanted: readonly string[]): string {
  return `on the target ${flagList(wanted)}, on the source removed or moved: it stays on the target, and comes home when people do`;
}

function removedHere(there: readonly string[], aside: string): string {
  return `on the target removed or moved, on the source ${flagList(there)}: it lies in "${aside}" on the source`;
}

const goneOnBoth =
  'removed or moved on both sides: where each moved it elsewhere, it is in both places now, and nothing was removed for it';

function flagList(flags: readonly string[]): string {
  const told = flags.filter((flag) => flag.toLowerCase() !== '\\recent');
  return told.length === 0 ? 'no flags' : told.toSorted().join(' ');
}
