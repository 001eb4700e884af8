/** What the conformance suite puts into a mailbox in memory and finds there, past every connector. */

import type { FolderContents, Hands } from '../conformance.ts';
import type { MemoryFolder } from './folder.ts';
import type { MemoryMailbox } from './platform.ts';

export function memoryHands(mailbox: MemoryMailbox): Hands {
  const at = (path: readonly string[]): MemoryFolder => {
    const folder = mailbox.folder(mailbox.nameOf(path));
    if (!folder) throw new Error(`no folder ${path.join(' > ')}`);
    return folder;
  };
  return {
    create: async (path) => void mailbox.create(path),
    add: async (path, message) => at(path).add(message).uid,
    setFlags: async (path, uid, flags) => {
      const folder = at(path);
      const message = folder.message(uid);
      if (message) folder.setFlags(message, flags);
    },
    expunge: async (path, uids) => void at(path).expunge(uids),
    renumber: async (path) => at(path).renumber(1_000),
    contents: async () => mailbox.folders.map((folder) => contentsOf(mailbox, folder)),
  };
}

function contentsOf(mailbox: MemoryMailbox, folder: MemoryFolder): FolderContents {
  return {
    path: folder.path,
    selectable: folder.selectable,
    subscribed: mailbox.subscriptions.has(folder.name),
    messages: folder.messages.map(({ uid, bytes, flags, internalDate }) => ({ uid, bytes, flags, internalDate })),
  };
}
