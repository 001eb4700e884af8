/**
 * Which control plane leads: the one whose session holds an advisory lock, on a connection of its own. The lock goes with the
 * session, and the session when its process is killed, and also when it says nothing for `silenceMs`: PostgreSQL ends it then
 * (`idle_session_timeout`), whether the process was stopped or its machine vanished without a word.
 */

import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import type { Election, Lead } from '#ports/workforce.ts';
import { databaseFault, isPassing } from './database-fault.ts';
import type { Database } from './db.ts';

/** Any number that nobody else takes: "Gdwl". */
const lock = 0x4764776c;
/** Between two questions whether it is free, or between two signs of life. */
const askMs = 1_000;
/** A session that says nothing for so long ends. */
const silenceMs = 8_000;
/** An answer that takes longer than this may be one of a session that has ended: we stop before another begins. */
const answerMaxMs = 5_000;

export function openElection(db: Database): Election {
  return { lead: (signal, waiting) => lead(db, signal, waiting) };
}

async function lead(db: Database, signal: AbortSignal, waiting: () => void = () => undefined): Promise<Lead> {
  let toldOnce = false;
  for (;;) {
    signal.throwIfAborted();
    try {
      const held = await candidacy(db, signal, () => {
        if (!toldOnce) waiting();
        toldOnce = true;
      });
      if (held) return held;
    } catch (error) {
      signal.throwIfAborted();
      if (!isPassing(error)) throw databaseFault.of(error, db.name) ?? error;
    }
    await sleep(askMs, undefined, { signal });
  }
}

/** Asks on one connection for as long as it lasts; null when it ended. */
async function candidacy(db: Database, signal: AbortSignal, waiting: () => void): Promise<Lead | null> {
  const client = await db.connect();
  let isElected = false;
  try {
    await client.query(`set idle_session_timeout = ${silenceMs}`);
    for (;;) {
      signal.throwIfAborted();
      const { rows } = await client.query<{ free: boolean }>('select pg_try_advisory_lock($1) as free', [lock]);
      if (rows[0]?.free) {
        isElected = true;
        return new HeldLead(client);
      }
      waiting();
      await sleep(askMs, undefined, { signal });
    }
  } finally {
    if (!isElected) void client.end().catch(() => undefined); // it may have ended by itself
  }
}

class HeldLead implements Lead {
  readonly #client: pg.Client;
  readonly #lost = new AbortController();
  readonly #ended = new AbortController();

  constructor(client: pg.Client) {
    this.#client = client;
    client.once('end', () => this.#lose());
    void this.#giveSignsOfLife();
  }

  get lost(): AbortSignal {
    return this.#lost.signal;
  }

  async #giveSignsOfLife(): Promise<void> {
    try {
      for (;;) {
        await sleep(askMs, undefined, { signal: this.#ended.signal });
        const tooLong = sleep(answerMaxMs, 'late' as const, { signal: this.#ended.signal });
        const answer = await Promise.race([this.#client.query('select 1'), tooLong]);
        if (answer === 'late') break;
      }
    } catch {
      // The session has ended, or we end it: either way there is nothing more to be said.
    }
    this.#lose();
  }

  #lose(): void {
    this.#ended.abort();
    if (!this.#lost.signal.aborted) this.#lost.abort(new Error('another control plane may lead now'));
    void this.#client.end().catch(() => undefined); // it has ended already, or nobody is there to hear it
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ended.abort();
    await this.#client.end().catch(() => undefined); // the session is gone either way, and the lock with it
  }
}
