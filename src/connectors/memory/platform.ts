/**
 * The reference platform: mailboxes made of arrays, with every number that IMAP keeps about them (RFC 9051 §2.3.1,
 * RFC 7162 §3.1). `memorySource` and `memoryTarget` look at it through our ports, the server of `labs/sim` through IMAP.
 * Everything here is synchronous and true; mishaps are added by those who look.
 */

import type { FolderState, Instant, ModSeq, SpecialUse, Uid, UidValidity } from '#domain/item.ts';
import { tidyFlags } from '#domain/listing.ts';
import { hasUid, type UidSet } from '#domain/uid-set.ts';
import { type Arriving, faithful, isRefusal, type Manners, type Refusal } from './manners.ts';

export interface MemoryMessage {
  readonly uid: Uid;
  readonly bytes: Uint8Array;
  readonly internalDate: Instant;
  /** Sorted, without `\Recent`. Replaced, never changed in place. */
  flags: readonly string[];
  modSeq: ModSeq;
}

export interface MemoryMailboxOptions {
  /** Null for a flat tree. */
  readonly separator: string | null;
  readonly manners: Manners;
  /** The clock that gives a date to messages that come without one, in whole seconds since 1970. */
  readonly now: () => Instant;
  /** Octets in all that it holds, null for as many as there is memory. */
  readonly quotaBytes: number | null;
  /** Whether it keeps a special use that a client gives to a folder (RFC 6154 §3). */
  readonly keepsSpecialUses: boolean;
  /** Whether a keyword may be set on a message; `\*` of PERMANENTFLAGS (RFC 9051 §7.1). */
  readonly takesKeyword: (keyword: string) => boolean;
}

const usual: MemoryMailboxOptions = {
  separator: '/',
  manners: faithful,
  now: () => Math.floor(Date.now() / 1000) as Instant,
  quotaBytes: null,
  keepsSpecialUses: true,
  takesKeyword: () => true,
};

/** Many mailboxes, by the name their owner signs in with. */
export class MemoryPlatform {
  readonly mailboxes = new Map<string, MemoryMailbox>();

  /** Adds a mailbox with an empty inbox. */
  add(user: string, options: Partial<MemoryMailboxOptions> = {}): MemoryMailbox {
    const mailbox = new MemoryMailbox(options);
    this.mailboxes.set(user, mailbox);
    return mailbox;
  }
}

export class MemoryMailbox {
  readonly options: MemoryMailboxOptions;
  /** By full name, in the order in which they came to be. */
  readonly #folders = new Map<string, MemoryFolder>();
  /** Names, which need not be those of folders that exist (RFC 9051 §6.3.7). */
  readonly subscriptions = new Set<string>();
  readonly #watchers = new Set<() => void>();
  #lastUidValidity = 1_000;

  constructor(options: Partial<MemoryMailboxOptions> = {}) {
    this.options = { ...usual, ...options };
    this.create(['INBOX']);
  }

