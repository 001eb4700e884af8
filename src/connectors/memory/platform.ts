/**
 * The reference platform: mailboxes made of arrays, with every number that IMAP keeps about them (RFC 9051 §2.3.1,
 * RFC 7162 §3.1). `memorySource` and `memoryTarget` look at it through our ports, the server of `labs/sim` through IMAP.
 * Everything here is synchronous and true; mishaps are added by those who look.
 */

import type { Instant, SpecialUse, Uid, UidValidity } from '#domain/item.ts';
import { MemoryFolder } from './folder.ts';
import { type Arriving, faithful, isRefusal, type Manners, type Refusal } from './manners.ts';

export type { MemoryFolder, MemoryMessage } from './folder.ts';

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

  /** Gives a folder another name; it is the same folder, with its messages and its numbers. */
  rename(name: string, path: readonly string[]): void {
    const folder = this.folder(name);
    if (!folder) return;
    this.create(path);
    this.#folders.delete(folder.name);
    folder.name = this.nameOf(path);
    folder.path = path;
    this.#folders.set(folder.name, folder);
    this.touched();
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

function compareNames(a: readonly string[], b: readonly string[]): number {
  for (let i = 0; i < Math.min(a.length, b.length); i++) {
    const left = a[i] as string;
    const right = b[i] as string;
    if (left !== right) return left === 'INBOX' ? -1 : right === 'INBOX' ? 1 : left < right ? -1 : 1;
  }
  return a.length - b.length;
}
