/** What the ledger in memory knows of one mailbox, and what each change makes of it. */

import type { FolderId } from '#domain/item.ts';
import { UidMap } from '#domain/uid-map.ts';
import type { Exception, FolderRecord, Intent, LedgerChange, SentMessage } from '#ports/ledger.ts';

/** Values are never changed, only replaced: a copy is cheap. */
export class Contents {
  folders = new Map<FolderId, FolderRecord>();
  maps = new Map<FolderId, UidMap>();
  flags = new Map<FolderId, Uint8Array>();
  intents = new Map<number, Intent>();
  sent = new Map<number, ReadonlyMap<number, SentMessage>>();
  exceptions = new Map<string, Exception>();

  copy(): Contents {
    const copy = new Contents();
    copy.folders = new Map(this.folders);
    copy.maps = new Map(this.maps);
    copy.flags = new Map(this.flags);
    copy.intents = new Map(this.intents);
    copy.sent = new Map(this.sent);
    copy.exceptions = new Map(this.exceptions);
    return copy;
  }

  applyAll(changes: readonly LedgerChange[]): void {
    for (const change of changes) this.#apply(change);
  }

  #apply(change: LedgerChange): void {
    switch (change.kind) {
      case 'folder':
        this.folders.set(change.record.source, change.record);
        return;
      case 'mapped':
        this.maps.set(change.folder, this.#map(change.folder).with(change.runs));
        return;
      case 'unmapped': {
        let map = this.#map(change.folder);
        for (const [first, last] of change.uids) map = map.without(first, last);
        this.maps.set(change.folder, map);
        return;
      }
      case 'flags':
        if (change.packed) this.flags.set(change.folder, change.packed);
        else this.flags.delete(change.folder);
        return;
      case 'map-dropped':
        this.maps.delete(change.folder);
        this.flags.delete(change.folder);
        return;
      case 'intent':
        this.intents.set(change.intent.id, change.intent);
        this.sent.set(change.intent.id, byUid(change.intent.sent));
        return;
      case 'sent':
        if (!this.intents.has(change.intent)) return;
        this.sent.set(change.intent, byUid([...(this.sent.get(change.intent)?.values() ?? []), ...change.messages]));
        return;
      case 'settled':
        this.intents.delete(change.intent);
        this.sent.delete(change.intent);
        return;
      case 'exception': {
        const { folder, uid, kind } = change.exception;
        this.exceptions.set(JSON.stringify([folder, uid, kind]), change.exception);
        return;
      }
      case 'exception-gone':
        this.exceptions.delete(JSON.stringify([change.folder, change.uid, change.what]));
        return;
      default:
        change satisfies never;
    }
  }

  #map(folder: FolderId): UidMap {
    return this.maps.get(folder) ?? UidMap.empty;
  }
}

/** What was learnt last of a message counts. */
function byUid(messages: readonly SentMessage[]): ReadonlyMap<number, SentMessage> {
  return new Map(messages.map((message) => [message.uid, message]));
}
