/**
 * The two Dovecots of an evening, as large as one machine can carry them: sign-in in its high-performance mode (few processes
 * with many connections each), processes that are reused, no fsync. What is set is printed with the result.
 */

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type DovecotServer, startDovecot } from '../labs/dovecot.ts';
import type { CpuCounter } from './cpu.ts';
import { RawImap } from './raw-imap.ts';

/** They guard made-up mail on loopback for as long as the bench runs. */
export const password = 'bench';
/** Signs in on behalf of everybody. */
export const mover = { name: 'mover', password: 'an evening' } as const;

export interface Sides extends AsyncDisposable {
  readonly source: DovecotServer;
  readonly target: DovecotServer;
}

export const storage = 'mdbox';

/** Said with the result, so that nobody takes these for servers that wait for disks. */
export const serversAre =
  'two Dovecot 2.3, mdbox, mail_fsync=never, service_count=0 for sign-in and reused imap processes, clear text on loopback';

export async function startSides(folder: string, counter: CpuCounter): Promise<Sides> {
  // Anybody may sign in with this: names are those of the estate.
  const extra = `
passdb {
  driver = static
  args = password=${password}
}
service imap {
  process_min_avail = 8
  process_limit = 2048
}
service auth {
  client_limit = 8192
}
`;
  const start = async (side: 'source' | 'target'): Promise<DovecotServer> => {
    const mailRoot = join(folder, side);
    mkdirSync(mailRoot, { recursive: true });
    const server = await startDovecot({ users: [], master: mover, storage, mailRoot, extra });
    counter.enrol(side, server.pid);
    return server;
  };
  const source = await start('source');
  const target = await start('target').catch(async (error: unknown) => {
    await source[Symbol.asyncDispose]();
    throw error;
  });
  return {
    source,
    target,
    async [Symbol.asyncDispose]() {
      await Promise.all([source[Symbol.asyncDispose](), target[Symbol.asyncDispose]()]);
    },
  };
}

/** Signs in as the owner of a mailbox. */
export async function signedIn({ host, port }: DovecotServer, address: string): Promise<RawImap> {
  const imap = await RawImap.open({ host, port, ca: null });
  await imap.signIn(address, password);
  return imap;
}

/** Connections of the bench's own, for seeding and reading. */
export const lanes = 6;

/** Calls `work` for each, `atOnce` at a time, and tells `tick` how many are done. Throws the first error. */
export async function forAll<T>(
  all: readonly T[],
  atOnce: number,
  work: (each: T, number: number) => Promise<void>,
  tick: (done: number) => void,
): Promise<void> {
  let next = 0;
  let done = 0;
  const lane = async (): Promise<void> => {
    while (next < all.length) {
      const number = next++;
      await work(all[number] as T, number);
      tick(++done);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, lane));
}
