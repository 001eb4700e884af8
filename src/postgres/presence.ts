/**
 * That a process of ours is using the embedded server, told by one idle connection with a shared lock on it. So whoever
 * leaves last knows it and stops the server, whoever started it; nobody who comes meanwhile gets a server that is being
 * stopped; and the end of the server is noticed at once.
 */

import fs from 'node:fs';
import net from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import type { Place } from './place.ts';
import { scramVerifier } from './scram-verifier.ts';

/** Any number that nobody else takes. */
const lock = 0x47647776;
const connectMaxMs = 5_000;
/** A shutdown writes all that is in memory; after this long it is left to itself. */
const stopMaxMs = 60_000;

export class Presence {
  readonly #client: pg.Client;
  readonly #socket: net.Socket;
  readonly #place: Place;
  /** Settles when the server ends, or this process has left it. */
  readonly ended: Promise<void>;

  constructor(client: pg.Client, socket: net.Socket, place: Place) {
    this.#client = client;
    this.#socket = socket;
    this.#place = place;
    this.ended = new Promise((resolve) => client.once('end', resolve));
  }

  /** From here on it is no reason for the process to go on. */
  rest(): void {
    this.#socket.unref();
  }

  /** The port on which it listens besides its socket; null for none. */
  async port(): Promise<number | null> {
    const { rows } = await this.#client.query<{ port: number; addresses: string }>(
      `select current_setting('port')::int as port, current_setting('listen_addresses') as addresses`,
    );
    const [row] = rows;
    return row === undefined || row.addresses === '' ? null : row.port;
  }

  /** What those have to know who come by its port. */
  async setPassword(password: string): Promise<void> {
    // Digits and letters, from which nothing has to be kept off.
    await this.#client.query(`alter role current_user password '${scramVerifier(password)}'`);
  }

  /** Leaves the server, and stops it unless others are using it. Answers whether it was stopped. */
  async leave(): Promise<boolean> {
    this.#socket.ref();
    try {
      const pid = await this.#lastOneOut();
      if (pid === null) return false;
      // Fast shutdown (manual §18.5): sessions are ended, and a checkpoint is written.
      process.kill(pid, 'SIGINT');
      await this.ended;
      await untilGone(pid);
      return true;
    } catch {
      return false; // it ended by itself meanwhile
    } finally {
      await this.#client.end().catch(() => undefined);
    }
  }

  /** The server's process, with nobody else using it and nobody let in any more; else null. */
  async #lastOneOut(): Promise<number | null> {
    const { rows } = await this.#client.query<{ last: boolean }>(
      `select pg_advisory_unlock_shared(${lock}), pg_try_advisory_lock(${lock}) as last`,
    );
    if (!rows[0]?.last) return null;
    const answer = await this.#client.query<{ pid: string }>(
      `select split_part(pg_read_file('postmaster.pid'), E'\\n', 1) as pid`,
    );
    const pid = Number(answer.rows[0]?.pid);
    // In another container, numbers of processes are others.
    return folderOf(pid) === this.#place.data ? pid : null;
  }
}

/** Enters the server of `place`. Null where none answers yet, or it is being stopped. */
export async function enter(place: Place): Promise<Presence | null> {
  if (!saysItIsReady(place)) return null;
  const socket = new net.Socket();
  const client = new pg.Client({
    stream: () => socket,
    connectionString: place.url,
    connectionTimeoutMillis: connectMaxMs,
    application_name: 'godwit',
  });
  client.on('error', () => undefined); // followed by its end, which is looked at
  try {
    await client.connect();
    const { rows } = await client.query<{ let_in: boolean }>(`select pg_try_advisory_lock_shared(${lock}) as let_in`);
    if (rows[0]?.let_in) return new Presence(client, socket, place);
  } catch {
    // Not there, or not yet; why not, if it stays so, stands in its log.
  }
  await client.end().catch(() => undefined);
  return null;
}

/** As the server writes it into postmaster.pid, so that one that recovers is not asked a hundred times. */
function saysItIsReady({ data }: Place): boolean {
  try {
    return /^ready\s*$/m.test(fs.readFileSync(join(data, 'postmaster.pid'), 'utf8'));
  } catch {
    return false; // there is none
  }
}

async function untilGone(pid: number): Promise<void> {
  for (const since = Date.now(); folderOf(pid) !== null && Date.now() - since < stopMaxMs; ) await sleep(20);
}

/** Where a process is at work; null of one that has ended, though nobody may have asked how. */
function folderOf(pid: number): string | null {
  try {
    return fs.readlinkSync(`/proc/${pid}/cwd`);
  } catch {
    return null;
  }
}
