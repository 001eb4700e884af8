/** The reading half of a mailbox over IMAP. It only ever sends EXAMINE, FETCH with PEEK, LIST, STATUS and their like. */

import type { Folder, FolderId, FolderState, FolderTree, Instant, Listing, Uid, UidValidity } from '#domain/item.ts';
import { ListingBuilder } from '#domain/listing.ts';
import { type UidSet, uidSetOf } from '#domain/uid-set.ts';
import {
  type Delta,
  headerOctetsMax,
  type HeaderTold,
  maxUid,
  type MessageSink,
  type ReadOutcome,
  type Source,
  type Traits,
} from '#ports/mailbox.ts';
import {
  clean,
  type FetchedMessage,
  fetchBodies,
  fetchHeaders,
  fetchList,
  idle,
  ImapError,
  type Listed,
  NumberGatherer,
  type NumberSet,
  type Opened,
  type Place,
  type Session,
  splitNumberSet,
} from '#protocols/imap/index.ts';
import { noteSpeed } from './compression.ts';
import { faultOf, folderFaultOf } from './faults.ts';
import { askForFolders, grow } from './folder-tree.ts';
import { octetsOf, type Spelling } from './names.ts';
import type { SignedIn } from './open.ts';
import type { ImapOptions } from './options.ts';
import { keyOf } from './prepare.ts';
import type { ServerFacts } from './server-memory.ts';

/** Octets of a set of UIDs in one command: Yahoo and UW bound a command at 1,000 (MailKit). */
const setOctets = 900;
/** A listing made at sign-in answers the first question, if that comes no later than this. */
const listedFreshMs = 2_000;
/** So often a folder may be renumbered under us before its numbers count as unsettled. */
const unsettledAfter = 2;
/** Folders that are remembered so; a process may move a million mailboxes. */
const renumberingsMax = 10_000;
/** RFC 9051 §6.3.13: servers may end IDLE after 30 minutes; some do after 10. */
const idleMs = 9 * 60_000;

export class ImapReader implements Source {
  readonly name: string;
  readonly traits: Traits;
  readonly watch?: (signal: AbortSignal) => Promise<void>;
  protected readonly session: Session;
  protected readonly options: ImapOptions;
  protected readonly facts: ServerFacts;
  protected spelling: Spelling;
  /** The folders as last listed, by the key of their path. */
  protected knownFolders: ReadonlyMap<string, Folder> = new Map();
  /** UIDVALIDITY as this connection last told it of each folder. */
  readonly #numbered = new Map<FolderId, number>();
  /** Resolves when every call so far has been answered. */
  #before: Promise<void> = Promise.resolve();
  #listed: { readonly listed: Promise<Listed | null>; readonly at: number } | null;
  /** For folders without a UIDVALIDITY: a number that no other connection has, so that nothing is resumed by UID. */
  readonly #pretended = (Date.now() % 0x7fff_ffff) + 1;

  constructor({ session, listed }: SignedIn, options: ImapOptions) {
    this.session = session;
    this.options = options;
    this.facts = options.servers.of(options.endpoint);
    this.name = options.name;
    this.spelling = { isUtf8: session.isUtf8, separator: null, prefix: '' };
    this.#listed = listed && { listed, at: performance.now() };
    const { capabilities, enabled } = session;
    this.traits = {
      changes: enabled.has('QRESYNC') ? 'flags-and-vanished' : capabilities.has('CONDSTORE') ? 'flags' : 'none',
      tellsUids: capabilities.has('UIDPLUS'),
      batches: capabilities.has('MULTIAPPEND') && !this.facts.lies.has('multiappend') ? 'together' : 'one-by-one',
      appendLimitBytes: capabilities.appendLimitBytes,
      roundTripMs: session.roundTripMs,
    };
    if (capabilities.has('IDLE')) this.watch = (signal) => this.#watch(signal);
  }

