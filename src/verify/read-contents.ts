/**
 * Reads messages of one side through to the end, whatever happens on the way: a lost connection goes on behind the last
 * whole message, a refusal is narrowed down to the message it is about, and what has left meanwhile is told from what the
 * platform does not give out.
 */

import { type Hash, createHash, hash } from 'node:crypto';
import type { FolderId, Uid } from '#domain/item.ts';
import type { UidSet } from '#domain/uid-set.ts';
import { cleanText } from '#lib/clean-text.ts';
import type { MessageSink, ReadOutcome } from '#ports/mailbox.ts';
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

/** Reads `rows` (ascending) of a folder into `taker`, each once. Rows that cannot be read are marked `gone` or `withheld`. */
export async function readMessages(
  steady: SteadyReader,
  folder: FolderId,
  columns: Columns,
  rows: Uint32Array,
  taker: Taker,
  onWithheld: Withheld,
): Promise<void> {
  const open = new OpenRows(columns.length, rows);
  let refusals = 0;
  const queue = [rows];
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
      queue.unshift(here.subarray(0, middle), here.subarray(middle));
    }
  }
}

/** Rows still to be read: an octet each, where a set of half a million numbers would take 20 MB. */
class OpenRows {
  readonly #open: Uint8Array;

  constructor(length: number, rows: Uint32Array) {
    this.#open = new Uint8Array(length);
    for (const row of rows) this.#open[row] = 1;
  }

  has(row: number): boolean {
    return this.#open[row] === 1;
  }

  delete(row: number): void {
    this.#open[row] = 0;
  }
}

async function readOnce(
  steady: SteadyReader,
  folder: FolderId,
  columns: Columns,
  rows: Uint32Array,
  open: OpenRows,
  taker: Taker,
): Promise<ReadOutcome> {
  return steady.use(async (reader) => {
    const wanted = uidsOfRows(columns, rows, open);
    if (wanted.length === 0) return { missing: [], refused: null };
    return reader.read(folder, wanted, new RowSink(columns, open, taker, () => steady.progressed()));
  });
}

/** The UIDs of ascending rows that are open, as ranges. */
function uidsOfRows(columns: Columns, rows: Uint32Array, open: OpenRows): UidSet {
  const ranges: [Uid, Uid][] = [];
  for (const row of rows) {
    if (!open.has(row)) continue;
    const uid = columns.uid(row);
    const last = ranges.at(-1);
    if (last && last[1] + 1 === uid) last[1] = uid;
    else ranges.push([uid, uid]);
  }
  return ranges;
}

/** Of `rows`, those that the folder still lists; the others have left it. */
async function stillListed(
  steady: SteadyReader,
  folder: FolderId,
  columns: Columns,
  rows: Uint32Array,
  open: OpenRows,
): Promise<Uint32Array> {
  const listed = new Set<number>();
  await steady.use(async (reader) => {
    listed.clear();
    const listing = await reader.list(folder, uidsOfRows(columns, rows, open), false);
    // Under another UIDVALIDITY the numbers mean other messages: the folder was made anew under our eyes.
    if (listing.state.uidValidity !== columns.uidValidity) return;
    for (let row = 0; row < listing.length; row++) listed.add(listing.uid(row));
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
  readonly #open: OpenRows;
  readonly #taker: Taker;
  readonly #progressed: () => void;
  #row = -1;
  #next = 0;

  constructor(columns: Columns, open: OpenRows, taker: Taker, progressed: () => void) {
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
  #whole: string | null = null;

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
    // Most messages come in one piece, and one call is cheaper than an object with three. As hex it costs a third of what it
    // does as octets (Node 24, 1.2 µs instead of 4).
    if (this.#seen === 0 && chunk.length === this.#sizeBytes) this.#whole = hash('sha256', chunk, 'hex');
    else {
      this.#hash ??= createHash('sha256');
      this.#hash.update(chunk);
    }
    this.#seen += chunk.length;
  }

  end(): void {
    const sha256 = this.#whole ?? (this.#hash ?? createHash('sha256')).digest('hex');
    this.#columns.setDigest(this.#row, sha256, this.#seen);
    this.#taken(this.#seen);
  }
}
