/**
 * What the engines ask of a mailbox at either end. The same few questions serve Dovecot, Exchange and an array in memory.
 *
 * Calls are answered in the order in which they are made and may be made without awaiting the earlier ones: a connector
 * puts them on the wire at once (a round trip per folder would cost more than all the bytes). Faults are thrown from the
 * catalogue (`domain/fault.ts`). A lost connection rejects every call under way with a fault whose retry is `soon` or
 * `paced`, and the mailbox is then of no more use: the engine opens another. A UIDVALIDITY holds for the life of a session:
 * a connector that meets another one than it has told treats the connection as lost, so that no UID is read under both.
 */

import type { Folder, FolderId, FolderState, FolderTree, Instant, Listing, Uid, UidValidity } from '#domain/item.ts';
import type { UidSet } from '#domain/uid-set.ts';

/** How a mailbox is reached. A function, so that an engine can open it again after a cut. Signs in before it resolves. */
export type OpenSource = (signal: AbortSignal) => Promise<Source>;
export type OpenTarget = (signal: AbortSignal) => Promise<Target>;

/** Takes the bytes of messages as they come off the wire. Every call returns at once; nothing here may throw. */
export interface MessageSink {
  /**
   * A message begins; `sizeBytes` octets will follow, exactly, or `broken` is called. `words` only where they were asked for,
   * and null also then where the platform tells them too late.
   */
  begin(uid: Uid, sizeBytes: number, words: MessageWords | null): void;
  /**
   * Some octets of the message. They are lent: the reader may write over them as soon as `returned()` says so, so what
   * must be kept is copied.
   */
  data(chunk: Uint8Array): void;
  /** The message is whole. */
  end(): void;
  /** The message that began will never be whole: the connection was lost inside it. */
  broken(): void;
  /**
   * Asked after each stretch of calls that came from one read buffer: null when everything lent so far may be written
   * over, else a promise for that moment. While it is pending the reader reads only into other buffers, of which it has
   * few: this is the back-pressure, and there is no other. It resolves in the end whatever happens (it never rejects).
   */
  returned(): Promise<void> | null;
}

/** What a platform says of a message beside its bytes. */
export interface MessageWords {
  /** In any order, perhaps with `\Recent`; see `Listing.flags`. */
  readonly flags: readonly string[];
  readonly internalDate: Instant | null;
}

/** Reading: all that is ever done to a source before the switch, and how a target is read back. */
export interface Reader extends AsyncDisposable {
  /** `imaps://host`-like, without secrets, for messages to people. */
  readonly name: string;
  readonly traits: Traits;

  /**
   * Every folder as it stands now, parents before children, with its state where the platform tells it cheaply. Where it
   * is the first thing asked, the answer may be as old as the opening of the mailbox, which saves a round trip.
   */
  folders(): Promise<FolderTree>;

  /**
   * The messages of a folder: all, or those in `uids`. `*` as the end of the last range is spelt `maxUid`. Never marks
   * anything (`EXAMINE`). Sizes are told only when `withSizes`, since some servers open every message to know them.
   * Throws `folder.gone` only where the platform says beyond doubt that there is no such folder, since mail is removed on
   * that word (what a user may not look up is told in the same words, and cannot be known apart); any other refusal is `folder.unreadable`, or `folder.busy`.
   */
  list(folder: FolderId, uids: UidSet | 'all', withSizes: boolean): Promise<Listing>;

  /** Whose a folder is or was, listed or not (RFC 2342 §5); a reader without it has only folders of its user. */
  ownerOf?(folder: FolderId): Folder['belongsTo'];

  /**
   * What changed since `since`, or null where this platform cannot tell (no CONDSTORE, other UIDVALIDITY, or it has
   * forgotten that far back): then `list` everything and compare.
   */
  changes(folder: FolderId, since: FolderState): Promise<Delta | null>;

