/** What every part of the engine is given: both ends, the ledger, the choices of this run, and where to tell how it goes. */

import type { ElementMaker } from '#domain/digest.ts';
import type { Fault } from '#domain/fault.ts';
import type { Folder, FolderId, Uid } from '#domain/item.ts';
import type { MappedFolder } from '#domain/folder-map.ts';
import type { FolderNote } from '#domain/report.ts';
import type { Selection } from '#domain/selection.ts';
import type { UidMap } from '#domain/uid-map.ts';
import type { Log } from '#lib/log.ts';
import type { Exception, FolderRecord, Ledger, LedgerChange } from '#ports/ledger.ts';
import type { Source, Target } from '#ports/mailbox.ts';
import type { Sightings } from './sightings.ts';
import type { TargetStates } from './target-states.ts';

/**
 * The places at which tests stop the engine, as a killed process would stop there. Each stands between two things of which
 * the second must not be lost, or done twice, when only the first has happened.
 */
export const crashPoints = [
  'folders.prepared',
  'intent.durable',
  'batch.begun',
  'batch.sent-noted',
  'batch.finished',
  'target.appended',
  'map.written',
  'read-back.done',
  'intent.settled',
  'flags.stored',
  'removal.recorded',
  'removal.done',
  'folder.recorded',
] as const;
export type CrashPoint = (typeof crashPoints)[number];

export interface EngineChoices {
  readonly selection: Selection;
  readonly delete: boolean;
  /** With `delete`: a folder of ours on the target that takes what would be removed there, whoever put it there. */
  readonly aside?: string;
  /** What others removed from the target, and the source still has, is sent again. */
  readonly restores?: boolean;
  readonly prove: 'none' | 'sample' | 'all';
  readonly retryRefused: boolean;
  /** What is new is sent, and nothing else: flags and removals stay as they are on the target. */
  readonly onlyNew?: boolean;
  /** Nothing is written: sizes are asked for, so that what would be done can be told in octets too. */
  readonly dryRun: boolean;
}

/** Told how it goes; returns at once. */
export interface EngineWatcher {
  planned(messages: number, bytes: number | null): void;
  progress(messages: number, bytes: number): void;
  folder(path: string): void;
}

export interface EnginePace {
  take(bytes: number): Promise<void> | null;
}

/** One attempt at one mailbox: connections that are open now, and what outlives them. */
export interface Engine {
  readonly source: Source;
  readonly target: Target;
  readonly ledger: Ledger;
  readonly elements: ElementMaker;
  readonly choices: EngineChoices;
  readonly watcher: EngineWatcher;
  readonly pace: EnginePace | null;
  readonly log: Log;
  readonly tally: Tally;
  readonly exceptions: ExceptionBook;
  readonly suspects: Suspects;
  /** What the mailbox ends with when everything else of this attempt has been seen through. */
  readonly troubles: Fault[];
  /** Folders of the source that contradict themselves: nothing is taken for gone from them. */
  readonly doubted: Set<FolderId>;
  readonly sightings: Sightings;
  readonly targetStates: TargetStates;
  /** Told once per attempt, before anything is sent: a mark of the target's mail that is not ours (`foreign.ts`). */
  readonly foreign: (mark: string) => void;
  readonly at: (point: CrashPoint) => void;
  /** Intent ids are given in ascending order, over all attempts. */
  readonly nextIntent: () => number;
}

/** What this run has done so far; survives a lost connection. */
export class Tally {
  copied = 0;
  bytes = 0;
  flagsChanged = 0;
  removed = 0;
  /** What this run has found on the target and begun to remove: `folder\0uid`. The answer may be lost, the deed done. */
  readonly removing = new Set<string>();
  /** Per source folder, since an attempt may count a folder again: messages of the source that were there before this run. */
  readonly alreadyThere = new Map<FolderId, number>();
  /** Messages this run put on the target, per source folder; a later attempt meets them as already mapped. */
  readonly copiedIn = new Map<FolderId, number>();
  /** Folders of the source by the path that people read. */
  readonly pathOf = new Map<FolderId, string>();
  readonly folderNotes = new Map<string, FolderNote>();

  didCopy(folder: FolderId, messages: number, bytes: number): void {
    this.copied += messages;
    this.bytes += bytes;
    this.copiedIn.set(folder, (this.copiedIn.get(folder) ?? 0) + messages);
  }

  note(source: string, target: string | null, reason: string): void {
    this.folderNotes.set(`${source}\0${reason}`, { source, target, reason });
  }

  /** Forgets what was said of a folder as long as another home was meant for it than `target`; true if anything remains. */
  forgetOtherHomes(source: string, target: string | null): boolean {
    let isNamed = false;
    for (const [key, note] of this.folderNotes) {
      if (note.source !== source) continue;
      if (note.target === target) isNamed = true;
      else this.folderNotes.delete(key);
    }
    return isNamed;
  }

