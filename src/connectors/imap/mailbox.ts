/** The reading half of a mailbox over IMAP. It only ever sends EXAMINE, FETCH with PEEK, LIST, STATUS and their like. */

import { setTimeout as sleep } from 'node:timers/promises';
import type { Folder, FolderId, FolderState, FolderTree, Listing, Uid } from '#domain/item.ts';
import { type UidSet, uidSet } from '#domain/uid-set.ts';
import {
  type Delta,
  headerOctetsMax,
  type HeaderTold,
  type MessageSink,
  type ReadOutcome,
  type Source,
  type Traits,
} from '#ports/mailbox.ts';
import * as imap from '#protocols/imap/index.ts';
import { noteSpeed } from './compression.ts';
import { faultOf, folderFaultOf, passingOf, throttleOf } from './faults.ts';
import { askForFolders, grow } from './folder-tree.ts';
import { type Asked, changesOf, listingOf } from './listing.ts';
import { octetsOf, ownerOf, type Spelling } from './names.ts';
import { Numbering } from './numbering.ts';
import type { SignedIn } from './open.ts';
import type { ImapOptions } from './options.ts';
import { keyOf } from './prepare.ts';
import type { ServerFacts } from './server-memory.ts';
import { missingOf, setOctets } from './uid-sets.ts';
import { watchInbox } from './watch.ts';

/** A listing made at sign-in answers the first question, if that comes no later than this. */
const listedFreshMs = 2_000;
/** Before messages are asked for again that a server could not give at the moment. Somebody locks the folder, or it starts up. */
const passingWaitsMs = [250, 1_000, 3_000] as const;

export class ImapReader implements Source {
  readonly name: string;
  readonly traits: Traits;
  readonly watch?: (signal: AbortSignal) => Promise<void>;
  protected readonly session: imap.Session;
  protected readonly options: ImapOptions;
  protected readonly facts: ServerFacts;
  protected spelling: Spelling;
  /** The folders as last listed, by the key of their path. */
  protected knownFolders: ReadonlyMap<string, Folder> = new Map();
  protected readonly numbering: Numbering;
  /** Nobody uses this any more, and its session may be another's. */
  readonly #left = new AbortController();
  /** Resolves when every call so far has been answered. */
  #before: Promise<void> = Promise.resolve();
  #listed: { readonly listed: Promise<imap.Listed | null>; readonly at: number } | null;

  constructor({ session, listed }: SignedIn, options: ImapOptions) {
    this.session = session;
    this.options = options;
    this.facts = options.servers.of(options.endpoint);
    this.name = options.name;
    this.numbering = new Numbering(session, this.facts, options.name);
    this.spelling = { isUtf8: session.isUtf8, separator: null, prefix: '' };
    this.#listed = listed && { listed, at: performance.now() };
    const { capabilities, enabled } = session;
    this.traits = {
      changes: enabled.has('QRESYNC') ? 'flags-and-vanished' : capabilities.has('CONDSTORE') ? 'flags' : 'none',
      tellsUids: capabilities.has('UIDPLUS'),
      moves: capabilities.has('MOVE') ? 'at-once' : capabilities.has('UIDPLUS') ? 'by-copies' : 'never',
      batches: capabilities.has('MULTIAPPEND') && !this.facts.lies.has('multiappend') ? 'together' : 'one-by-one',
      appendLimitBytes: capabilities.appendLimitBytes,
      roundTripMs: session.line.roundTripMs,
    };
    if (capabilities.has('IDLE')) this.watch = (signal) => this.#watch(signal);
  }