  /**
   * Streams messages into `sink` in ascending UIDs, as far as the platform returns them. Resolves with the UIDs that were
   * asked and not returned (gone meanwhile, or withheld by a server that cannot render them). A server's refusal (`NO`) is
   * not "empty": it lands in `refused` with its words. `withWords`: flags and dates are told with the messages, which
   * need not have been listed.
   */
  read(folder: FolderId, uids: UidSet, sink: MessageSink, withWords?: boolean): Promise<ReadOutcome>;

  /**
   * Tells of the header fields named in `fields` of each message, without its body: as they stand in the message, one
   * character per octet, at most 16 kB. Messages that the platform does not tell of are left out.
   */
  headers(folder: FolderId, uids: UidSet, fields: readonly string[], told: HeaderTold): Promise<void>;

  /** Ends the session politely if it still lives; never throws. */
  [Symbol.asyncDispose](): Promise<void>;
}

/** Called in ascending UIDs as far as the platform keeps to them; returns at once. */
export type HeaderTold = (uid: Uid, header: string) => void;

/** So much of a message's header fields is told. */
export const headerOctetsMax = 16 * 1024;

/** The end that mail is leaving. It has no verbs that write. */
export interface Source extends Reader {
  /** Waits until the platform says that something may have changed, or until the signal aborts. The method is the capability. */
  watch?(signal: AbortSignal): Promise<void>;
}

/** The end that mail is moving to. */
export interface Target extends Reader {
  /**
   * Creates what is missing of `orders` (parents before children), subscribes, and answers in the same order with the
   * folder as it really stands now, or why it is not there. Asks for special uses where the platform can. Safe to repeat.
   */
  prepare(orders: readonly FolderOrder[]): Promise<readonly FolderOutcome[]>;

  /** Opens one batch of messages on their way into a folder. Nothing is sent before its first `begin`. */
  append(folder: FolderId): Batch;

  /** Adds and removes flags of messages by UID; answers with the flags that the platform refused to set, in its words. */
  store(folder: FolderId, changes: readonly FlagChange[]): Promise<readonly StoreRefusal[]>;

  /** Removes exactly these messages for good (`UID EXPUNGE`, RFC 4315 §2.1). Throws `target.expunge.unavailable` where the platform cannot name them. */
  expunge(folder: FolderId, uids: UidSet): Promise<void>;

  /**
   * Takes exactly these messages into another folder of this mailbox, as they are: `UID MOVE` (RFC 6851), or where `traits.moves`
   * is `by-copies`, `UID COPY` and then `UID EXPUNGE` of the same (RFC 4315). Those that are not there any more are passed over.
   * Answers with why the platform would not; whatever happens, each message is here, there, or (`by-copies`) on both sides.
   */
  move(folder: FolderId, uids: UidSet, to: FolderId): Promise<MoveRefusal | null>;

  /**
   * Gives a folder that holds no others another name, as in `FolderOrder`, with whatever is in it; nobody is subscribed to the old
   * one afterwards. Answers with why the platform would not.
   */
  rename(folder: FolderId, path: readonly string[]): Promise<MoveRefusal | null>;
}

export interface MoveRefusal {
  readonly code: string | null;
  readonly text: string;
}

/** What a platform can do, as far as an engine plans by it. */
export interface Traits {
  /** `changes` can answer (CONDSTORE); `vanished` is told as well (QRESYNC). */
  readonly changes: 'none' | 'flags' | 'flags-and-vanished';
  /** An append is answered with the new UID (UIDPLUS). */
  readonly tellsUids: boolean;
  /** How a message gets into another folder: each in one step, as a copy whose original then goes, or not at all. */
  readonly moves: 'at-once' | 'by-copies' | 'never';
  /** Messages of one batch are promised to be stored all or none (RFC 3502). Promised, not believed. */
  readonly batches: 'together' | 'one-by-one';
  /** The largest message it takes (APPENDLIMIT, RFC 7889), null where it does not say. */
  readonly appendLimitBytes: number | null;
  /** How long a question and its answer take, in milliseconds, as measured at sign-in. */
  readonly roundTripMs: number;
}

