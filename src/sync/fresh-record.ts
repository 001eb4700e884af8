/** What the ledger holds of a folder before anything has been done in it. */

import { emptyDigest } from '#domain/digest.ts';
import type { FolderId } from '#domain/item.ts';
import type { FolderRecord } from '#ports/ledger.ts';

/** The record of a folder that has not been dealt with before. */
export function freshRecord(source: FolderId, target: FolderId): FolderRecord {
  return {
    source,
    target,
    sourceState: null,
    targetState: null,
    sourceUidValidity: null,
    targetUidValidity: null,
    digest: emptyDigest,
    messages: 0,
    bytes: 0,
  };
}
