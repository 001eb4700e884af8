/**
 * Compares one folder of the target with the folders of the source that belong there: reads both sides at once, matches
 * them, and looks closer at what is left over.
 */

import type { Folder, Instant, Listing } from '#domain/item.ts';
import type { Selection } from '#domain/selection.ts';
import type { UnreadableMessage, VerifiedFolder } from '#domain/verify-report.ts';
import { Columns, FlagSets, outlined } from './columns.ts';
import { different, type Findings, findingsOf, type FolderFindings, isThere, oneSided, type Side } from './findings.ts';
import { type Forms, FormsTaker } from './forms.ts';
import { allRows, type Matched, match } from './match.ts';
import { pairLeftovers } from './pair-leftovers.ts';
import { DigestTaker, readMessages } from './read-contents.ts';
import type { SteadyReader } from './steady-reader.ts';

export interface FolderPair {
  readonly sources: readonly Folder[];
  readonly target: Folder;
}

export interface FolderComparison {
  readonly source: SteadyReader;
  readonly target: SteadyReader;
  readonly selection: Selection;
  /** Share of messages whose content is read, null for all. */
  readonly sample: number | null;
  /** So many octets of one more message have been read, of either side. */
  readonly read: (bytes: number) => void;
  /** Told of both sides of each folder when it has been compared: what was read of it is let go afterwards. */
  readonly compared?: FolderCompared | undefined;
}

export type FolderCompared = (sources: readonly Side[], target: Side, findings: VerifiedFolder) => Promise<void>;

/** Message-IDs are looked up for so many messages that have nothing to be paired with; the others are named by UID. */
const namedMax = 500;

/** Throws faults; those that reach no further than the folder are the caller's to note. */
export async function compareFolder(comparison: FolderComparison, pair: FolderPair): Promise<FolderFindings> {
  const flagSets = new FlagSets();
  const unreadable: UnreadableMessage[] = [];
  const [sources, target] = await Promise.all([
    Promise.all(pair.sources.map((folder) => sideOf(comparison, 'source', folder, flagSets, unreadable))),
    sideOf(comparison, 'target', pair.target, flagSets, unreadable),
  ]);
  await Promise.all([...sources, target].map((side) => readChosen(comparison, side)));
  const findings: Findings = { equal: 0, missing: [], extra: [], different: [], unreadable };
  // Merged folders are compared one after the other: what one of them leaves over is there for the next.
  let theirs = allRows(target.columns);
  const undecided: { side: Side; left: readonly number[] }[] = [];
  for (const side of sources) {
    const matched = match(side.columns, allRows(side.columns), target.columns, theirs);
    const left = await settle(comparison, findings, side, target, matched, flagSets);
    theirs = Uint32Array.from(left.target);
    undecided.push({ side, left: left.source });
  }
  for (const { side, left } of undecided) {
    theirs = await lookCloser(findings, side, left, target, theirs, flagSets);
  }
  await nameExtra(comparison, findings, target, theirs);
  for (const side of sources) await nameDifferent(findings, side);
  const rank = new Map(sources.map(({ path }, i) => [path, i] as const));
  findings.different.sort((a, b) => (rank.get(a.folder) ?? 0) - (rank.get(b.folder) ?? 0) || a.uid - b.uid);
  const found = findingsOf(findings, sources, target);
  await comparison.compared?.(sources, target, found.folder);
  return found;
}

/** Gives their Message-IDs to those that differ only in date or flags, whose content nobody has looked into. */
async function nameDifferent(findings: Findings, side: Side): Promise<void> {
  const nameless = findings.different.flatMap((each, at) =>
    each.messageId === null && each.folder === side.path ? [{ each, at, row: side.columns.rowOf(each.uid, 0) }] : [],
  );
  const asked = nameless.slice(0, namedMax);
  const rows = asked.map(({ row }) => row).sort((a, b) => a - b);
  const forms = await formsOf(side, rows, true);
  for (const { each, at, row } of asked) {
    findings.different[at] = { ...each, messageId: forms.get(row)?.messageId ?? null };
  }
}

async function sideOf(
  comparison: FolderComparison,
  name: Side['name'],
  folder: Folder,
  flagSets: FlagSets,
  unreadable: UnreadableMessage[],
): Promise<Side> {
  const steady = comparison[name];
  const { maxSizeBytes } = comparison.selection;
  const withSizes = comparison.sample !== null || (name === 'source' && maxSizeBytes !== null);
  const listing = await steady.use((reader) => reader.list(folder.id, 'all', withSizes));
  // On the target all messages may be counterparts: a server may have given one another date or size.
  const isWanted =
    name === 'source' ? (of: Listing, row: number) => isSelected(comparison.selection, of, row) : () => true;
  const columns = new Columns(listing, flagSets, isWanted);
  return { name, steady, folder, path: folder.path.join('/'), columns, unreadable };
}

/** Whether the run's choices want a message. One without a date is always wanted. */
function isSelected(selection: Selection, listing: Listing, row: number): boolean {
  return isWithin(selection, listing.internalDate(row), listing.sizeBytes(row));
}

