/**
 * Compares both ends of every mailbox of a wave, by connections and code that no pass uses, while people go on working. Always
 * from the source to the target: what counts is that everything the source held is on the target, before the switch and after
 * it. What a comparison cannot know, the journey tells afterwards (`domain/judged-verification.ts`).
 */

import { type Judged, judgedInFull, type JourneyKnows } from '#domain/judged-verification.ts';
import type { Folder, FolderTree } from '#domain/item.ts';
import type { Selection } from '#domain/selection.ts';
import type { VerifyReport } from '#domain/verify-report.ts';
import { comparedStages, type MailboxVerification, notCopied } from '#domain/wave-verification.ts';
import { everyOne } from '#lib/at-once.ts';
import type { Clock } from '#lib/clock.ts';
import type { Log } from '#lib/log.ts';
import type { InView, LookAt, Looks } from '#ports/looks.ts';
import type { FolderRecord, LedgerLook } from '#ports/ledger.ts';
import { verifyMailbox, type VerifyRequest, type VerifyWatcher } from './verify-mailbox.ts';

export interface VerifyWaveRequest {
  /** By their ids. */
  readonly members: readonly number[];
  readonly atOnce: number;
  /** As `VerifyRequest.sample`. */
  readonly sample: number | null;
  readonly selection: Selection;
  readonly lookAt: LookAt;
  readonly looks: Looks;
  readonly watcher: WaveWatcher;
  readonly log: Log;
  readonly clock: Clock;
}

/** Told how it goes. */
export interface WaveWatcher {
  /** A mailbox begins; what its comparison tells, and its end. */
  begins(address: string): VerifyWatcher & { ended(): void };
}

export interface VerifiedMailbox extends MailboxVerification {
  readonly address: string;
}

/** So many are compared between two pages of results, at least. */
const pageMin = 32;

/** What is found of each, in pages, and kept. Ends early when the signal fires. */
export async function* verifyWave(
  request: VerifyWaveRequest,
  signal: AbortSignal,
): AsyncGenerator<readonly VerifiedMailbox[]> {
  const { members, atOnce } = request;
  const pageMax = Math.max(pageMin, 4 * atOnce);
  for (let at = 0; at < members.length && !signal.aborted; at += pageMax) {
    const page = members.slice(at, at + pageMax);
    const found: (VerifiedMailbox | null)[] = [];
    await everyOne(page, atOnce, signal, async (mailbox, i) => {
      found[i] = await verified(request, mailbox, signal);
    });
    yield found.filter((each) => each !== null && each !== undefined);
  }
}

/** Null where it was stopped, or is not there. */
async function verified(
  request: VerifyWaveRequest,
  mailbox: number,
  signal: AbortSignal,
): Promise<VerifiedMailbox | null> {
  try {
    return await request.lookAt(mailbox, (inView, within) => compareAndKeep(request, inView, within), signal);
  } catch (error) {
    if (signal.aborted) return null;
    throw error;
  }
}

async function compareAndKeep(
  request: VerifyWaveRequest,
  inView: InView,
  signal: AbortSignal,
): Promise<VerifiedMailbox> {
  const { looks, watcher } = request;
  const { id, address, stage, side } = inView.traveller;
  const telling = watcher.begins(address);
  try {
    const found = comparedStages.has(stage)
      ? (await steadily({ ...request, watcher: telling }, inView, signal)).verification
      : notCopied({ stage, side });
    signal.throwIfAborted();
    await looks.keepVerification(id, found);
    return { address, ...found };
  } finally {
    telling.ended();
  }
}

/** How one mailbox is compared. */
export interface CompareMailbox extends Pick<VerifyWaveRequest, 'looks' | 'selection' | 'sample' | 'log' | 'clock'> {
  readonly watcher: VerifyWatcher;
  /** As `VerifyRequest.compared`, asked for anew for each comparison: only what was told of the last one counts. */
  readonly begins?: () => VerifyRequest['compared'];
}

/** A comparison, and what the journey makes of it. */
export interface ComparedMailbox extends Judged {
  readonly report: VerifyReport;
  /** The path, joined with `/`, of a folder of the source; its name where it is not there any more. */
  pathOf(folder: string): string;
  /** Names of all folders of the target that can hold messages. */
  readonly targetFolders: readonly string[];
}

