/** An answer that is as long as it has to be: a JSON document on each line, written as fast as it is read and no faster. */

import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import type { FastifyReply } from 'fastify';
import { cleanText } from '#lib/clean-text.ts';
import type { Log } from '#lib/log.ts';

/** Who reads nothing for so long reads no more. */
const readerMaxMs = 60_000;
/** Without anything to tell for so long an empty line is a sign of life: to compare one large mailbox takes minutes. */
const usualAliveMs = 15_000;

export interface LinesOptions {
  readonly tell: (line: unknown) => string;
  /** Fires when nobody reads any more. */
  readonly signal: AbortSignal;
  readonly log: Log;
  /** Between two signs of life; lacking for as long as is usual. */
  readonly aliveMs?: number;
  /** A last line for what went wrong; lacking where the answer is closed without an end then. */
  readonly problem?: (error: unknown) => unknown;
}

/**
 * Sends them. What breaks off in the middle says so in a last line, or is closed without an end, so that nobody takes it for whole; before
 * anything was sent it is thrown.
 */
export async function sendLines(
  reply: FastifyReply,
  lines: AsyncIterable<readonly unknown[]>,
  { tell, signal, log, problem, aliveMs = usualAliveMs }: LinesOptions,
): Promise<FastifyReply> {
  const parts = lines[Symbol.asyncIterator]();
  const { raw } = reply;
  let isBegun = false;
  const begin = (): void => {
    if (isBegun) return;
    isBegun = true;
    reply.hijack();
    raw.writeHead(200, { ...headersOf(reply), 'Content-Type': 'application/x-ndjson; charset=utf-8' });
  };
  const showLife = (): void => {
    begin();
    if (!signal.aborted) raw.write('\n');
  };
  try {
    for (;;) {
      const part = await meanwhile(parts.next(), aliveMs, showLife);
      begin();
      if (part.done === true) break;
      const text = part.value.map((line) => `${tell(line)}\n`).join('');
      if (text !== '' && !raw.write(text)) await isRead(raw, signal);
    }
    raw.end();
  } catch (error) {
    if (!isBegun) throw error;
    // Nothing more is said to somebody who does not read.
    const isTold = problem !== undefined && !signal.aborted && !raw.writableNeedDrain;
    if (isTold) raw.end(`${tell(problem(error))}\n`);
    else breakOff(raw, error, signal, log);
  } finally {
    await parts.return?.();
  }
  return reply;
}

/** What comes, and until then `sign` every so often. */
async function meanwhile<Coming>(coming: Promise<Coming>, everyMs: number, sign: () => void): Promise<Coming> {
  const timer = setInterval(sign, everyMs);
  try {
    return await coming;
  } finally {
    clearInterval(timer);
  }
}

async function isRead(raw: ServerResponse, signal: AbortSignal): Promise<void> {
  await once(raw, 'drain', { signal: AbortSignal.any([signal, AbortSignal.timeout(readerMaxMs)]) });
}

/** Whatever it was, the reader has to see that it is not whole (RFC 9112 §8: a chunked message without its last chunk). */
function breakOff(raw: ServerResponse, error: unknown, signal: AbortSignal, log: Log): void {
  if (!signal.aborted)
    log.warn('an answer broke off', { text: cleanText(error instanceof Error ? error.message : String(error), 200) });
  raw.destroy();
}

/** What has been said of an answer whose head is written by hand. */
export function headersOf(reply: FastifyReply): Record<string, string> {
  return Object.fromEntries(Object.entries(reply.getHeaders()).map(([name, value]) => [name, String(value)]));
}
