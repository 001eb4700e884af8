/** What is listed of messages that left the source and stay on the target, or are on their way out of it. */

import type { Uid } from '#domain/item.ts';
import type { Exception } from '#ports/ledger.ts';
import type { FolderWork } from './engine.ts';

export const leftTheSource = 'left-the-source';
/** The code of what is noted before our copy goes: whoever finds it does not know whether it went. */
export const beingRemoved = 'being-removed';

export function keptOf(
  work: FolderWork,
  uid: Uid,
  why: string,
  element: Uint8Array | null,
  sizeBytes: number | null,
): Exception {
  return {
    folder: work.source.id,
    sourceUidValidity: (work.record.sourceUidValidity ?? 0) as Exception['sourceUidValidity'],
    uid,
    kind: 'kept',
    code: leftTheSource,
    detail: why,
    sizeBytes,
    messageId: null,
    elementRead: element,
    elementServed: null,
  };
}