function isWithin({ since, before, maxSizeBytes }: Selection, date: Instant | null, size: number | null): boolean {
  if (date !== null && ((since !== null && date < since) || (before !== null && date >= before))) return false;
  return maxSizeBytes === null || (size ?? 0) <= maxSizeBytes;
}

/** Reads the content of the messages that are in the sample; of the others size and date stand for it. */
async function readChosen(comparison: FolderComparison, side: Side): Promise<void> {
  const { sample } = comparison;
  const { columns } = side;
  const chosen = allRows(columns).filter((row) => {
    // Both sides draw by size and date, so that the two copies of a message are drawn together.
    if (sample === null || columns.sizeBytes(row) === null || columns.lot(row) < sample) return true;
    columns.outline(row);
    return false;
  });
  await readContent(comparison, side, chosen);
}

async function readContent(comparison: FolderComparison, side: Side, rows: Uint32Array): Promise<void> {
  if (rows.length === 0) return;
  const taker = new DigestTaker(side.columns, comparison.read);
  await readMessages(side.steady, side.folder.id, side.columns, rows, taker, (row, reason) => {
    side.unreadable.push({ side: side.name, folder: side.path, uid: side.columns.uid(row), reason });
  });
}

interface Left {
  readonly source: readonly number[];
  readonly target: readonly number[];
}

/**
 * Notes what `matched` says. Messages outside the sample that found no counterpart are read after all and matched again,
 * before anything is said of them.
 */
async function settle(
  comparison: FolderComparison,
  findings: Findings,
  source: Side,
  target: Side,
  matched: Matched,
  flagSets: FlagSets,
): Promise<Left> {
  note(findings, source, target, matched, flagSets);
  const outlines = [
    [source, matched.sourceLeft],
    [target, matched.targetLeft],
  ] as const;
  const isOutlined = outlines.map(([side, rows]) => rows.filter((row) => side.columns.content[row] === outlined));
  if (isOutlined.every((rows) => rows.length === 0)) return { source: matched.sourceLeft, target: matched.targetLeft };
  // With nothing left on the other side to be paired with, reading would tell nothing new.
  if (matched.sourceLeft.length > 0 && matched.targetLeft.length > 0) {
    await Promise.all(
      outlines.map(([side], i) => readContent(comparison, side, Uint32Array.from(isOutlined[i] as number[]))),
    );
  }
  const again = match(
    source.columns,
    Uint32Array.from(matched.sourceLeft),
    target.columns,
    Uint32Array.from(matched.targetLeft),
  );
  note(findings, source, target, again, flagSets);
  return { source: again.sourceLeft, target: again.targetLeft };
}

function note(findings: Findings, source: Side, target: Side, matched: Matched, flagSets: FlagSets): void {
  findings.equal += matched.equal;
  for (const pair of matched.unlike) findings.different.push(different(source, target, pair, flagSets, [], null));
}

/** Pairs what is left of both sides by what it must once have been; what then remains of the source is missing. */
async function lookCloser(
  findings: Findings,
  source: Side,
  left: readonly number[],
  target: Side,
  theirs: Uint32Array,
  flagSets: FlagSets,
): Promise<Uint32Array> {
  if (left.length === 0) return theirs;
  const canPair = theirs.length > 0;
  const [ours, others] = await Promise.all([
    formsOf(source, canPair ? left : left.slice(0, namedMax), !canPair),
    canPair ? formsOf(target, [...theirs], false) : new Map<number, Forms>(),
  ]);
  const found = pairLeftovers(source.columns, left, ours, target.columns, [...theirs], others);
  for (const { source: a, target: b, differences } of found.alike) {
    const messageId = ours.get(a)?.messageId ?? null;
    findings.different.push(different(source, target, { source: a, target: b }, flagSets, differences, messageId));
  }
  for (const row of found.missing) {
    if (isThere(source, row)) findings.missing.push(oneSided(source, row, ours.get(row)?.messageId ?? null));
  }
  return Uint32Array.from(found.extra);
}

/** What is left of the target and within the run's choices, by name. */
async function nameExtra(
  comparison: FolderComparison,
  findings: Findings,
  target: Side,
  rows: Uint32Array,
): Promise<void> {
  const { columns } = target;
  const extra = [...rows].filter(
    (row) => isThere(target, row) && isWithin(comparison.selection, columns.internalDate(row), columns.sizeBytes(row)),
  );
  const forms = await formsOf(target, extra.slice(0, namedMax), true);
  for (const row of extra) findings.extra.push(oneSided(target, row, forms.get(row)?.messageId ?? null));
}

async function formsOf(side: Side, rows: readonly number[], namesOnly: boolean): Promise<ReadonlyMap<number, Forms>> {
  const forms = new Map<number, Forms>();
  const there = rows.filter((row) => isThere(side, row));
  if (there.length === 0) return forms;
  const taker = new FormsTaker((found) => forms.set(found.row, found), namesOnly);
  // Whatever cannot be read now could be a moment ago: it stays in the lists without its name.
  await readMessages(side.steady, side.folder.id, side.columns, Uint32Array.from(there), taker, () => {});
  return forms;
}
