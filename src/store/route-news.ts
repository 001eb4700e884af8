/**
 * News of routes by LISTEN, on a connection of its own. Whether they really come is tried now and then, by a notification of our own
 * from another connection: a pooler in between takes LISTEN without a word and passes nothing on, and a connection may be dead without
 * either end knowing. Where they do not come, we look often instead.
 */

import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'kysely';
import type pg from 'pg';
import type { Database } from './db.ts';
import { endSoon } from './short-line.ts';

/** How often is looked where no news come. */
const lookEveryMs = 250;
const tryEveryMs = 10_000;
const trialMostMs = 2_000;
const listenAgainMs = 5_000;

export class RouteNews implements AsyncDisposable {
  readonly #db: Database;
  readonly #ended = new AbortController();
  #listening: Promise<void> | null = null;
  /** Whether news come here. */
  #isHearing = false;
  /** Whether some have come since somebody last asked. */
  #isNews = false;
  readonly #waiting = new Set<() => void>();

  constructor(db: Database) {
    this.#db = db;
  }

  /** Resolves when something has changed since this was called last, or after `mostMs`; earlier where no news come. */
  async changed(mostMs: number, signal: AbortSignal): Promise<void> {
    this.#listening ??= this.#listen();
    if (!this.#isNews) await this.#wait(this.#isHearing ? mostMs : Math.min(mostMs, lookEveryMs), signal);
    this.#isNews = false;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ended.abort();
    await this.#listening;
  }

  async #wait(ms: number, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return;
    const end = Promise.withResolvers<void>();
    const timer = setTimeout(end.resolve, ms);
    const wake = (): void => end.resolve();
    this.#waiting.add(wake);
    signal.addEventListener('abort', wake, { once: true });
    await end.promise;
    clearTimeout(timer);
    this.#waiting.delete(wake);
    signal.removeEventListener('abort', wake);
  }

  #tell(): void {
    this.#isNews = true;
    for (const wake of this.#waiting) wake();
  }

  /** Goes on until the end. What fails here is no misfortune: it is looked often meanwhile, and that says what is wrong. */
  async #listen(): Promise<void> {
    const { signal } = this.#ended;
    while (!signal.aborted) {
      await this.#listenOnce(signal).catch(() => undefined);
      await sleep(listenAgainMs, undefined, { signal }).catch(() => undefined);
    }
  }

  /** Throws when news do not come any more. */
  async #listenOnce(signal: AbortSignal): Promise<void> {
    const client = await this.#db.connect();
    const broken = new AbortController();
    client.once('end', () => broken.abort());
    const over = AbortSignal.any([signal, broken.signal]);
    try {
      const trial = await this.#tune(client);
      for (;;) {
        await trial(over);
        // Whatever was told before we heard.
        if (!this.#isHearing) this.#tell();
        this.#isHearing = true;
        await sleep(tryEveryMs, undefined, { signal: over });
      }
    } finally {
      this.#isHearing = false;
      // From here on it has to be looked often.
      this.#tell();
      await endSoon(client);
    }
  }

  /** Listens; answers with what tries whether anything is heard, and throws where nothing is. */
  async #tune(client: pg.Client): Promise<(signal: AbortSignal) => Promise<void>> {
    const mine = `godwit_routes_${randomBytes(6).toString('hex')}`;
    let heard = Promise.withResolvers<void>();
    client.on('notification', ({ channel }) => (channel === mine ? heard.resolve() : this.#tell()));
    await client.query('listen godwit_routes');
    await client.query(`listen ${mine}`);
    return async (signal) => {
      heard = Promise.withResolvers();
      const tooLate = sleep(trialMostMs, 'late' as const, { signal });
      tooLate.catch(() => undefined);
      await sql`select pg_notify(${mine}, '')`.execute(this.#db.sql);
      if ((await Promise.race([heard.promise, tooLate])) === 'late') throw new Error('no news come here');
    };
  }
}
