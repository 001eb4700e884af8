/**
 * Reads messages of one side through to the end, whatever happens on the way: a lost connection goes on behind the last
 * whole message, a refusal is narrowed down to the message it is about, and what has left meanwhile is told from what the
 * platform does not give out.
 */

import { type Hash, createHash, hash } from 'node:crypto';
import type { FolderId } from '#domain/item.ts';
import { uidCount, uidSet } from '#domain/uid-set.ts';
import { cleanText } from '#lib/clean-text.ts';
import type { MessageSink, Reader, ReadOutcome } from '#ports/mailbox.ts';
import { type Columns, gone, withheld } from './columns.ts';
import type { SteadyReader } from './steady-reader.ts';

/** Takes in one message after another; `row` is that of `Columns`. */
export interface Taker {
  begin(row: number, sizeBytes: number): void;
  data(chunk: Uint8Array): void;
  /** The message is whole. */
  end(): void;
}

/** Told what the platform does not give out, in its words. */
export type Withheld = (row: number, reason: string) => void;

/** Messages refused one by one, with no other answer between, after which a folder's rest is taken for refused as well. */
const refusalsMax = 50;
const reasonOctetsMax = 300;

/** Reads `rows` of a folder into `taker`, each once. Rows that cannot be read are marked `gone` or `withheld`. */
export async function readMessages(
  steady: SteadyReader,
  folder: FolderId,
  columns: Columns,
  rows: Uint32Array,
  taker: Taker,
  onWithheld: Withheld,
): Promise<void> {
  const open = new Set<number>(rows);
  let refusals = 0;
  const queue: (readonly number[])[] = [[...rows]];
  for (let part = queue.shift(); part; part = queue.shift()) {
    const outcome = await readOnce(steady, folder, columns, part, open, taker);
    const left = part.filter((row) => open.has(row));
    if (left.length === 0) continue;
    if (left.length < part.length) refusals = 0;
    const here = await stillListed(steady, folder, columns, left, open);
    if (here.length === 0) continue;
    if (here.length === 1 || refusals >= refusalsMax) {
      const reason = outcome.refused?.text ?? 'it is listed, and no answer comes when it is asked for';
      for (const row of here) {
        open.delete(row);
        columns.content[row] = withheld;
        onWithheld(row, cleanText(reason, reasonOctetsMax));
      }
      refusals++;
    } else {
      // One message may have spoilt the answer for its neighbours.
      const middle = here.length >> 1;
      queue.unshift(here.slice(0, middle), here.slice(middle));
    }
  }
}

async function readOnce(
  steady: SteadyReader,
  folder: FolderId,
  columns: Columns,
  rows: readonly number[],
  open: Set<number>,
  taker: Taker,
): Promise<ReadOutcome> {
  return steady.use(async (reader) => {
    const wanted = rows.filter((row) => open.has(row));
    if (wanted.length === 0) return { missing: [], refused: null };
    const sink = new RowSink(columns, open, taker, () => steady.progressed());
    return reader.read(folder, uidSet(wanted.map((row) => columns.uid(row))), sink);
  });
}

/** Of `rows`, those that the folder still lists; the others have left it. */
async function stillListed(
  steady: SteadyReader,
  folder: FolderId,
  columns: Columns,
  rows: readonly number[],
  open: Set<number>,
): Promise<readonly number[]> {
  const asked = uidSet(rows.map((row) => columns.uid(row)));
  const listed = new Set<number>();
  await steady.use(async (reader: Reader) => {
    listed.clear();
    const listing = await reader.list(folder, asked, false);
    // Under another UIDVALIDITY the numbers mean other messages: the folder was made anew under our eyes.
    if (listing.state.uidValidity !== columns.uidValidity) return;
    for (let row = 0; row < listing.length && row <= uidCount(asked); row++) listed.add(listing.uid(row));
  });
  return rows.filter((row) => {
    if (listed.has(columns.uid(row))) return true;
    columns.content[row] = gone;
    open.delete(row);
    return false;
  });
}

/** Hands messages on by row; one that comes twice or was not asked for is passed over. */
class RowSink implements MessageSink {
  readonly #columns: Columns;
  readonly #open: Set<number>;
  readonly #taker: Taker;
  readonly #progressed: () => void;
  #row = -1;
  #next = 0;

  constructor(columns: Columns, open: Set<number>, taker: Taker, progressed: () => void) {
    this.#columns = columns;
    this.#open = open;
    this.#taker = taker;
    this.#progressed = progressed;
  }

  begin(uid: number, sizeBytes: number): void {
    const row = this.#columns.rowOf(uid, this.#next);
    this.#next = row + 1;
    this.#row = this.#open.has(row) ? row : -1;
    if (this.#row >= 0) this.#taker.begin(this.#row, sizeBytes);
  }

  data(chunk: Uint8Array): void {
    if (this.#row >= 0) this.#taker.data(chunk);
  }

  end(): void {
    if (this.#row < 0) return;
    this.#taker.end();
    this.#open.delete(this.#row);
    this.#row = -1;
    this.#progressed();
  }

  broken(): void {
    this.#row = -1;
  }

  returned(): null {
    return null;
  }
}

/** Puts the SHA-256 of every message into its row. */
export class DigestTaker implements Taker {
  readonly #columns: Columns;
  readonly #taken: (sizeBytes: number) => void;
  #row = 0;
  #sizeBytes = 0;
  #seen = 0;
  #hash: Hash | null = null;
  #whole: Uint8Array | null = null;

  constructor(columns: Columns, taken: (sizeBytes: number) => void) {
    this.#columns = columns;
    this.#taken = taken;
  }

  begin(row: number, sizeBytes: number): void {
    this.#row = row;
    this.#sizeBytes = sizeBytes;
    this.#seen = 0;
    this.#hash = null;
    this.#whole = null;
  }

  data(chunk: Uint8Array): void {
    // Most messages come in one piece, and one call is cheaper than an object with three.
    if (this.#seen === 0 && chunk.length === this.#sizeBytes) this.#whole = hash('sha256', chunk, 'buffer');
    else {
      this.#hash ??= createHash('sha256');
      this.#hash.update(chunk);
    }
    this.#seen += chunk.length;
  }

  end(): void {
    const sha256 = this.#whole ?? (this.#hash ?? createHash('sha256')).digest();
    this.#columns.setDigest(this.#row, sha256, this.#seen);
    this.#taken(this.#seen);
  }
}
