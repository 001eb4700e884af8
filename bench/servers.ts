/**
 * The two Dovecots of the bench, and the mail stores they serve.
 *
 * Both keep mail in memory (/dev/shm) with `mail_fsync=never`: the cheaper the servers, the more a client's own cost
 * shows. A store is made once over IMAP and kept under `.scratch/bench`; a run gets a copy of it under user names of its
 * own (`<run>.<mailbox>`), so that every run starts from the same bytes, an empty target costs nothing, and no server
 * needs to be restarted between two runs.
 */

import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type DovecotServer, startDovecot } from '../labs/dovecot.ts';
import { Authority } from '../labs/tls.ts';
import { seed } from './append.ts';
import type { CpuCounter } from './cpu.ts';
import { type Door, RawImap } from './raw-imap.ts';
import { type Workload, workload, workloadVersion } from './workload.ts';

const run = promisify(execFile);

export type Storage = 'mdbox' | 'sdbox' | 'maildir';

/** Every user of the bench has it. It guards made-up mail on loopback for as long as the bench runs. */
export const password = 'bench';

export interface Ends {
  readonly source: DovecotServer;
  readonly target: DovecotServer;
  readonly storage: Storage;
  /** A folder on a real file system: configuration and state of all clients, ours included. */
  readonly folder: string;
  /** Where the copies lie; see `lay` and `clear`. */
  readonly mailRoots: { readonly source: string; readonly target: string };
}

/** Starts both, runs `work`, and leaves nothing behind but the cached stores. */
export async function withServers<T>(
  storage: Storage,
  counter: CpuCounter,
  work: (ends: Ends) => Promise<T>,
): Promise<T> {
  const memory = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();
  const mail = join(memory, `godwit-bench-${process.pid}`);
  const folder = join(scratchFolder, `run-${process.pid}`);
  const mailRoots = { source: join(mail, 'source'), target: join(mail, 'target') };
  for (const path of [mailRoots.source, mailRoots.target, folder]) mkdirSync(path, { recursive: true });
  const clean = (): void => {
    for (const path of [mail, folder]) rmSync(path, { recursive: true, force: true, maxRetries: 5 });
  };
  process.once('exit', clean);
  // Anybody may sign in: the names of a run are made up as it goes.
  const extra = `passdb {\n  driver = static\n  args = password=${password}\n}\n`;
  try {
    // One authority for both, since tools are told of one.
    const authority = new Authority();
    const tls = { ...authority.good(), ca: authority.certificate };
    await using source = await startDovecot({ users: [], storage, tls, mailRoot: mailRoots.source, extra });
    await using target = await startDovecot({ users: [], storage, tls, mailRoot: mailRoots.target, extra });
    counter.enrol('source', source.pid);
    counter.enrol('target', target.pid);
    return await work({ source, target, storage, folder, mailRoots });
  } finally {
    process.off('exit', clean);
    clean();
  }
}

export function door(server: DovecotServer, tls: boolean): Door {
  if (!tls) return { host: server.host, port: server.port, ca: null };
  return { host: server.host, port: server.tlsPort ?? 0, ca: readFileSync(server.caFile ?? '', 'latin1') };
}

/** Signs in on one of the ends. */
export async function session(server: DovecotServer, user: string): Promise<RawImap> {
  const imap = await RawImap.open(door(server, false));
  await imap.signIn(user, password);
  return imap;
}

export function userOf(runName: string, mailbox: string): string {
  return `${runName}.${mailbox}`;
}

/** Gives a run its source: a copy of the made mailboxes under the run's names. */
export async function lay(ends: Ends, id: Workload['id'], runName: string): Promise<void> {
  const store = await cachedStore(ends, id);
  const copy = join(ends.mailRoots.source, `.${runName}`);
  await run('cp', ['-a', store, copy]);
  for (const mailbox of readdirSync(copy))
    renameSync(join(copy, mailbox), join(ends.mailRoots.source, userOf(runName, mailbox)));
  rmSync(copy, { recursive: true });
}

/** Takes both sides of a run away. */
export function clear(ends: Ends, runName: string): void {
  for (const root of [ends.mailRoots.source, ends.mailRoots.target]) {
    for (const name of readdirSync(root)) {
      if (name.startsWith(`${runName}.`)) rmSync(join(root, name), { recursive: true, force: true, maxRetries: 5 });
    }
  }
}

/** On the disk of the checkout: cached stores, state of the tools, what is kept of failures. */
export const scratchFolder = join(import.meta.dirname, '..', '.scratch', 'bench');

async function cachedStore(ends: Ends, id: Workload['id']): Promise<string> {
  const store = join(scratchFolder, 'stores', `${id}-${ends.storage}-v${workloadVersion}`);
  if (existsSync(store)) return store;
  mkdirSync(join(scratchFolder, 'stores'), { recursive: true });
  const made = workload(id);
  for (const mailbox of made.mailboxes) {
    await using imap = await session(ends.source, userOf('seed', mailbox.name));
    await seed(imap, mailbox);
  }
  const half = `${store}.half`;
  rmSync(half, { recursive: true, force: true });
  mkdirSync(half);
  for (const mailbox of made.mailboxes) {
    await run('cp', ['-a', join(ends.mailRoots.source, userOf('seed', mailbox.name)), join(half, mailbox.name)]);
  }
  clear(ends, 'seed');
  renameSync(half, store);
  return store;
}
