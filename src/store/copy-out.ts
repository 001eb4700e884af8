/** Rows out of a query by COPY: taken as fast as they are read, and read from the octets as they came. */

import type pg from 'pg';
import { to } from 'pg-copy-streams';

/** One row in COPY's text format (PostgreSQL 15 manual, COPY, "Text Format"), until the next is read. */
export interface CopiedRow {
  /** A whole number; null for no value. */
  number(field: number): number | null;
  /** A text; null for no value. */
  text(field: number): string | null;
}

/** About a millisecond of work for whoever takes them. */
const rowsInABreath = 256;

const tab = 0x09;
const lineFeed = 0x0a;
const minus = 0x2d;
const backslash = 0x5c;
/** After a backslash: no value. */
const noValue = 0x4e;

/**
 * Runs `copy (query) to stdout` and hands each row to `take`; answers with their number. `breathe`: what is waited for every few hundred
 * rows by who has others to answer meanwhile.
 */
export async function copyOut(
  client: pg.Client,
  query: string,
  fields: number,
  take: (row: CopiedRow) => void,
  breathe: (() => Promise<void>) | null = null,
): Promise<number> {
  const row = new RowInOctets(fields);
  let rows = 0;
  let rest: Buffer | null = null;
  for await (const chunk of client.query(to(`copy (${query}) to stdout`)) as AsyncIterable<Buffer>) {
    const octets: Buffer = rest === null ? chunk : Buffer.concat([rest, chunk]);
    let at = 0;
    for (let end = octets.indexOf(lineFeed); end >= 0; end = octets.indexOf(lineFeed, at)) {
      row.lieIn(octets, at, end);
      take(row);
      rows++;
      at = end + 1;
      if (breathe !== null && rows % rowsInABreath === 0) await breathe();
    }
    rest = at < octets.length ? octets.subarray(at) : null;
  }
  if (rest !== null) throw new Error('what was copied out ends in the middle of a row');
  return rows;
}

class RowInOctets implements CopiedRow {
  #octets: Buffer = Buffer.alloc(0);
  /** Where each field begins, and behind the last where the next row would. */
  readonly #starts: Int32Array;

  constructor(fields: number) {
    this.#starts = new Int32Array(fields + 1);
  }

  lieIn(octets: Buffer, from: number, end: number): void {
    this.#octets = octets;
    const starts = this.#starts;
    let field = 0;
    starts[field++] = from;
    for (let at = from; at < end; at++) if (octets[at] === tab) starts[field++] = at + 1;
    starts[field] = end + 1;
    if (field !== starts.length - 1) throw new Error(`a row of ${starts.length - 1} fields was expected`);
  }

  number(field: number): number | null {
    const octets = this.#octets;
    let at = this.#starts[field] as number;
    const end = (this.#starts[field + 1] as number) - 1;
    if (octets[at] === backslash) return null;
    const isNegative = octets[at] === minus;
    if (isNegative) at++;
    let value = 0;
    for (; at < end; at++) value = value * 10 + (octets[at] as number) - 48;
    return isNegative ? -value : value;
  }

  text(field: number): string | null {
    const octets = this.#octets;
    const at = this.#starts[field] as number;
    const end = (this.#starts[field + 1] as number) - 1;
    if (octets[at] === backslash && octets[at + 1] === noValue && end === at + 2) return null;
    const text = octets.toString('utf8', at, end);
    return text.includes('\\')
      ? text.replaceAll(/\\(.)/g, (_, character: string) => meant[character] ?? character)
      : text;
  }
}

const meant: Readonly<Record<string, string>> = { b: '\b', f: '\f', n: '\n', r: '\r', t: '\t', v: '\v' };
