/** The reading half of a mailbox in memory, and the whole of a source. Nothing in here writes to the mailbox. */

import type { Folder, FolderId, FolderState, FolderTree, Listing, Uid } from '#domain/item.ts';
import { ListingBuilder } from '#domain/listing.ts';
import { hasUid, uidSet, uidsOf, type UidSet } from '#domain/uid-set.ts';
import {
  type Delta,
  headerOctetsMax,
  type HeaderTold,
  type MessageSink,
  type ReadOutcome,
  type Source,
  type Traits,
} from '#ports/mailbox.ts';
import { LentBytes } from './lent-bytes.ts';
import type { MemoryFolder, MemoryMessage } from './folder.ts';
import type { Session } from './session.ts';

export class MemorySource implements Source {
  readonly name: string;
  readonly traits: Traits;
  protected readonly session: Session;
  readonly #lender: LentBytes;

  constructor(session: Session) {
    this.session = session;
    this.name = session.options.name;
    this.traits = session.options.traits;
    this.#lender = new LentBytes(session.options.chance.fork());
  }

  folders(): Promise<FolderTree> {
    return this.session.inTurn(() => {
      this.session.before({ kind: 'folders' });
      const tree = {
        folders: this.session.mailbox.folders.map((folder) => this.described(folder)),
        separator: this.session.mailbox.options.separator,
      };
      this.session.after({ kind: 'folders' });
      return tree;
    });
  }

  list(id: FolderId, uids: UidSet | 'all', withSizes: boolean): Promise<Listing> {
    return this.session.inTurn(() => {
      this.session.before({ kind: 'list', folder: id });
      const folder = this.session.opened(id);
      const listing = this.#listing(folder, folder.select(uids), true, withSizes);
      this.session.after({ kind: 'list', folder: id });
      return listing;
    });
  }

  changes(id: FolderId, since: FolderState): Promise<Delta | null> {
    return this.session.inTurn(() => {
      this.session.before({ kind: 'changes', folder: id });
      const folder = this.session.opened(id);
      const delta = this.#delta(folder, since);
      this.session.after({ kind: 'changes', folder: id });
      return delta;
    });
  }

  read(id: FolderId, uids: UidSet, sink: MessageSink, withWords = false): Promise<ReadOutcome> {
    return this.session.inTurn(async () => {
      const folder = this.session.opened(id);
      const wanted = folder.select(uids);
      const given = new Set<Uid>();
      for (const message of wanted) {
        const sizeBytes = message.bytes.length;
        const mishap = this.session.before({ kind: 'read', folder: id, uid: message.uid, sizeBytes });
        if (mishap?.kind === 'withheld') continue;
        if (mishap?.kind === 'refused') {
          const { code, text } = mishap.refusal;
          const isPassing = code === 'UNAVAILABLE' || code === 'INUSE';
          return { missing: missingOf(uids, given, folder), refused: { code, text, isPassing } };
        }
        const whole = mishap?.kind !== 'cut-inside';
        await this.#give(message, sink, withWords, whole ? sizeBytes : Math.min(mishap.afterBytes, sizeBytes - 1));
        given.add(message.uid);
        this.session.after({ kind: 'read', folder: id, uid: message.uid, sizeBytes });
      }
      return { missing: missingOf(uids, given, folder), refused: null };
    });
  }

  headers(id: FolderId, uids: UidSet, fields: readonly string[], told: HeaderTold): Promise<void> {
    return this.session.inTurn(() => {
      this.session.before({ kind: 'headers', folder: id });
      for (const { uid, bytes } of this.session.opened(id).select(uids)) told(uid, fieldsOf(bytes, fields));
      this.session.after({ kind: 'headers', folder: id });
    });
  }

