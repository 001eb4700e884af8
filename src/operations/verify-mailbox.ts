/**
 * Compares both ends of a move, independently of the move: with connections of its own, reading only (`EXAMINE`,
 * `BODY.PEEK`), and without looking at the ledger or using the engine that made the copy. What it finds is the truth that
 * the report of a copy must agree with.
 */

import { Fault, fault, told } from '#domain/fault.ts';
import { mapFolders } from '#domain/folder-map.ts';
import type { FolderTree } from '#domain/item.ts';
import type { FaultReport } from '#domain/report.ts';
import type { Selection } from '#domain/selection.ts';
import type { Verdict, VerifyNote, VerifyReport } from '#domain/verify-report.ts';
import { type Clock, realClock } from '#lib/clock.ts';
import type { Log } from '#lib/log.ts';
import type { MailboxPair } from '#ports/ledger.ts';
import { compareFolder, type FolderCompared } from '#verify/compare-folder.ts';
import type { ComparedBefore } from '#verify/compared-before.ts';
import { compareTrees, graveNotes } from '#verify/compare-trees.ts';
import type { FolderFindings } from '#verify/findings.ts';
import { Places } from '#verify/places.ts';
import { type OpenReader, SteadyReader } from '#verify/steady-reader.ts';

export interface VerifyRequest {
  /** Names of both ends for the report. */
  readonly pair: MailboxPair;
  readonly openSource: OpenReader;
  readonly openTarget: OpenReader;
  readonly selection: Selection;
  /** Share of messages (0 to 1) whose content is read, null for all; of the others size, date and flags are compared. */
  readonly sample: number | null;
  readonly log: Log;
  /** Told of the folders of both, before anything is compared. */
  readonly heard?: (source: FolderTree, target: FolderTree) => void;
  /** See `FolderComparison.compared`; folders that are known from `before` are not told. */
  readonly compared?: FolderCompared | undefined;
  readonly watcher: VerifyWatcher;
  /** What was compared a moment ago with the same choices, and need not be again where nothing moved; it learns from this comparison. */
  readonly before?: ComparedBefore;
  readonly clock?: Clock;
}

/** Told how it goes, often; must return at once. */
export interface VerifyWatcher {
  /** So many messages are to be looked at, on both sides together, as far as known. */
  planned(messages: number): void;
  /** So many more have been read. */
  progress(messages: number, bytes: number): void;
  /** A folder of the target has been compared. */
  folder(path: string): void;
}

/** Never throws for a fault: it stands in the report, with what was found until then. */
export async function verifyMailbox(request: VerifyRequest, signal: AbortSignal): Promise<VerifyReport> {
  const clock = request.clock ?? realClock;
  const begun = clock.now();
  const found: Found = { folders: [], notes: [], messagesRead: 0, bytesRead: 0 };
  let ended: FaultReport | null = null;
  try {
    await compare(request, clock, found, signal);
  } catch (error) {
    ended = faultReport(error, signal);
    const stack = error instanceof Error && !(error instanceof Fault) ? (error.stack ?? '') : '';
    request.log.error('comparison ended early', { fault: ended.code, ...(stack ? { stack } : {}) });
  }
  return reportOf(request, found, ended, clock.now() - begun);
}

interface Found {
  /** In the order of the target's folders. */
  readonly folders: (FolderFindings | undefined)[];
  readonly notes: VerifyNote[];
  messagesRead: number;
  bytesRead: number;
}

async function compare(request: VerifyRequest, clock: Clock, found: Found, signal: AbortSignal): Promise<void> {
  // When one folder ends in a fault, those at work beside it stop as well.
  const stop = new AbortController();
  const stopped = AbortSignal.any([signal, stop.signal]);
  await using source = new SteadyReader(request.openSource, clock, request.log.with({ side: 'source' }), stopped);
  await using target = new SteadyReader(request.openTarget, clock, request.log.with({ side: 'target' }), stopped);
  const [sourceTree, targetTree] = await Promise.all([
    source.use((reader) => reader.folders()),
    target.use((reader) => reader.folders()),
  ]);
  request.heard?.(sourceTree, targetTree);
  const { pairs, notes } = compareTrees(mapFolders(sourceTree, targetTree, request.selection), targetTree);
  found.notes.push(...notes);
  const messagesOf = pairs.map((pair) =>
    [...pair.sources, pair.target].reduce((count, folder) => count + (folder.state?.messages ?? 0), 0),
  );
  request.watcher.planned(messagesOf.reduce((sum, messages) => sum + messages, 0));
  const read = (bytes: number): void => {
    found.messagesRead++;
    found.bytesRead += bytes;
    request.watcher.progress(1, bytes);
  };
  const comparison = {
    source,
    target,
    selection: request.selection,
    sample: request.sample,
    read,
    compared: request.compared,
  };
  const places = new Places();
  const works = pairs.map(async (pair, index) => {
    using _place = await places.take(messagesOf[index] as number);
    stopped.throwIfAborted();
    const path = pair.target.path.join('/');
    try {
      const known = request.before?.of(pair) ?? null;
      found.folders[index] = known ?? (await compareFolder(comparison, pair));
      if (known === null && found.folders[index]) request.before?.note(pair, found.folders[index]);
    } catch (error) {
      if (!(error instanceof Fault) || error.reach !== 'folder') throw error;
      const sources = pair.sources.map((folder) => folder.path.join('/')).join(', ');
      found.notes.push({ kind: 'unreadable', source: sources, target: path, reason: error.message });
    }
    request.watcher.folder(path);
  });
  try {
    await Promise.all(works);
  } catch (error) {
    stop.abort(error);
    await Promise.allSettled(works);
    throw error;
  }
}

function reportOf(request: VerifyRequest, found: Found, ended: FaultReport | null, milliseconds: number): VerifyReport {
  const findings = found.folders.filter((each) => each !== undefined);
  const sum = (of: (each: FolderFindings) => number): number => findings.reduce((total, each) => total + of(each), 0);
  const report = {
    source: request.pair.source,
    target: request.pair.target,
    share: request.sample ?? 1,
    sourceMessages: sum(({ folder }) => folder.sourceMessages),
    targetMessages: sum(({ folder }) => folder.targetMessages),
    equal: sum(({ folder }) => folder.equal),
    messagesRead: found.messagesRead,
    bytesRead: found.bytesRead,
    folders: findings.map(({ folder }) => folder),
    missing: findings.flatMap((each) => each.missing),
    extra: findings.flatMap((each) => each.extra),
    different: findings.flatMap((each) => each.different),
    unreadable: findings.flatMap((each) => each.unreadable),
    folderNotes: found.notes,
    milliseconds,
    fault: ended,
  };
  return { ...report, verdict: verdictOf(report) };
}

function verdictOf(report: Omit<VerifyReport, 'verdict'>): Verdict {
  if (report.fault) return 'unfinished';
  const wrong = report.missing.length + report.different.length + report.unreadable.length;
  if (wrong > 0 || report.folderNotes.some(({ kind }) => graveNotes.has(kind))) return 'differs';
  const more = report.extra.length > 0 || report.folderNotes.some(({ messages }) => (messages ?? 0) > 0);
  return more ? 'more-on-target' : 'equal';
}

function faultReport(error: unknown, signal: AbortSignal): FaultReport {
  const known =
    error instanceof Fault
      ? error
      : signal.aborted
        ? fault('interrupted', { by: 'the operator' }, { cause: error })
        : fault('internal', { detail: error instanceof Error ? error.message : String(error) }, { cause: error });
  return told(known);
}

export type { VerifyReport };
