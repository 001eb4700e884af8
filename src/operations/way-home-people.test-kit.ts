/** For tests: what people do with a mailbox in memory, and what is in it afterwards, with our folder apart. */

import type { MemoryFolder, MemoryMailbox } from '#connectors/memory/platform.ts';
import type { Uid } from '#domain/item.ts';
import { removedFolder } from '#domain/removed-folder.ts';
import { contents, fill, letter, noon } from './copy-mailbox.test-kit.ts';

export function folderAt(mailbox: MemoryMailbox, path: string): MemoryFolder {
  const folder = mailbox.folder(path);
  if (!folder) throw new Error(`no folder ${path}`);
  return folder;
}

export function remove(mailbox: MemoryMailbox, path: string, ...uids: readonly number[]): void {
  folderAt(mailbox, path).expunge(uids.map((uid) => [uid as Uid, uid as Uid]));
}

/** As a client moves a message: a copy there, and it is gone here. */
export function move(mailbox: MemoryMailbox, from: string, uid: number, to: string): void {
  const message = folderAt(mailbox, from).message(uid);
  if (!message) throw new Error('no message');
  folderAt(mailbox, to).add(message);
  remove(mailbox, from, uid);
}

/** A day of a person: six letters come, flags change, one is moved to a new folder, and one is removed. `n`: which letters. */
export function live(mailbox: MemoryMailbox, n: number): void {
  const inbox = folderAt(mailbox, 'INBOX');
  fill(inbox, n, n + 4);
  const [first, second, third, fourth] = inbox.messages;
  if (!first || !second || !third || !fourth) throw new Error('no mail');
  inbox.setFlags(first, ['\\Seen', '\\Answered', `$Day${n}`]);
  inbox.setFlags(second, []);
  mailbox.create(['Projects', `Day ${n}`]);
  move(mailbox, 'INBOX', third.uid, `Projects/Day ${n}`);
  remove(mailbox, 'INBOX', fourth.uid);
  folderAt(mailbox, `Projects/Day ${n}`).add({ bytes: letter(n + 5), flags: ['\\Draft'], internalDate: noon });
}

export function ofPeople(mailbox: MemoryMailbox): string[] {
  return contents(mailbox).filter((line) => !line.startsWith(removedFolder));
}

export function ofOurs(mailbox: MemoryMailbox): string[] {
  return contents(mailbox).filter((line) => line.startsWith(removedFolder));
}

/** The folders, but for ours. */
export function namesOfPeople(mailbox: MemoryMailbox): string[] {
  return mailbox.folders.map(({ name }) => name).filter((name) => !name.startsWith(removedFolder));
}
