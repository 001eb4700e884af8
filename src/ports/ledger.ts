/**
 * The memory of a move: which source message became which target message, how far we have read, and what is under way.
 * Nothing lasting is kept per message except exceptions, and flags where the source cannot tell which of them changed; see
 * `domain/uid-map.ts` and `domain/carried-flags.ts` for how a million messages are a handful of runs. `ledger-file/` keeps it in one SQLite file for `godwit copy`, `store/ledger.ts` in PostgreSQL for estates.
 */

import type { FolderId, FolderState, Instant, Uid, UidValidity } from '#domain/item.ts';
import type { UidMap, UidRun } from '#domain/uid-map.ts';
import type { UidSet } from '#domain/uid-set.ts';

/**
 * Names both ends of one mailbox's move, e.g. `someone@old.example`, without secrets: by the mailbox, not by the way there
 * (`mailboxKey` of `domain/endpoint.ts`), or two ways to one mailbox would be two ledgers that know nothing of each other.
 */
export interface MailboxPair {
  readonly source: string;
  readonly target: string;
}

export interface LedgerStore extends AsyncDisposable {
  /**
   * Takes one mailbox for this process, until disposed. Throws `ledger.in-use` while another living process has it; one
   * that was killed does not count.
   */
  claim(pair: MailboxPair): Promise<Ledger>;
  /** Looks without taking and without writing (dry run, verify); null when nothing is known of the pair. */
  peek(pair: MailboxPair): Promise<LedgerReader | null>;
}

export interface LedgerReader {
  /** 32 octets from which this mailbox's digests are keyed (HKDF of the state folder's key and the pair). */
  readonly digestKey: Uint8Array;
  folders(): Promise<readonly FolderRecord[]>;
  /** Which source UID became which target UID, for one source folder. */
  map(folder: FolderId): Promise<UidMap>;
  /**
   * The flags that the source's messages bore when they were last dealt with, as packed by `domain/carried-flags.ts`; null
   * where none are kept.
   */
  flags(folder: FolderId): Promise<Uint8Array | null>;
  /** Batches that were begun and never settled: after a crash, what must be looked at before anything is sent. */
  intents(): Promise<readonly Intent[]>;
  exceptions(): Promise<readonly Exception[]>;
}

/** For those who compute no digest. */
export type LedgerLook = Omit<LedgerReader, 'digestKey'>;

export interface Ledger extends LedgerReader, AsyncDisposable {
  /**
   * Applies changes in order, all or none. Resolves when they are durable; a later call is durable no earlier than an
   * earlier one, so one await covers all before it. Rejects with `ledger.disk-full` or `ledger.unwritable`, in an estate with
   * `ledger.lost` when the mailbox is in other hands, and from then on every later write rejects with the same. Does not stall the process while the disk works. A write of nothing waits for
   * what this ledger was told before, and for no disk where all of that is durable.
   */
  write(changes: readonly LedgerChange[]): Promise<void>;
  /**
   * As `write`, for what need not be durable before anything else happens: resolves when a later reader of this ledger
   * would see it; durable no later than the next `write` of this process that changes something, in order with it. A
   * killed process loses nothing of it; a power failure may lose the tail, which the next attempt finds out by looking.
   * May be left unawaited: the next `write` rejects with what it rejected with.
   */
  note(changes: readonly LedgerChange[]): Promise<void>;
}

/** One folder's small record: reading these alone must tell that nothing changed in a mailbox. */
export interface FolderRecord {
  readonly source: FolderId;
  readonly target: FolderId;
  /** Everything up to this state of the source has been dealt with; null before the first pass has ended. */
  readonly sourceState: FolderState | null;
  /** The target as we left it; null when not known. */
  readonly targetState: FolderState | null;
  /** UIDVALIDITY of each side under which the map was made; null where there is no map yet. */
  readonly sourceUidValidity: UidValidity | null;
  readonly targetUidValidity: UidValidity | null;
  /** Sum modulo 2^256 of one element per mapped message (`domain/digest.ts`): 32 octets. */
  readonly digest: Uint8Array;
  /** Messages mapped, and their octets as read from the source. */
  readonly messages: number;
  readonly bytes: number;
}

/** What is about to be appended: durable before the first byte of it is sent. */
export interface Intent {
  /** Unique within the mailbox, given by the engine, ascending. */
  readonly id: number;
  readonly source: FolderId;
  readonly target: FolderId;
  /** What `uids` are numbers of; under another UIDVALIDITY of the source they name other messages. */
  readonly sourceUidValidity: UidValidity;
  readonly targetUidValidity: UidValidity;
  /** Nothing of this intent can have a smaller UID on the target. */
  readonly targetUidNext: Uid;
  /** Source UIDs that may be sent under this intent. */
  readonly uids: UidSet;
  /** What has been learnt of them while their bytes went by; may lag behind. */
  readonly sent: readonly SentMessage[];
}

export interface SentMessage {
  readonly uid: Uid;
  readonly sizeBytes: number;
  readonly internalDate: Instant | null;
  /** The keyed element of the message as read (`domain/digest.ts`): 32 octets. */
  readonly element: Uint8Array;
}

/** Something a person should know of, by name, until it is no longer so. One per folder, UID and kind. */
export interface Exception {
  readonly folder: FolderId;
  readonly sourceUidValidity: UidValidity;
  readonly uid: Uid;
  /** `refused`: did not arrive. `different`: arrived, served otherwise. `kept`: left the source, still on the target. `removed`: people removed it on the target. */
  readonly kind: 'refused' | 'different' | 'kept' | 'removed';
  /** A class or code of `docs/report.md`, e.g. `too-big`, `header8bit`. */
  readonly code: string;
  readonly detail: string;
  readonly sizeBytes: number | null;
  readonly messageId: string | null;
  /** Elements as read and as served, where known. */
  readonly elementRead: Uint8Array | null;
  readonly elementServed: Uint8Array | null;
}

export type LedgerChange =
  | { readonly kind: 'folder'; readonly record: FolderRecord }
  | { readonly kind: 'mapped'; readonly folder: FolderId; readonly runs: readonly UidRun[] }
  | { readonly kind: 'unmapped'; readonly folder: FolderId; readonly uids: UidSet }
  /** Replaces the flags kept of a folder, or with null drops them. */
  | { readonly kind: 'flags'; readonly folder: FolderId; readonly packed: Uint8Array | null }
  /** Drops a folder's whole map, and its flags (its numbers no longer mean anything). */
  | { readonly kind: 'map-dropped'; readonly folder: FolderId }
  | { readonly kind: 'intent'; readonly intent: Intent }
  | { readonly kind: 'sent'; readonly intent: number; readonly messages: readonly SentMessage[] }
  | { readonly kind: 'settled'; readonly intent: number }
  | { readonly kind: 'exception'; readonly exception: Exception }
  | { readonly kind: 'exception-gone'; readonly folder: FolderId; readonly uid: Uid; readonly what: Exception['kind'] };
