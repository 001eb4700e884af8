/** Which rows of a ledger have to be written for the database to say what its holder knows. */

import type { Uid } from '#domain/item.ts';
import type { Exception, Intent, SentMessage } from '#ports/ledger.ts';
import type { LedgerFolder, WrittenPage } from './ledger-pages.ts';
import type { MapPiece } from './ledger-runs.ts';

/** An exception that is no more. */
export interface ExceptionGone {
  readonly folder: number;
  readonly uid: Uid;
  readonly kind: Exception['kind'];
}

/** Rows of one ledger as they are to be: no row is both put and gone. */
export interface RowChanges {
  readonly pages: readonly WrittenPage[];
  readonly pieces: readonly (MapPiece & { readonly folder: number })[];
  readonly piecesGone: readonly { readonly folder: number; readonly first: number }[];
  readonly flags: readonly { readonly folder: number; readonly packed: Uint8Array }[];
  readonly flagsGone: readonly number[];
  readonly intents: readonly Intent[];
  readonly intentsGone: readonly number[];
  readonly sent: readonly {
    readonly intent: number;
    readonly part: number;
    readonly messages: readonly SentMessage[];
  }[];
  /** Intents of which everything noted before is to be dropped. */
  readonly sentGone: readonly number[];
  readonly exceptions: readonly { readonly folder: number; readonly exception: Exception }[];
  readonly exceptionsGone: readonly ExceptionGone[];
}

/** What is not in the rows yet: which of them are out of date, and what is in no row at all. */
export class Changed {
  readonly pages = new Set<number>();
  readonly maps = new Set<LedgerFolder>();
  readonly flags = new Map<number, Uint8Array | null>();
  /** Begun, begun anew or settled. */
  readonly intents = new Set<number>();
  readonly sent = new Map<number, readonly SentMessage[]>();
  readonly exceptions = new Map<string, ExceptionGone & { readonly exception: Exception | null }>();

  exception(folder: number, uid: Uid, kind: Exception['kind'], exception: Exception | null): void {
    this.exceptions.set(`${folder} ${uid} ${kind}`, { folder, uid, kind, exception });
  }
}