/** What changed in a folder since a state. */
export interface Delta {
  readonly state: FolderState;
  /** Messages whose flags may have changed, of those that were there at `since`. Dates and sizes may be null. */
  readonly changed: Listing;
  /** Messages that came after `since` (UID >= since.uidNext), with dates. */
  readonly arrived: Listing;
  /** UIDs that left, possibly with some that never were; null where the platform cannot tell (compare UIDs instead). */
  readonly vanished: UidSet | null;
}

export interface ReadOutcome {
  readonly missing: readonly Uid[];
  /**
   * Set when the platform refused the read or part of it: its code (without brackets) if any, and its words. `isPassing`: it said
   * that it could not at the moment, and has been asked again a few times.
   */
  readonly refused: { readonly code: string | null; readonly text: string; readonly isPassing: boolean } | null;
}

/** A folder that should be on the target. */
export interface FolderOrder {
  /** As `Folder.path`: decoded, relative to the personal namespace. A name that holds the separator is refused. */
  readonly path: readonly string[];
  readonly selectable: boolean;
  readonly subscribed: boolean;
  readonly specialUses: readonly Folder['specialUses'][number][];
}

export type FolderOutcome =
  | {
      readonly kind: 'there';
      readonly folder: Folder;
      readonly created: boolean;
      readonly subscribed: boolean;
      readonly specialUseRefused: boolean;
    }
  | { readonly kind: 'refused'; readonly code: string | null; readonly text: string };

/**
 * Messages on their way into one folder. It is a sink with the words that an APPEND wants; calls come in the order
 * begin, data*, end, begin, … and then `finish` once, or `abandon`.
 */
export interface Batch {
  begin(message: AppendMessage): void;
  data(chunk: Uint8Array): void;
  end(): void;
  /** As `MessageSink.returned`. */
  returned(): Promise<void> | null;
  /** After the last `end`: completes the command and resolves with an outcome per message, in order. Does not throw. */
  finish(): Promise<readonly AppendOutcome[]>;
  /** Inside a message or after one: makes sure that the target never sees the command's last octet, by closing the connection if it must. */
  abandon(): void;
}

export interface AppendMessage {
  readonly flags: readonly string[];
  readonly internalDate: Instant | null;
  readonly sizeBytes: number;
}

/**
 * Three values, not two. `unknown` is what a lost reply, a vague NO or a cut leaves behind: the engine looks before it
 * sends again. A batch that was refused together bears the same refusal on each of its messages (`together` true).
 */
export type AppendOutcome =
  | { readonly kind: 'stored'; readonly uidValidity: UidValidity | null; readonly uid: Uid | null }
  | {
      readonly kind: 'refused';
      readonly because: RefusalCause;
      readonly code: string | null;
      readonly text: string;
      readonly together: boolean;
    }
  /** `answered`: the platform did answer, with a refusal too vague to be a proof; else the connection was lost. */
  | { readonly kind: 'unknown'; readonly text: string; readonly answered?: boolean };

/** Why an append was refused, as far as its code or words tell. `message` and `unclear` are bisected to one message. */
export type RefusalCause =
  | 'message'
  | 'too-big'
  | 'flags'
  | 'date'
  | 'quota'
  | 'folder'
  | 'read-only'
  | 'later'
  | 'unclear';

export interface FlagChange {
  readonly uids: UidSet;
  readonly add: readonly string[];
  readonly remove: readonly string[];
}

export interface StoreRefusal {
  readonly uids: UidSet;
  readonly flags: readonly string[];
  readonly code: string | null;
  readonly text: string;
}

/** The end of an open range: the largest number a UID can be (RFC 9051 §9, `nz-number`). */
export const maxUid = 0xffff_ffff as Uid;