  folders(): Promise<FolderTree> {
    return this.inOrder(this.#folders());
  }

  list(folder: FolderId, uids: UidSet | 'all', withSizes: boolean): Promise<Listing> {
    return this.inOrder(this.#list(folder, uids, withSizes));
  }

  changes(folder: FolderId, since: FolderState): Promise<Delta | null> {
    return this.inOrder(this.#changes(folder, since));
  }

  read(folder: FolderId, uids: UidSet, sink: MessageSink): Promise<ReadOutcome> {
    return this.inOrder(this.#read(folder, uids, sink));
  }

  headers(folder: FolderId, uids: UidSet, fields: readonly string[], told: HeaderTold): Promise<void> {
    return this.inOrder(this.#headers(folder, uids, fields, told));
  }

  async #folders(): Promise<FolderTree> {
    try {
      const early = this.#listed;
      this.#listed = null;
      const isFresh = early !== null && this.session.isAlive && performance.now() - early.at < listedFreshMs;
      const listed = isFresh ? await early.listed : null;
      const { tree, spelling } = grow(
        listed ?? (await askForFolders(this.session, this.facts)),
        this.session,
        this.facts,
      );
      this.spelling = spelling;
      for (const { id, state } of tree.folders)
        if (state && this.#isSettled(id)) this.#noteNumbers(id, state.uidValidity);
      this.knownFolders = new Map(tree.folders.map((folder) => [keyOf(folder.path), folder]));
      return tree;
    } catch (error) {
      this.#endIfRenumbered(error);
      throw faultOf(error, this.options.endpoint);
    }
  }

  async #list(folder: FolderId, uids: UidSet | 'all', withSizes: boolean): Promise<Listing> {
    const builder = new ListingBuilder(unknownState);
    const wanted: UidSet = uids === 'all' ? everything : uids;
    const items = withSizes
      ? (['FLAGS', 'INTERNALDATE', 'RFC822.SIZE'] as const)
      : (['FLAGS', 'INTERNALDATE'] as const);
    const place: Place = { mailbox: this.octets(folder), mode: 'examine', isFresh: true };
    let largest = 0;
    const told = (message: FetchedMessage & { readonly uid: number }): void => {
      largest = Math.max(largest, message.uid);
      if (!isIn(wanted, message.uid)) return;
      builder.add(
        message.uid as Uid,
        message.flags ?? [],
        (message.internalDate ?? null) as Instant | null,
        message.sizeBytes ?? null,
      );
    };
    const sets = wanted.length === 0 ? [] : splitNumberSet(wanted, setOctets);
    try {
      // Nothing to list is still a question for the folder's numbers; `*` alone names one message at most.
      const opened = await Promise.all(
        (sets.length === 0 ? [String(maxUid)] : sets).map((set) =>
          fetchList(this.session, place, set, wanted, { items }, told),
        ),
      );
      builder.state = this.#stateOf(folder, opened[0] as Opened, largest);
      return builder;
    } catch (error) {
      throw this.folderFault(error, folder);
    }
  }

  async #changes(folder: FolderId, since: FolderState): Promise<Delta | null> {
    if (this.traits.changes === 'none' || since.highestModSeq === null) return null;
    const changed = new ListingBuilder(unknownState);
    const arrived = new ListingBuilder(unknownState);
    let gone: NumberSet = [];
    const place: Place = { mailbox: this.octets(folder), mode: 'examine', isFresh: true };
    const { uidNext, highestModSeq: modSeq } = since;
    const vanished =
      this.traits.changes === 'flags-and-vanished'
        ? (uids: NumberSet) => {
            gone = gone.length === 0 ? uids : [...gone, ...uids];
          }
        : null;
    const add = (builder: ListingBuilder, message: FetchedMessage & { readonly uid: number }): void =>
      builder.add(message.uid as Uid, message.flags ?? [], (message.internalDate ?? null) as Instant | null, null);
    try {
      const [opened] = await Promise.all([
        fetchList(
          this.session,
          place,
          // A folder in which nothing was yet has nothing that could change; 1 is asked for all the same, to open it.
          `1:${Math.max(1, uidNext - 1)}`,
          [[1, Math.max(1, uidNext - 1)]],
          { items: ['FLAGS'], changedSince: { modSeq, vanished } },
          (message) => {
            if (message.uid < uidNext) add(changed, message);
          },
        ),
        fetchList(
          this.session,
          place,
          `${uidNext}:*`,
          [[uidNext, maxUid]],
          { items: ['FLAGS', 'INTERNALDATE'] },
          (message) => {
            // `n:*` names the last message even where n is beyond it (RFC 9051 §9, `seq-range`).
            if (message.uid >= uidNext) add(arrived, message);
          },
        ),
      ]);
      const state = this.#stateOf(folder, opened, arrived.length === 0 ? uidNext - 1 : arrived.uid(arrived.length - 1));
      if (state.uidValidity !== since.uidValidity || state.highestModSeq === null) return null;
      changed.state = state;
      arrived.state = state;
      return { state, changed, arrived, vanished: vanished ? below(gone, uidNext) : null };
    } catch (error) {
      throw this.folderFault(error, folder);
    }
  }

  async #read(folder: FolderId, uids: UidSet, sink: MessageSink): Promise<ReadOutcome> {
    if (uids.length === 0) return { missing: [], refused: null };
    const got = new NumberGatherer();
    const place: Place = {
      mailbox: this.octets(folder),
      mode: 'examine',
      uidValidity: this.#numbered.get(folder) ?? null,
    };
    const ask = (set: string, wanted: NumberSet): ReturnType<typeof fetchBodies> =>
      fetchBodies(this.session, place, set, wanted, got, sink);
    try {
      const answers = await Promise.all(splitNumberSet(uids, setOctets).map((set) => ask(set, uids)));
      const opened = answers[0]?.opened as Opened;
      const end = Math.max(opened.uidNext ?? 1, (got.set.at(-1)?.[1] ?? 0) + 1);
      if (answers.some(({ isUidLate }) => isUidLate)) {
        this.options.log.debug('the server puts UID behind the body: reading one by one', {
          host: this.options.endpoint.host,
        });
        const singles = missingOf(uids, got, end).map((uid) => ask(String(uid), [[uid, uid]]));
        answers.push(...(await Promise.all(singles)));
      }
      const refused = answers.find(({ answer }) => answer.status !== 'OK')?.answer;
      return {
        missing: missingOf(uids, got, end),
        refused: refused
          ? { code: refused.code === null ? null : clean(refused.code.name, 40), text: clean(refused.text) }
          : null,
      };
    } catch (error) {
      throw this.folderFault(error, folder);
    }
  }

  async #headers(folder: FolderId, uids: UidSet, fields: readonly string[], told: HeaderTold): Promise<void> {
    const place: Place = { mailbox: this.octets(folder), mode: 'examine', uidValidity: this.numberedAs(folder) };
    const tell = (uid: number, header: string): void => told(uid as Uid, header);
    try {
      const answers = await Promise.all(
        splitNumberSet(uids, setOctets).map((set) =>
          fetchHeaders(this.session, place, set, uids, fields, headerOctetsMax, tell),
        ),
      );
      const refused = answers.find(({ status }) => status !== 'OK');
      if (refused) this.options.log.debug('refused', { what: 'headers', folder, text: clean(refused.text) });
    } catch (error) {
      throw this.folderFault(error, folder);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.session.isAlive) noteSpeed(this.session, this.facts);
    this.session.leave();
  }

  /** What a call about a folder rejects with. */
  protected folderFault(error: unknown, folder: FolderId): unknown {
    this.#endIfRenumbered(error);
    return folderFaultOf(error, this.options.endpoint, folder);
  }

  /** A folder that was renumbered ends the session: nobody may mix its UIDs. */
  #endIfRenumbered(error: unknown): void {
    if (!(error instanceof ImapError) || error.trouble.kind !== 'renumbered') return;
    const key = this.#renumberingKey(error.trouble.mailbox);
    const { renumberings } = this.facts;
    if (this.session.isAlive && renumberings.size < renumberingsMax) {
      renumberings.set(key, (renumberings.get(key) ?? 0) + 1);
    }
    this.session.close(error.trouble);
  }

