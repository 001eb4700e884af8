/** Rows into a table by COPY: text that is written as it is made, and taken no faster than the server stores it. */

import { once } from 'node:events';
import type pg from 'pg';
import { from, type CopyStreamQuery } from 'pg-copy-streams';

/** What may lie between us and the socket: some blocks, so that neither waits for the other. */
const aheadMostOctets = 1 << 20;

export class CopyIn {
  readonly #stream: CopyStreamQuery;
  readonly #ended: Promise<void>;

  /** Begins `copy … from stdin`; the connection does nothing else until `end`. */
  constructor(client: pg.Client, statement: string) {
    this.#stream = client.query(from(statement, { highWaterMark: aheadMostOctets }));
    this.#ended = new Promise((resolve, reject) => {
      this.#stream.once('finish', resolve).on('error', (error) => {
        reject(error);
        // The stream goes on writing to a connection that it no longer has, unless it is stopped.
        this.#stream.destroy();
      });
    });
    // It is looked at by whoever writes or ends.
    this.#ended.catch(() => undefined);
  }

  /** Lines as COPY reads them, each ended by LF. Returns when there is room for more. */
  async write(lines: string): Promise<void> {
    if (this.#stream.destroyed) await this.#ended;
    if (!this.#stream.write(lines)) await Promise.race([once(this.#stream, 'drain'), this.#ended]);
  }

  /** Returns when the rows are in the table. */
  async end(): Promise<void> {
    if (!this.#stream.destroyed) this.#stream.end();
    await this.#ended;
  }
}

/** A value in COPY's text format (PostgreSQL 15 manual, COPY, "Text Format"). */
export function copyValue(value: string | number | null): string {
  if (value === null) return '\\N';
  return typeof value === 'number' ? String(value) : escaped(value);
}

/** An array of texts, or no value where it is empty. */
export function copyArray(values: readonly string[]): string {
  if (values.length === 0) return '\\N';
  return escaped(`{${values.map((value) => `"${value.replaceAll(/["\\]/g, '\\$&')}"`).join(',')}}`);
}

const special = /[\\\n\r\t]/;
const escapes: Readonly<Record<string, string>> = { '\\': '\\\\', '\n': '\\n', '\r': '\\r', '\t': '\\t' };

function escaped(value: string): string {
  return special.test(value) ? value.replaceAll(/[\\\n\r\t]/g, (character) => escapes[character] as string) : value;
}