  /** Waits for any change of the mailbox. Rejects when the connection is lost meanwhile. */
  watch(signal: AbortSignal): Promise<void> {
    return this.session.inTurn(
      () =>
        new Promise<void>((resolve, reject) => {
          if (signal.aborted) return resolve();
          const done = (settle: () => void): void => {
            stopWatching();
            stopMourning();
            signal.removeEventListener('abort', aborted);
            settle();
          };
          const aborted = (): void => done(resolve);
          const stopWatching = this.session.mailbox.watch(() => done(resolve));
          const stopMourning = this.session.whenLost((lost) => done(() => reject(lost)));
          signal.addEventListener('abort', aborted, { once: true });
        }),
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.session.lose('closed by us');
  }

  protected described(folder: MemoryFolder): Folder {
    return {
      id: folder.name as FolderId,
      path: folder.path,
      selectable: folder.selectable,
      subscribed: this.session.mailbox.subscriptions.has(folder.name),
      specialUses: folder.specialUses,
      belongsTo: 'personal',
      virtual: false,
      state: folder.selectable ? this.#state(this.session.opened(folder.name as FolderId)) : null,
    };
  }

  /** Gives the first `octets` of a message; when that is not all of it, the connection is lost there. */
  async #give(message: MemoryMessage, sink: MessageSink, withWords: boolean, octets: number): Promise<void> {
    const { flags, internalDate } = message;
    sink.begin(message.uid, message.bytes.length, withWords ? { flags, internalDate } : null);
    await this.#lender.give(sink, message.bytes, 0, octets);
    if (octets < message.bytes.length || this.session.lost) {
      sink.broken();
      throw this.session.lose('cut inside a message');
    }
    sink.end();
  }

  #state(folder: MemoryFolder): FolderState {
    return this.traits.changes === 'none' ? { ...folder.state, highestModSeq: null } : folder.state;
  }

  #listing(folder: MemoryFolder, messages: readonly MemoryMessage[], dates: boolean, sizes: boolean): Listing {
    const listing = new ListingBuilder(this.#state(folder));
    for (const { uid, flags, internalDate, bytes } of messages) {
      listing.add(uid, flags, dates ? internalDate : null, sizes ? bytes.length : null);
    }
    return listing;
  }

  #delta(folder: MemoryFolder, since: FolderState): Delta | null {
    if (this.traits.changes === 'none' || since.uidValidity !== folder.uidValidity) return null;
    const modSeq = since.highestModSeq;
    if (modSeq === null) return null;
    const vanishedIsTold = this.traits.changes === 'flags-and-vanished';
    if (vanishedIsTold && modSeq < folder.remembersSince) return null;
    const changed = folder.messages.filter((message) => message.uid < since.uidNext && message.modSeq > modSeq);
    const arrived = folder.messages.filter((message) => message.uid >= since.uidNext);
    const vanished = folder.expunged
      .filter((gone) => gone.modSeq > modSeq && gone.uid < since.uidNext)
      .map((gone) => gone.uid);
    return {
      state: this.#state(folder),
      changed: this.#listing(folder, changed, false, false),
      arrived: this.#listing(folder, arrived, true, false),
      vanished: vanishedIsTold ? uidSet(vanished) : null,
    };
  }
}

/** The named fields of a message's header as they stand, one character per octet. */
function fieldsOf(bytes: Uint8Array, names: readonly string[]): string {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1');
  const end = text.search(/\r?\n\r?\n/);
  const wanted = new Set(names.map((name) => name.toLowerCase()));
  const kept = (end < 0 ? text : text.slice(0, end))
    .split(/\r?\n(?![ \t])/)
    .filter((field) => wanted.has((field.split(':', 1)[0] as string).trim().toLowerCase()));
  return kept
    .map((field) => `${field}\r\n`)
    .join('')
    .slice(0, headerOctetsMax);
}

/** Bounded by what the folder can hold, since the end of a set may be spelt `maxUid`. */
function missingOf(uids: UidSet, given: ReadonlySet<Uid>, folder: MemoryFolder): readonly Uid[] {
  const bounded = uids
    .filter(([first]) => first < folder.uidNext)
    .map(([first, last]) => [first, Math.min(last, folder.uidNext - 1) as Uid] as const);
  const beyond = uids.filter(([first, last]) => first >= folder.uidNext && last - first < 1_000);
  return [...uidsOf(bounded), ...uidsOf(beyond)].filter((uid) => !given.has(uid) && hasUid(uids, uid));
}