  /** A folder that is not to be moved at all: told, and no fault of anybody's. */
  noteLeftOut(source: string, reason: string): void {
    this.folderNotes.set(`${source}\0${reason}`, { source, target: null, reason, leftOut: true });
  }
}

/** One folder on its way through an attempt. */
export interface FolderWork {
  readonly mapped: MappedFolder;
  readonly source: Folder;
  target: Folder;
  record: FolderRecord;
  map: UidMap;
}

/** The exceptions of a mailbox, in memory as in the ledger. Of one folder they are found without looking at the others. */
export class ExceptionBook {
  readonly #folders = new Map<FolderId, Map<string, Exception>>();

  constructor(known: readonly Exception[]) {
    for (const exception of known) this.#put(exception);
  }

  get(folder: FolderId, uid: Uid, kind: Exception['kind']): Exception | null {
    return this.#folders.get(folder)?.get(keyOf(uid, kind)) ?? null;
  }

  /** Every exception of the mailbox, in no particular order. */
  *all(): Iterable<Exception> {
    for (const inFolder of this.#folders.values()) yield* inFolder.values();
  }

  /** Those of one folder and kind. */
  of(folder: FolderId, kind: Exception['kind']): readonly Exception[] {
    const inFolder = this.#folders.get(folder);
    return inFolder ? [...inFolder.values()].filter((exception) => exception.kind === kind) : [];
  }

  /** Whether anything is known of a folder. */
  has(folder: FolderId): boolean {
    return this.#folders.has(folder);
  }

  /** Notes one; the answer is the change to be written to the ledger. */
  add(exception: Exception): LedgerChange {
    this.#put(exception);
    return { kind: 'exception', exception };
  }

  /** Strikes one out; the answer is the change to be written, or none if it was not there. */
  remove(folder: FolderId, uid: Uid, kind: Exception['kind']): readonly LedgerChange[] {
    const inFolder = this.#folders.get(folder);
    if (!inFolder?.delete(keyOf(uid, kind))) return [];
    if (inFolder.size === 0) this.#folders.delete(folder);
    return [{ kind: 'exception-gone', folder, uid, what: kind }];
  }

  #put(exception: Exception): void {
    const { folder, uid, kind } = exception;
    const inFolder = this.#folders.get(folder) ?? new Map<string, Exception>();
    this.#folders.set(folder, inFolder);
    inFolder.set(keyOf(uid, kind), exception);
  }
}

function keyOf(uid: Uid, kind: Exception['kind']): string {
  return `${uid} ${kind}`;
}

/**
 * Messages that were on the wire when something broke. One message that makes a server hang up would do so for ever inside
 * its batch of 200; so what was there when it broke goes in ever smaller batches, until the culprit is alone and named.
 */
export class Suspects {
  readonly #counts = new Map<string, number>();
  readonly #words = new Map<string, string>();

  /** Messages that something went wrong with. */
  get size(): number {
    return this.#counts.size;
  }

  /** `words`: what the server said, where it did answer. */
  add(folder: FolderId, uid: Uid, words: string | null = null): void {
    const key = `${folder}\0${uid}`;
    this.#counts.set(key, (this.#counts.get(key) ?? 0) + 1);
    if (words === null) this.#words.delete(key);
    else this.#words.set(key, words);
  }

  /** Named in an earlier run: it travels alone from the start, and one more failure names it again. */
  remember(folder: FolderId, uid: Uid): void {
    const key = `${folder}\0${uid}`;
    if (!this.#counts.has(key)) this.#counts.set(key, failuresUntilNamed - 1);
  }

  /** What the server said the last time; null when it hung up instead. */
  wordsOf(folder: FolderId, uid: Uid): string | null {
    return this.#words.get(`${folder}\0${uid}`) ?? null;
  }

  /** How many messages may travel together with this one: 200 for an innocent one. */
  companyMax(folder: FolderId, uid: Uid): number {
    const count = this.#counts.get(`${folder}\0${uid}`) ?? 0;
    return count === 0 ? batchMessagesMax : Math.max(1, batchMessagesMax >> (3 * count));
  }

  /** True once it has failed alone often enough to be named instead of tried. */
  isCulprit(folder: FolderId, uid: Uid): boolean {
    return (this.#counts.get(`${folder}\0${uid}`) ?? 0) >= failuresUntilNamed;
  }
}

/** From 200 down to one takes three; three more, alone, and it is no accident. */
const failuresUntilNamed = 6;

/** The measured optimum of a MULTIAPPEND (docs/decisions): more brings nothing and makes a refusal dearer. */
export const batchMessagesMax = 200;
export const batchBytesMax = 16 * 1024 * 1024;

/** What was on the target before us is never removed by us. Taken aside it is still there. */
export function isTheirs({ choices }: Engine, { map }: FolderWork, uid: Uid): boolean {
  return choices.aside === undefined && map.isAdopted(uid);
}

/** A folder's full path as people read it. */
export function pathOf(folder: Folder): string {
  return folder.path.join('/');
}