  folders(): Promise<FolderTree> {
    return this.inOrder(this.#folders());
  }

  list(folder: FolderId, uids: UidSet | 'all', withSizes: boolean): Promise<Listing> {
    return this.inOrder(this.#ask(folder, (asked) => listingOf(asked, uids, withSizes)));
  }

  ownerOf(folder: FolderId): Folder['belongsTo'] {
    return ownerOf(this.octets(folder), this.facts.namespaces);
  }

  changes(folder: FolderId, since: FolderState): Promise<Delta | null> {
    return this.inOrder(this.#ask(folder, (asked) => changesOf(asked, since)));
  }

  read(folder: FolderId, uids: UidSet, sink: MessageSink, withWords = false): Promise<ReadOutcome> {
    return this.inOrder(this.#read(folder, uids, sink, withWords));
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
      // Of a mailbox that is open, servers tell what this session has seen so far (RFC 9051 §6.3.11): NOOP has them look.
      // Waited for, since Dovecot answers LIST before a NOOP that was sent ahead of it.
      if (!listed && this.session.hasOpen) await imap.noop(this.session);
      const { tree, spelling } = grow(
        listed ?? (await askForFolders(this.session, this.facts)),
        this.session,
        this.facts,
      );
      this.spelling = spelling;
      for (const { id, state } of tree.folders)
        if (state && this.numbering.isSettled(id)) this.numbering.note(id, state.uidValidity);
      this.knownFolders = new Map(tree.folders.map((folder) => [keyOf(folder.path), folder]));
      return tree;
    } catch (error) {
      this.numbering.endIfRenumbered(error);
      throw faultOf(error, this.options.endpoint);
    }
  }

  /** Runs a question about a folder; what goes wrong is a fault of that folder or of the connection. */
  async #ask<T>(folder: FolderId, question: (asked: Asked) => Promise<T>): Promise<T> {
    const { session, traits, numbering } = this;
    const mailbox = this.octets(folder);
    try {
      return await question({ session, traits, numbering, folder, mailbox });
    } catch (error) {
      throw this.folderFault(error, folder);
    }
  }

  async #read(folder: FolderId, uids: UidSet, sink: MessageSink, withWords: boolean): Promise<ReadOutcome> {
    if (uids.length === 0) return { missing: [], refused: null };
    const got = new imap.NumberGatherer();
    const place = this.#place(folder);
    const { mailbox } = place;
    const ask = (set: string, wanted: imap.NumberSet): ReturnType<typeof imap.fetchBodies> =>
      imap.fetchBodies(this.session, place, set, wanted, got, sink, withWords);
    try {
      const answers = await Promise.all(imap.splitNumberSet(uids, setOctets).map((set) => ask(set, uids)));
      const opened = answers[0]?.opened as imap.Opened;
      const end = Math.max(opened.uidNext ?? 1, (got.set.at(-1)?.[1] ?? 0) + 1);
      // Where nothing had been listed, one by one would be a question for each number that there could be.
      if (answers.some(({ isUidLate }) => isUidLate) && !withWords) {
        this.options.log.debug('the server puts UID behind the body: reading one by one', {
          host: this.options.endpoint.host,
        });
        const singles = missingOf(uids, got, end).map((uid) => ask(String(uid), [[uid, uid]]));
        answers.push(...(await Promise.all(singles)));
      }
      const refusalIn = (some: typeof answers): imap.Tagged | undefined => {
        const refusal = some.find(({ answer }) => answer.status !== 'OK')?.answer;
        // It says nothing of these messages, which else would be named for it.
        const throttle = refusal ? throttleOf(refusal, this.options.endpoint) : null;
        if (throttle) throw throttle;
        return refusal;
      };
      let refused = refusalIn(answers);
      const isPassing = (): boolean =>
        refused !== undefined && passingOf(refused, this.options.endpoint, mailbox) !== null;
      for (const waitMs of passingWaitsMs) {
        const missing = uidSet(missingOf(uids, got, end));
        if (!isPassing() || missing.length === 0) break;
        await this.#wait(waitMs);
        const sets = imap.splitNumberSet(missing, setOctets);
        refused = refusalIn(await Promise.all(sets.map((set) => ask(set, missing))));
      }
      return {
        missing: missingOf(uids, got, end),
        refused: refused
          ? {
              code: refused.code === null ? null : imap.clean(refused.code.name, 40),
              text: imap.clean(refused.text),
              isPassing: isPassing(),
            }
          : null,
      };
    } catch (error) {
      throw this.folderFault(error, folder);
    }
  }

  async #headers(folder: FolderId, uids: UidSet, fields: readonly string[], told: HeaderTold): Promise<void> {
    const place = this.#place(folder);
    const tell = (uid: number, header: string): void => told(uid as Uid, header);
    try {
      const answers = await Promise.all(
        imap
          .splitNumberSet(uids, setOctets)
          .map((set) => imap.fetchHeaders(this.session, place, set, uids, fields, headerOctetsMax, tell)),
      );
      const refused = answers.find(({ status }) => status !== 'OK');
      if (refused) this.options.log.debug('refused', { what: 'headers', folder, text: imap.clean(refused.text) });
    } catch (error) {
      throw this.folderFault(error, folder);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#left.abort();
    if (this.session.isAlive) noteSpeed(this.session, this.facts);
    if (!this.options.kept?.keep(this.session)) this.session.leave();
  }

  async #wait(ms: number): Promise<void> {
    const { signal } = this.#left;
    await sleep(ms, undefined, { signal }).catch(() => undefined);
    if (signal.aborted) throw new imap.ImapError({ kind: 'closed', why: 'by us' });
  }

  /** What a call about a folder rejects with. */
  protected folderFault(error: unknown, folder: FolderId): unknown {
    this.numbering.endIfRenumbered(error);
    return folderFaultOf(error, this.options.endpoint, folder);
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

  /** Where UIDs are fetched that were told before. */
  #place(folder: FolderId): imap.Place {
    return { mailbox: this.octets(folder), mode: 'examine', uidValidity: this.numbering.of(folder) };
  }

  async #watch(signal: AbortSignal): Promise<void> {
    try {
      await watchInbox(this.session, signal);
    } catch (error) {
      throw faultOf(error, this.options.endpoint);
    }
  }
}

function nothing(): void {}
