/** An answer that is as long as it has to be: a JSON document on each line, written as fast as it is read and no faster. */

import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import type { FastifyReply } from 'fastify';
import { cleanText } from '#lib/clean-text.ts';
import type { Log } from '#lib/log.ts';

/** Who reads nothing for so long reads no more. */
const readerMaxMs = 60_000;

export interface LinesOptions {
  readonly tell: (line: unknown) => string;
  /** Fires when nobody reads any more. */
  readonly signal: AbortSignal;
  readonly log: Log;
}

/**
 * Sends them. What breaks off in the middle is closed without an end, so that nobody takes it for whole; before anything was sent it
 * is thrown.
 */
export async function sendLines(
  reply: FastifyReply,
  lines: AsyncIterable<readonly unknown[]>,
  { tell, signal, log }: LinesOptions,
): Promise<FastifyReply> {
  const parts = lines[Symbol.asyncIterator]();
  let part = await parts.next();
  reply.hijack();
  const { raw } = reply;
  raw.writeHead(200, { ...headersOf(reply), 'Content-Type': 'application/x-ndjson; charset=utf-8' });
  try {
    for (; part.done !== true; part = await parts.next()) {
      const text = part.value.map((line) => `${tell(line)}\n`).join('');
      if (text !== '' && !raw.write(text)) await isRead(raw, signal);
    }
    raw.end();
  } catch (error) {
    if (!signal.aborted)
      log.warn('an answer broke off', { text: cleanText(error instanceof Error ? error.message : String(error), 200) });
    // Whatever it was, the reader has to see that it is not whole (RFC 9112 §8: a chunked message without its last chunk).
    raw.destroy();
  } finally {
    await parts.return?.();
  }
  return reply;
}

async function isRead(raw: ServerResponse, signal: AbortSignal): Promise<void> {
  await once(raw, 'drain', { signal: AbortSignal.any([signal, AbortSignal.timeout(readerMaxMs)]) });
}

/** What has been said of an answer whose head is written by hand. */
export function headersOf(reply: FastifyReply): Record<string, string> {
  return Object.fromEntries(Object.entries(reply.getHeaders()).map(([name, value]) => [name, String(value)]));
}
