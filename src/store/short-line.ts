/**
 * A connection of one's own for short questions that have to be answered soon: it waits for nobody else's, it is made anew when it
 * breaks, and one that does not answer in time is given up.
 */

import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import { fault } from '#domain/fault.ts';
import { faulted } from './database-fault.ts';
import type { Database, Sql } from './db.ts';
import { queriesOn } from './one-connection.ts';

interface Line {
  readonly client: pg.Client;
  readonly queries: Sql;
}

export class ShortLine {
  readonly #db: Database;
  readonly #mostMs: number;
  #line: Promise<Line> | null = null;

  constructor(db: Database, mostMs: number) {
    [this.#db, this.#mostMs] = [db, mostMs];
  }

  /** One question at a time. Throws `database.*`, also where the answer comes too late: what was asked may have been done then. */
  async ask<Answer>(question: (on: Sql) => Promise<Answer>): Promise<Answer> {
    const line = (this.#line ??= this.#open());
    const late = Promise.withResolvers<never>();
    const timer = setTimeout(
      () => late.reject(fault('database.away', { name: this.#db.name, text: 'it does not answer.' })),
      this.#mostMs,
    );
    const answer = line.then(({ queries }) => question(queries));
    try {
      return await faulted(this.#db.name, Promise.race([answer, late.promise]));
    } catch (error) {
      // Nobody looks at what comes of it any more.
      answer.catch(() => undefined);
      this.#giveUp(line);
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }

  async close(): Promise<void> {
    const line = this.#line;
    this.#line = null;
    const opened = await line?.catch(() => null);
    if (opened) await endSoon(opened.client);
  }

  #giveUp(line: Promise<Line>): void {
    if (this.#line === line) this.#line = null;
    // With a question under way the connection is cut without a word.
    void line.then(({ client }) => client.end()).catch(() => undefined);
  }

  async #open(): Promise<Line> {
    const client = await this.#db.connect();
    return { client, queries: queriesOn(client) };
  }
}

/** What may be waited for when a connection is ended in good order. */
const farewellMostMs = 1_000;

/** Ends a connection, and does not wait for a server that is not there any more. */
export async function endSoon(client: pg.Client): Promise<void> {
  const enough = new AbortController();
  const late = sleep(farewellMostMs, undefined, { signal: enough.signal }).then(
    // It is there, though its types do not tell.
    () => (client as pg.Client & { unref(): void }).unref(),
    () => undefined,
  );
  await Promise.race([client.end().catch(() => undefined), late]);
  enough.abort();
}
