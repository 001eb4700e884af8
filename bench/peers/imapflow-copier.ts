/**
 * A copier as one writes it with imapflow: a pair of connections per mailbox, messages fetched by the library's own
 * iterator and appended as they come, an UID map per folder in a JSON file, and the shortcuts that the library offers
 * (LIST-STATUS, CHANGEDSINCE). Fair to it: nothing is looked at twice, and a folder that has not moved is not opened.
 *
 * Run as `node imapflow-copier.ts ORDER.json`; the order is written by `imapflow.ts`.
 */

import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ImapFlow, type ListResponse } from 'imapflow';
import type { Address } from './peer.ts';

interface Order {
  readonly users: readonly string[];
  readonly source: Address;
  readonly target: Address;
  readonly password: string;
  readonly stateFolder: string;
}

interface FolderMap {
  uidValidity: string;
  uidNext: number;
  highestModseq: string;
  messages: number;
  /** Source UID to target UID. */
  uids: Record<string, number>;
}

type MailboxMap = Record<string, FolderMap>;

const order = JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8')) as Order;
for (const user of order.users) await copyMailbox(user);

async function copyMailbox(user: string): Promise<void> {
  const source = client(order.source, user);
  const target = client(order.target, user);
  await Promise.all([source.connect(), target.connect()]);
  const mapFile = join(order.stateFolder, `${user}.json`);
  const map: MailboxMap = existsSync(mapFile) ? (JSON.parse(readFileSync(mapFile, 'utf8')) as MailboxMap) : {};
  const statusQuery = { messages: true, uidNext: true, uidValidity: true, highestModseq: true };
  const [from, there] = await Promise.all([source.list({ statusQuery }), target.list()]);
  const known = new Map(there.map((folder) => [folder.path, folder]));
  let moved = false;
  for (const folder of from) {
    if (folder.flags.has('\\Noselect') || folder.flags.has('\\NonExistent')) continue;
    const other = known.get(folder.path);
    if (other === undefined) await target.mailboxCreate(folder.path);
    // mailboxCreate has subscribed already.
    const subscribed = other === undefined || other.subscribed === true;
    if (folder.subscribed && !subscribed) await target.mailboxSubscribe(folder.path);
    if (!folder.subscribed && subscribed) await target.mailboxUnsubscribe(folder.path);
    moved = (await copyFolder(source, target, folder, map)) || moved;
  }
  if (moved) {
    writeFileSync(`${mapFile}.new`, JSON.stringify(map));
    renameSync(`${mapFile}.new`, mapFile);
  }
  await Promise.all([source.logout(), target.logout()]);
}

function client(address: Address, user: string): ImapFlow {
  return new ImapFlow({
    host: address.caFile === null ? address.host : 'localhost',
    port: address.port,
    secure: address.caFile !== null,
    ...(address.caFile === null ? { doSTARTTLS: false } : { tls: { ca: readFileSync(address.caFile) } }),
    auth: { user, pass: order.password },
    logger: false,
  });
}

/** True when something was done. */
async function copyFolder(source: ImapFlow, target: ImapFlow, folder: ListResponse, map: MailboxMap): Promise<boolean> {
  const { status } = folder;
  const now = {
    uidValidity: String(status?.uidValidity ?? ''),
    uidNext: status?.uidNext ?? 1,
    highestModseq: String(status?.highestModseq ?? ''),
    messages: status?.messages ?? 0,
  };
  const before = map[folder.path];
  if (before === undefined || before.uidValidity !== now.uidValidity) {
    const made: FolderMap = { ...now, uids: {} };
    map[folder.path] = made;
    if (now.messages === 0) return true;
    await source.mailboxOpen(folder.path, { readOnly: true });
    await appendFrom(source, target, folder.path, '1:*', made);
    return true;
  }
  if (before.highestModseq === now.highestModseq && before.uidNext === now.uidNext && before.messages === now.messages)
    return false;
  await source.mailboxOpen(folder.path, { readOnly: true });
  await carryFlags(source, target, folder.path, before);
  await carryRemovals(source, target, folder.path, before);
  if (now.uidNext > before.uidNext) await appendFrom(source, target, folder.path, `${before.uidNext}:*`, before);
  Object.assign(before, now);
  return true;
}

async function appendFrom(
  source: ImapFlow,
  target: ImapFlow,
  path: string,
  range: string,
  map: FolderMap,
): Promise<void> {
  const wanted = { uid: true, flags: true, internalDate: true, source: true };
  // An open mailbox would make imapflow filter flags by it and add a NOOP to every append.
  if (target.mailbox !== false) await target.mailboxClose();
  for await (const message of source.fetch(range, wanted, { uid: true })) {
    // `n:*` also names the last message when it is older than n (RFC 9051 §6.4.8).
    if (map.uids[message.uid] !== undefined || message.source === undefined) continue;
    const flags = [...(message.flags ?? [])].filter((flag) => flag !== '\\Recent');
    const done = await target.append(path, message.source, flags, message.internalDate);
    if (done === false || done.uid === undefined) throw new Error(`no UID for ${path} ${message.uid}`);
    map.uids[message.uid] = done.uid;
  }
}

async function carryFlags(source: ImapFlow, target: ImapFlow, path: string, map: FolderMap): Promise<void> {
  const changed: { readonly uid: number; readonly flags: readonly string[] }[] = [];
  for await (const message of source.fetch(
    '1:*',
    { uid: true, flags: true },
    { uid: true, changedSince: BigInt(map.highestModseq) },
  )) {
    if (map.uids[message.uid] !== undefined) changed.push({ uid: message.uid, flags: [...(message.flags ?? [])] });
  }
  if (changed.length === 0) return;
  await target.mailboxOpen(path);
  for (const { uid, flags } of changed) {
    await target.messageFlagsSet(
      String(map.uids[uid]),
      flags.filter((flag) => flag !== '\\Recent'),
      { uid: true },
    );
  }
}

async function carryRemovals(source: ImapFlow, target: ImapFlow, path: string, map: FolderMap): Promise<void> {
  const found = await source.search({ all: true }, { uid: true });
  const left = new Set(found === false || found === undefined ? [] : found);
  const gone = Object.keys(map.uids).filter((uid) => !left.has(Number(uid)));
  if (gone.length === 0) return;
  await target.mailboxOpen(path);
  await target.messageDelete(gone.map((uid) => String(map.uids[uid])).join(','), { uid: true });
  for (const uid of gone) delete map.uids[uid];
}
