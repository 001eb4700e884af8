/** Fills an account over IMAP as fast as the server takes it: folders, then messages by MULTIAPPEND (RFC 3502). */

import { toWire } from './folder-names.ts';
import type { LabServer, LabUser } from './server.ts';
import { type Reply, Wire, WireRefusal } from './wire.ts';

export interface SeedMessage {
  /** What it is for, so that a refusal can name it. */
  readonly name: string;
  readonly bytes: Buffer;
  readonly flags?: readonly string[];
  /** As in an APPEND, e.g. `01-Jan-2020 10:00:00 +0000`; the server's now when absent. */
  readonly internalDate?: string;
}

export interface SeedFolder {
  /** Names from the root down, in Unicode. `['INBOX']` is the inbox. */
  readonly path: readonly string[];
  readonly messages?: Iterable<SeedMessage> | AsyncIterable<SeedMessage>;
  readonly subscribed?: boolean;
  /** E.g. `\Sent`: asked for by CREATE-SPECIAL-USE (RFC 6154 §3) where the server can. */
  readonly specialUse?: string;
  /** Deleted again at the end, which leaves a subscription to nothing. */
  readonly deleted?: boolean;
}

export interface Seeded {
  readonly messages: number;
  readonly bytes: number;
  /** What the server would not take, with its words. */
  readonly refused: readonly { readonly folder: string; readonly name: string; readonly text: string }[];
}

const batchMessages = 100;
const batchBytes = 8 * 1024 * 1024;

/** Creates the folders and appends their messages. Messages the server refuses are named, not thrown. */
export async function seedAccount(server: LabServer, user: LabUser, folders: readonly SeedFolder[]): Promise<Seeded> {
  await using wire = await Wire.signedIn(server.port, user);
  const { separator, canCreateUse } = await hierarchy(wire);
  const total = { messages: 0, bytes: 0, refused: [] as { folder: string; name: string; text: string }[] };
  for (const folder of folders) {
    const name = Buffer.from(folder.path.map(toWire).join(separator), 'latin1');
    const shown = folder.path.join('/');
    if (shown !== 'INBOX') {
      const use = folder.specialUse !== undefined && canCreateUse ? ` (USE (${folder.specialUse}))` : '';
      const made = await wire.command('CREATE ', name, use);
      if (made.status !== 'OK' && !/ALREADYEXISTS|exists/i.test(made.text)) {
        total.refused.push({ folder: shown, name: '(folder)', text: made.text });
        continue;
      }
    }
    if (folder.subscribed === true) await wire.ok('SUBSCRIBE ', name);
    let batch: SeedMessage[] = [];
    let size = 0;
    const flush = async (): Promise<void> => {
      const done = await appendBatch(wire, name, batch);
      total.messages += done.messages;
      total.bytes += done.bytes;
      for (const each of done.refused) total.refused.push({ folder: shown, ...each });
      batch = [];
      size = 0;
    };
    for await (const message of folder.messages ?? []) {
      batch.push(message);
      size += message.bytes.length;
      if (batch.length >= batchMessages || size >= batchBytes) await flush();
    }
    if (batch.length > 0) await flush();
    if (folder.deleted === true) await wire.ok('DELETE ', name);
  }
  return total;
}

/** Appends together; when that is refused, one by one, so that one bad message does not hide the others. */
export async function appendBatch(
  wire: Wire,
  folder: Buffer,
  batch: readonly SeedMessage[],
): Promise<{
  readonly messages: number;
  readonly bytes: number;
  readonly refused: readonly { name: string; text: string }[];
}> {
  const whole = await append(wire, folder, batch);
  if (whole.status === 'OK') return { messages: batch.length, bytes: octetsOf(batch), refused: [] };
  if (/TRYCREATE|NONEXISTENT/.test(whole.text))
    throw new WireRefusal(`APPEND to ${folder.toString('latin1')}: ${whole.text}`);
  const stored: SeedMessage[] = [];
  const refused: { name: string; text: string }[] = [];
  const replies = await Promise.all(batch.map((message) => append(wire, folder, [message])));
  replies.forEach((reply, index) => {
    const message = batch[index] as SeedMessage;
    if (reply.status === 'OK') stored.push(message);
    else refused.push({ name: message.name, text: reply.text });
  });
  return { messages: stored.length, bytes: octetsOf(stored), refused };
}

function append(wire: Wire, folder: Buffer, batch: readonly SeedMessage[]): Promise<Reply> {
  const parts: (string | Uint8Array)[] = ['APPEND ', folder];
  for (const message of batch) {
    if (message.flags !== undefined && message.flags.length > 0) parts.push(` (${message.flags.join(' ')})`);
    if (message.internalDate !== undefined) parts.push(` "${message.internalDate}"`);
    parts.push(' ', message.bytes);
  }
  return wire.command(...parts);
}

async function hierarchy(wire: Wire): Promise<{ readonly separator: string; readonly canCreateUse: boolean }> {
  const list = await wire.ok('LIST "" ""');
  const separator = list.untagged.find((each) => each[0] === 'LIST')?.[2];
  const capabilities = await wire.ok('CAPABILITY');
  return {
    separator: Buffer.isBuffer(separator) ? separator.toString('latin1') : '/',
    canCreateUse: capabilities.untagged.some((each) => each.includes('CREATE-SPECIAL-USE')),
  };
}

function octetsOf(messages: readonly SeedMessage[]): number {
  return messages.reduce((sum, message) => sum + message.bytes.length, 0);
}
