/** Fills mailboxes by MULTIAPPEND (RFC 3502) with LITERAL+ (RFC 7888): how stores are seeded, and the floor that copies are compared with. */

import { Buffer } from 'node:buffer';
import { quoted, type RawImap } from './raw-imap.ts';
import { type MadeMailbox, type MadeMessage, messageBytes } from './workload.ts';

/** A command holds at most so much: the size that all of them gain from, and that a server still takes in one transaction. */
const batchMessages = 200;
const batchBytes = 16 * 1024 * 1024;

/** A folder whose commands lie in memory, ready to be sent. */
export interface ReadyFolder {
  readonly path: string;
  readonly subscribed: boolean;
  /** What follows `APPEND name` for each command: heads, bytes, CRLF. */
  readonly commands: readonly (readonly Buffer[])[];
}

export function readyMailbox(mailbox: MadeMailbox): readonly ReadyFolder[] {
  return mailbox.folders.map(({ path, subscribed, messages }) => ({
    path,
    subscribed,
    commands: batches(messages).map((batch) => appendParts(batch)),
  }));
}

/** Fills a mailbox a command at a time, making each as it is sent: for stores larger than memory should hold. */
export async function seed(imap: RawImap, mailbox: MadeMailbox): Promise<void> {
  await fill(
    imap,
    mailbox.folders.map((folder) => ({ ...folder, commands: [] })),
  );
  for (const { path, messages } of mailbox.folders) {
    for (const batch of batches(messages)) await imap.ask(`APPEND ${quoted(path)}`, appendParts(batch));
  }
}

/** Creates the folders, subscribes to some, and appends all mail, without waiting for an answer before the last. */
export async function fill(imap: RawImap, folders: readonly ReadyFolder[]): Promise<void> {
  const under: Promise<unknown>[] = [];
  for (const { path, subscribed } of folders) {
    if (path !== 'INBOX') under.push(imap.ask(`CREATE ${quoted(path)}`));
    if (subscribed) under.push(imap.ask(`SUBSCRIBE ${quoted(path)}`));
  }
  for (const { path, commands } of folders) {
    for (const parts of commands) under.push(imap.ask(`APPEND ${quoted(path)}`, parts));
  }
  await Promise.all(under);
}

/** ` (flags) "date" {n+}` and the bytes of each message, and the CRLF that ends the command. */
export function appendParts(messages: readonly MadeMessage[]): Buffer[] {
  const parts: Buffer[] = [];
  for (const message of messages) {
    parts.push(
      Buffer.from(` (${message.flags.join(' ')}) "${message.internalDate}" {${message.sizeBytes}+}\r\n`, 'latin1'),
    );
    parts.push(messageBytes(message));
  }
  parts.push(Buffer.from('\r\n'));
  return parts;
}

function batches(messages: readonly MadeMessage[]): MadeMessage[][] {
  const made: MadeMessage[][] = [];
  let batch: MadeMessage[] = [];
  let bytes = 0;
  for (const message of messages) {
    if (batch.length === batchMessages || (batch.length > 0 && bytes + message.sizeBytes > batchBytes)) {
      made.push(batch);
      batch = [];
      bytes = 0;
    }
    batch.push(message);
    bytes += message.sizeBytes;
  }
  if (batch.length > 0) made.push(batch);
  return made;
}