  /**
   * Courier numbers a folder anew at each EXAMINE until somebody has once selected it (offlineimap, dovecot's `no-examine`).
   * Where that has been seen again and again, what STATUS says of it is no longer held against EXAMINE.
   */
  #isSettled(folder: FolderId): boolean {
    return (this.facts.renumberings.get(this.#renumberingKey(folder)) ?? 0) < unsettledAfter;
  }

  #renumberingKey(folder: string): string {
    return `${this.name} ${folder}`;
  }

  /** Answers in the order in which calls are made, though servers may work on several at once (Dovecot does). */
  protected inOrder<T>(work: Promise<T>): Promise<T> {
    work.catch(() => {});
    const mine = this.#before.then(() => work);
    this.#before = mine.then(nothing, nothing);
    return mine;
  }

  /** The name of a folder on the wire. */
  protected octets(folder: FolderId): string {
    // Whoever has asked for anything else wants to see what came of it.
    this.#listed = null;
    return octetsOf(folder, this.spelling);
  }

  /** UIDVALIDITY as last told of a folder, so that UIDs are never used under another. */
  protected numberedAs(folder: FolderId): number | null {
    return this.#numbered.get(folder) ?? null;
  }

  async #watch(signal: AbortSignal): Promise<void> {
    const place: Place = { mailbox: 'INBOX', mode: 'examine' };
    try {
      let isQuiet = true;
      while (isQuiet && !signal.aborted) {
        const renewal = AbortSignal.timeout(idleMs);
        isQuiet = !(await idle(this.session, place, AbortSignal.any([signal, renewal])));
      }
    } catch (error) {
      throw faultOf(error, this.options.endpoint);
    }
  }

  /** Whether told by STATUS or on opening: this connection must not tell two UIDVALIDITYs of one folder. */
  #noteNumbers(folder: FolderId, uidValidity: number): void {
    const before = this.#numbered.get(folder);
    if (before !== undefined && uidValidity !== before) throw new ImapError({ kind: 'renumbered', mailbox: folder });
    this.#numbered.set(folder, uidValidity);
  }

  /** The state of a folder as it was opened. Servers that leave out UIDNEXT or UIDVALIDITY get ones that mislead nobody. */
  #stateOf(folder: FolderId, opened: Opened, largestUid: number): FolderState {
    const uidValidity = opened.uidValidity ?? this.#pretended;
    if (opened.uidValidity !== null) this.#noteNumbers(folder, opened.uidValidity);
    return {
      uidValidity: uidValidity as UidValidity,
      uidNext: (opened.uidNext ?? largestUid + 1) as Uid,
      messages: opened.exists,
      highestModSeq: this.traits.changes === 'none' ? null : opened.highestModSeq,
    };
  }
}

const unknownState: FolderState = {
  uidValidity: 0 as UidValidity,
  uidNext: 1 as Uid,
  messages: 0,
  highestModSeq: null,
};
const everything: UidSet = [[1 as Uid, maxUid]];

function nothing(): void {}

function isIn(set: UidSet, uid: number): boolean {
  return set.length === 1
    ? uid >= (set[0]?.[0] ?? 1) && uid <= (set[0]?.[1] ?? 0)
    : set.some(([first, last]) => uid >= first && uid <= last);
}

/** Those of `uids` below `end` that did not come. */
function missingOf(uids: UidSet, got: NumberGatherer, end: number): readonly Uid[] {
  const missing: Uid[] = [];
  for (const [first, last] of uids) {
    // An open end asks for what there is; any other UID was asked for by name.
    const stop = last === maxUid ? end - 1 : last;
    for (let uid = first as number; uid <= stop; uid++) if (!got.has(uid)) missing.push(uid as Uid);
  }
  return missing;
}

function below(ranges: NumberSet, uidNext: number): UidSet {
  return uidSetOf(
    ranges.filter(([first]) => first < uidNext).map(([first, last]) => [first, Math.min(last, uidNext - 1)]),
  );
}