  /** Parents before children, as one would read a tree aloud. */
  get folders(): readonly MemoryFolder[] {
    return [...this.#folders.values()].sort((a, b) => compareNames(a.path, b.path));
  }

  folder(name: string): MemoryFolder | undefined {
    return this.#folders.get(this.canonical(name));
  }

  /** The name under which a folder is kept: its first part is `INBOX` in capitals however it is written (RFC 9051 §5.1). */
  canonical(name: string): string {
    const { separator } = this.options;
    const end = separator === null ? -1 : name.indexOf(separator);
    const first = end < 0 ? name : name.slice(0, end);
    return first.toUpperCase() === 'INBOX' ? `INBOX${name.slice(first.length)}` : name;
  }

  nameOf(path: readonly string[]): string {
    return this.canonical(path.join(this.options.separator ?? ''));
  }

  /** Creates a folder, and the parents it lacks as folders that cannot be selected; the folder as it is if it is there. */
  create(path: readonly string[], selectable = true, specialUses: readonly SpecialUse[] = []): MemoryFolder {
    for (let depth = 1; depth < path.length; depth++) {
      const parent = path.slice(0, depth);
      if (!this.#folders.has(this.nameOf(parent))) this.#put(parent, false, []);
    }
    const found = this.#folders.get(this.nameOf(path));
    if (!found) return this.#put(path, selectable, specialUses);
    if (selectable && !found.selectable) {
      found.selectable = true;
      this.touched();
    }
    return found;
  }

  /** Takes a folder and its messages away for good; its subscription stays (RFC 9051 §6.3.5). */
  delete(name: string): void {
    this.#folders.delete(this.canonical(name));
    this.touched();
  }

  /** Octets of all messages. */
  get bytes(): number {
    let bytes = 0;
    for (const folder of this.#folders.values()) for (const message of folder.messages) bytes += message.bytes.length;
    return bytes;
  }

  /** Takes messages in as the platform's manners have it: all of them, or the first refusal and where it was. */
  arrive(folder: MemoryFolder, messages: readonly Arriving[]): Arrival {
    const stored: Arriving[] = [];
    let room = this.options.quotaBytes === null ? Number.POSITIVE_INFINITY : this.options.quotaBytes - this.bytes;
    for (const [index, message] of messages.entries()) {
      const outcome = this.options.manners(message);
      if (isRefusal(outcome)) return { kind: 'refused', index, refusal: outcome };
      room -= outcome.bytes.length;
      if (room < 0) return { kind: 'refused', index, refusal: overQuota };
      stored.push({ ...outcome, flags: outcome.flags.filter((flag) => this.takes(flag)) });
    }
    return { kind: 'stored', uids: stored.map((message) => folder.add(message).uid) };
  }

  takes(flag: string): boolean {
    return flag.startsWith('\\') || this.options.takesKeyword(flag);
  }

  /** Calls `watcher` at every change, until the function that is returned is called. */
  watch(watcher: () => void): () => void {
    this.#watchers.add(watcher);
    return () => this.#watchers.delete(watcher);
  }

  touched(): void {
    for (const watcher of this.#watchers) watcher();
  }

  freshUidValidity(): UidValidity {
    return ++this.#lastUidValidity as UidValidity;
  }

  #put(path: readonly string[], selectable: boolean, specialUses: readonly SpecialUse[]): MemoryFolder {
    const folder = new MemoryFolder(this, this.nameOf(path), path, selectable, specialUses);
    this.#folders.set(folder.name, folder);
    this.touched();
    return folder;
  }
}

export type Arrival =
  | { readonly kind: 'stored'; readonly uids: readonly Uid[] }
  | { readonly kind: 'refused'; readonly index: number; readonly refusal: Refusal };

const overQuota: Refusal = { because: 'quota', code: 'OVERQUOTA', text: 'Quota exceeded (mailbox for user is full)' };

export class MemoryFolder {
  readonly name: string;
  readonly path: readonly string[];
  selectable: boolean;
  specialUses: readonly SpecialUse[];
  uidValidity: UidValidity;
  uidNext = 1 as Uid;
  highestModSeq: ModSeq = 1n;
  /** Expunges before this are forgotten: a delta since an older state cannot be told. */
  remembersSince: ModSeq = 0n;
  #messages: MemoryMessage[] = [];
  expunged: readonly { readonly uid: Uid; readonly modSeq: ModSeq }[] = [];
  readonly #mailbox: MemoryMailbox;

  constructor(
    mailbox: MemoryMailbox,
    name: string,
    path: readonly string[],
    selectable: boolean,
    specialUses: readonly SpecialUse[],
  ) {
    this.#mailbox = mailbox;
    this.name = name;
    this.path = name.startsWith('INBOX') && path[0]?.toUpperCase() === 'INBOX' ? ['INBOX', ...path.slice(1)] : path;
    this.selectable = selectable;
    this.specialUses = specialUses;
    this.uidValidity = mailbox.freshUidValidity();
  }

  /** Ascending by UID. It grows in place; who walks through it across an await takes a copy (`select`). */
  get messages(): readonly MemoryMessage[] {
    return this.#messages;
  }

  get state(): FolderState {
    const { uidValidity, uidNext, highestModSeq } = this;
    return { uidValidity, uidNext, messages: this.messages.length, highestModSeq };
  }

  /** Adds a message as it is, under the next UID. */
  add(message: Arriving): MemoryMessage {
    const added: MemoryMessage = {
      uid: this.uidNext,
      bytes: message.bytes,
      internalDate: message.internalDate ?? this.#mailbox.options.now(),
      flags: tidyFlags(message.flags),
      modSeq: ++this.highestModSeq,
    };
    this.uidNext = (this.uidNext + 1) as Uid;
    this.#messages.push(added);
    this.#mailbox.touched();
    return added;
  }

  message(uid: number): MemoryMessage | undefined {
    let low = 0;
    let high = this.messages.length - 1;
    while (low <= high) {
      const middle = (low + high) >> 1;
      const message = this.messages[middle] as MemoryMessage;
      if (message.uid === uid) return message;
      if (message.uid < uid) low = middle + 1;
      else high = middle - 1;
    }
    return undefined;
  }

  /** The messages that a set names, ascending; what it names and is not there is passed over. */
  select(uids: UidSet | 'all'): readonly MemoryMessage[] {
    return uids === 'all' ? [...this.messages] : this.messages.filter((message) => hasUid(uids, message.uid));
  }

  /** Gives a message these flags. Nothing moves when it has them already. */
  setFlags(message: MemoryMessage, flags: readonly string[]): void {
    const tidy = tidyFlags(flags);
    if (tidy.join(' ') === message.flags.join(' ')) return;
    message.flags = tidy;
    message.modSeq = ++this.highestModSeq;
    this.#mailbox.touched();
  }

  /** Takes exactly these messages away, under one new mod-sequence (RFC 7162 §3.2.10). */
  expunge(uids: UidSet): readonly Uid[] {
    const gone = this.messages.filter((message) => hasUid(uids, message.uid));
    if (gone.length === 0) return [];
    const modSeq = ++this.highestModSeq;
    this.#messages = this.#messages.filter((message) => !hasUid(uids, message.uid));
    this.expunged = [...this.expunged, ...gone.map(({ uid }) => ({ uid, modSeq }))];
    this.#mailbox.touched();
    return gone.map(({ uid }) => uid);
  }

  /** What a restore from backup or a fail-over does: the same messages under another UIDVALIDITY and other UIDs. */
  renumber(firstUid = 1): void {
    this.uidValidity = this.#mailbox.freshUidValidity();
    const modSeq = ++this.highestModSeq;
    this.#messages = this.#messages.map((message, index) => ({ ...message, uid: (firstUid + index) as Uid, modSeq }));
    this.uidNext = (firstUid + this.messages.length) as Uid;
    this.expunged = [];
    this.#mailbox.touched();
  }

  /** Forgets what was expunged so far, as servers do when their log grows long. */
  forgetExpunged(): void {
    this.expunged = [];
    this.remembersSince = this.highestModSeq;
  }
}

function compareNames(a: readonly string[], b: readonly string[]): number {
  for (let i = 0; i < Math.min(a.length, b.length); i++) {
    const left = a[i] as string;
    const right = b[i] as string;
    if (left !== right) return left === 'INBOX' ? -1 : right === 'INBOX' ? 1 : left < right ? -1 : 1;
  }
  return a.length - b.length;
}
