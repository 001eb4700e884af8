/** A folder of the reference platform, and the messages in it (RFC 9051 §2.3.1, RFC 7162 §3.1). */

import type { FolderState, Instant, ModSeq, SpecialUse, Uid, UidValidity } from '#domain/item.ts';
import { tidyFlags } from '#domain/listing.ts';
import { hasUid, type UidSet } from '#domain/uid-set.ts';
import type { Arriving } from './manners.ts';
import type { MemoryMailbox } from './platform.ts';

export interface MemoryMessage {
  readonly uid: Uid;
  readonly bytes: Uint8Array;
  readonly internalDate: Instant;
  /** Sorted, without `\Recent`. Replaced, never changed in place. */
  flags: readonly string[];
  modSeq: ModSeq;
}

/** One folder, with the numbers that IMAP keeps of it. What happens to it is told to whoever watches its mailbox. */
export class MemoryFolder {
  name: string;
  path: readonly string[];
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
