/**
 * What pg-boss asks of a database, on a connection of its own: its upkeep sends whole scripts with a transaction in them, and
 * one that breaks off would leave a connection of the pool inside it.
 */

import type pg from 'pg';
import type { Db } from 'pg-boss';
import type { Database } from './db.ts';

export class OneClient implements Db, AsyncDisposable {
  readonly #db: Database;
  #client: Promise<pg.Client> | null = null;
  /** What it is asked is asked one after the other. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(db: Database) {
    this.#db = db;
  }

  executeSql(text: string, values?: unknown[]): Promise<{ rows: unknown[] }> {
    const answer = this.#last.then(() => this.#ask(text, values));
    this.#last = answer.catch(() => undefined); // whoever asked is told
    return answer;
  }

  async #ask(text: string, values?: unknown[]): Promise<{ rows: unknown[] }> {
    const client = await this.#connected();
    try {
      // A script answers with a list, one entry for each of its statements.
      const answer: pg.QueryResult | readonly pg.QueryResult[] = await client.query(text, values);
      return { rows: [answer].flat().flatMap(({ rows }: pg.QueryResult): unknown[] => rows) };
    } catch (error) {
      await client.query('rollback').catch(() => undefined); // then the connection is gone, and the transaction too
      throw error;
    }
  }

  #connected(): Promise<pg.Client> {
    if (this.#client) return this.#client;
    const opened = this.#db.connect();
    this.#client = opened;
    const forget = (): void => {
      if (this.#client === opened) this.#client = null;
    };
    opened.then((client) => client.once('end', forget), forget);
    return opened;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#last;
    const client = await this.#client?.catch(() => null);
    await client?.end().catch(() => undefined); // it may have ended by itself
  }
}
