/**
 * What there is to move: folders and messages, in words that no platform owns. Instants are whole seconds since 1970
 * (INTERNALDATE has no finer grain), sizes are octets, flags are spelt as RFC 9051 §2.3.2 spells them.
 */

declare const brand: unique symbol;
type Branded<T, Name extends string> = T & { readonly [brand]: Name };

/** The number a message bears in one folder under one UIDVALIDITY; on a platform without UIDs, one its connector keeps. */
export type Uid = Branded<number, 'Uid'>;
export type UidValidity = Branded<number, 'UidValidity'>;
/** A mod-sequence (RFC 7162 §3.1), up to 63 bits. */
export type ModSeq = bigint;
/** Whole seconds since 1970-01-01T00:00:00Z; may be negative. */
export type Instant = Branded<number, 'Instant'>;
/** A folder's name exactly as its platform writes it; opaque to everyone but that platform's connector. */
export type FolderId = Branded<string, 'FolderId'>;

/** The uses of RFC 6154 (and RFC 8457's `\Important`), in that spelling. */
export type SpecialUse =
  | '\\All'
  | '\\Archive'
  | '\\Drafts'
  | '\\Flagged'
  | '\\Junk'
  | '\\Sent'
  | '\\Trash'
  | '\\Important';

/** The four numbers that tell whether anything moved in a folder; `highestModSeq` is null where the platform keeps none. */
export interface FolderState {
  readonly uidValidity: UidValidity;
  readonly uidNext: Uid;
  readonly messages: number;
  readonly highestModSeq: ModSeq | null;
}

/** One folder of a mailbox. */
export interface Folder {
  readonly id: FolderId;
  /**
   * Decoded names from the root down, e.g. `['Clients', 'Projects']`. The first is `INBOX` in capitals for the inbox. Paths are
   * relative to the personal namespace: where its prefix is `INBOX.`, the folder `INBOX.Sent` has the path `['Sent']`.
   */
  readonly path: readonly string[];
  /** False for a parent that only holds folders (`\Noselect`) and for one that does not exist (`\NonExistent`). */
  readonly selectable: boolean;
  readonly subscribed: boolean;
  readonly specialUses: readonly SpecialUse[];
  /** Whose it is (RFC 2342): only `personal` folders are moved unless asked otherwise. */
  readonly belongsTo: 'personal' | 'other-users' | 'shared';
  /** True where the platform says, or the connector knows, that it shows messages of other folders. */
  readonly virtual: boolean;
  /** Null where the folder cannot be selected or the platform refused to tell. */
  readonly state: FolderState | null;
}

/** All folders of one mailbox, parents before children. */
export interface FolderTree {
  readonly folders: readonly Folder[];
  /** The platform's hierarchy separator, null where the tree is flat. */
  readonly separator: string | null;
}

/**
 * The messages of a folder, or some of them, in columns: a folder of two million takes about 40 MB this way and a heap of
 * objects would take ten times that. Rows are in the order in which the platform told them, normally ascending UIDs.
 */
export interface Listing {
  /** The folder as it was when opened for this listing. */
  readonly state: FolderState;
  readonly length: number;
  uid(row: number): Uid;
  /** Sorted, system flags in RFC spelling, without `\Recent`. Rows with equal flags share one array. */
  flags(row: number): readonly string[];
  /** Null where the platform sent none or one that is not a date. */
  internalDate(row: number): Instant | null;
  /** The platform's own word for the size; an estimate on some. Null where it was not asked for. */
  sizeBytes(row: number): number | null;
}