/** Where something is open and a pass came in between, what it was told may have been overtaken: it is compared once more. */
export async function steadily(how: CompareMailbox, inView: InView, signal: AbortSignal): Promise<ComparedMailbox> {
  const { looks } = how;
  const { id } = inView.traveller;
  const before = await looks.caughtUpAt(id);
  const found = await compareOnce(how, inView, signal);
  if (found.open.length === 0 || (await looks.caughtUpAt(id)) === before) return found;
  return compareOnce(how, inView, signal);
}

async function compareOnce(
  { looks, selection, sample, log, clock, watcher, begins }: CompareMailbox,
  { traveller, pair, open }: InView,
  signal: AbortSignal,
): Promise<ComparedMailbox> {
  const { id, side } = traveller;
  // Before anything is read of the platforms: what comes after that is news.
  const there = await looks.ledger(id, 'there');
  const back = side === 'target' ? await looks.ledger(id, 'back') : null;
  const records = { there: (await there?.folders()) ?? null, back: (await back?.folders()) ?? [] };
  let tree: FolderTree = { folders: [], separator: null };
  let targetFolders: readonly string[] = [];
  const report = await verifyMailbox(
    {
      pair,
      openSource: open('source'),
      openTarget: open('target'),
      selection,
      sample,
      log,
      heard: (source, target) => {
        tree = source;
        targetFolders = target.folders.filter(({ selectable }) => selectable).map((folder) => folder.id);
      },
      compared: begins?.(),
      watcher,
      clock,
    },
    signal,
  );
  signal.throwIfAborted();
  const exceptions = ((await there?.exceptions()) ?? []).map(({ sourceUidValidity, ...each }) => ({
    ...each,
    uidValidity: sourceUidValidity,
  }));
  const folderOf = new Map(tree.folders.map((folder) => [folder.path.join('/'), folder] as const));
  const found = judgedInFull(report, {
    stage: traveller.stage,
    side,
    folderAt: (path) => folderOf.get(path)?.id ?? null,
    readTo: cursors(records.there, new Set(exceptions.map(({ folder }) => folder))),
    wasOnTarget: await copiesKnown(back, records.back, missingFrom(report, folderOf)),
    acceptances: await looks.acceptances(id),
    exceptions,
  });
  const paths = new Map<string, string>(tree.folders.map(({ id: folder, path }) => [folder, path.join('/')] as const));
  return { ...found, report, targetFolders, pathOf: (folder) => paths.get(folder) ?? folder };
}

/** A mailbox that nothing is known of, and a folder of which messages are listed, were looked at all the same. */
function cursors(records: readonly FolderRecord[] | null, listed: ReadonlySet<string>): JourneyKnows['readTo'] {
  const lookedAt = { uidValidity: 0, uidNext: Number.POSITIVE_INFINITY };
  const bySource = new Map((records ?? []).map((record) => [record.source, record.sourceState] as const));
  return (folder) => bySource.get(folder) ?? (records === null || listed.has(folder) ? lookedAt : null);
}

/** Folders of the source with messages that are not on the target, or whose folder is not. */
function missingFrom(report: VerifyReport, folderOf: ReadonlyMap<string, Folder>): ReadonlySet<string> {
  const paths = [
    ...report.missing.map(({ folder }) => folder),
    ...report.folderNotes.flatMap(({ kind, source }) => (kind === 'missing' && source !== null ? [source] : [])),
  ];
  return new Set(paths.flatMap((path) => folderOf.get(path)?.id ?? []));
}

/** By the ledger that leads home, in which the source is what is written to. */
async function copiesKnown(
  back: LedgerLook | null,
  records: readonly FolderRecord[],
  wanted: ReadonlySet<string>,
): Promise<JourneyKnows['wasOnTarget']> {
  const known = await Promise.all(
    records
      .filter(({ target }) => wanted.has(target))
      .map(async (record) => ({ record, map: await (back as LedgerLook).map(record.source) })),
  );
  const byHome = Map.groupBy(known, ({ record }) => record.target);
  return (folder, uid, uidValidity) =>
    (byHome.get(folder) ?? []).some(
      ({ record, map }) => uid === 0 || (record.targetUidValidity === uidValidity && map.sourceOf(uid) !== null),
    );
}
