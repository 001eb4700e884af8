/** A file on its way to a server: as fast as it is taken, and no further once it was answered. */

import { once } from 'node:events';
import type { ClientRequest } from 'node:http';
import { Unreadable } from '#operations/given-file.ts';

export interface FileBody {
  /** From the beginning, each time. */
  open(): AsyncIterable<Buffer>;
  /** Null where nobody knows how much will come. */
  readonly octets: number | null;
  /** It can be read again where the connection breaks. */
  readonly isAgain: boolean;
}

/** Sends it all. `goesOn` is called with each part. Throws what reading it throws; what the connection throws is told by `asked`. */
export async function pour(asked: ClientRequest, { open, octets }: FileBody, goesOn: () => void): Promise<void> {
  // Who was answered, or cut off, sends nothing more.
  const over = new AbortController();
  asked.once('response', () => over.abort()).once('close', () => over.abort());
  for await (const chunk of octets === null ? open() : atMost(open(), octets)) {
    if (over.signal.aborted) return;
    if (!asked.write(chunk)) await once(asked, 'drain', over).catch(() => undefined);
    goesOn();
  }
  if (over.signal.aborted) return;
  asked.end();
}

/** What grew since it was measured is sent as long as it was then; what has shrunk is not sent for whole. */
async function* atMost(chunks: AsyncIterable<Buffer>, octets: number): AsyncGenerator<Buffer> {
  let left = octets;
  for await (const chunk of chunks) {
    yield chunk.subarray(0, left);
    left -= Math.min(left, chunk.length);
    if (left === 0) return;
  }
  if (left > 0) throw new Unreadable('it has become shorter since it was looked at');
}
