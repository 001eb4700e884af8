/**
 * Where things go wrong between an engine and an array: asked before each operation touches the mailbox and again before
 * its answer is given, so that a test can lose the connection, the reply or a single message at any point.
 */

import type { FolderId, Uid } from '#domain/item.ts';
import type { Fault } from '#domain/fault.ts';
import type { Refusal } from './manners.ts';

export type MemoryOperation =
  | { readonly kind: 'open' | 'folders' }
  | { readonly kind: 'list' | 'changes' | 'headers' | 'store' | 'expunge'; readonly folder: FolderId }
  /** `copied`, of a platform that moves by copies: the copies are made, and the originals are still there. */
  | { readonly kind: 'move' | 'copied' | 'rename'; readonly folder: FolderId }
  /** One message of a `read`. */
  | { readonly kind: 'read'; readonly folder: FolderId; readonly uid: Uid; readonly sizeBytes: number }
  | { readonly kind: 'prepare'; readonly path: readonly string[] }
  /** One message of a batch, the `index`th, as its last octet has come. */
  | { readonly kind: 'append-message'; readonly folder: FolderId; readonly index: number; readonly bytes: Uint8Array }
  /** The command that stores: the whole batch where they are stored together, else one message of it. */
  | { readonly kind: 'append'; readonly folder: FolderId; readonly messages: number };

export type Mishap =
  /** The connection is lost: nothing was done (before), or it was done and nobody hears of it (after). */
  | { readonly kind: 'cut' }
  /** The connection is lost when so many octets of the message have been handed over (`read`, before). */
  | { readonly kind: 'cut-inside'; readonly afterBytes: number }
  /** The operation fails with this fault and the connection lives on. */
  | { readonly kind: 'fault'; readonly fault: Fault }
  /** The platform leaves this message out of its answer, without a word (`read`, before). */
  | { readonly kind: 'withheld' }
  /** `NO`, in words: of the rest of a `read`, of a folder in `prepare`, of a `move`, or of one message (`append-message`). */
  | { readonly kind: 'refused'; readonly refusal: Refusal }
  /** `append` before: said to be stored and is not. */
  | { readonly kind: 'lie' }
  /** `append`: a vague refusal after which nobody knows; before, nothing was stored, after, all was. */
  | { readonly kind: 'vague'; readonly text: string };

export interface MemoryFaults {
  before?(operation: MemoryOperation): Mishap | null;
  after?(operation: MemoryOperation): Mishap | null;
}

/** Nothing goes wrong. */
export const noFaults: MemoryFaults = {};
