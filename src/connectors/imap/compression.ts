/**
 * Whether a connection is to be compressed (COMPRESS=DEFLATE, RFC 4978). It halves mail on a line that is slow, and costs a
 * core 5 s for what takes one second on one that is fast; so a server is first known by how fast it was.
 */

import { isIP } from 'node:net';
import type * as imap from '#protocols/imap/index.ts';
import type { ServerFacts } from './server-memory.ts';

/** Below this the line is what we wait for; DEFLATE at its fastest does twenty times as much on one core. */
const slowBytesPerSecond = 4_000_000;
/** Less than this on one connection says nothing about the line. */
const tellingOctets = 4_000_000;

/** `facts`: what earlier connections to that server have shown. */
export function isWorthCompressing(host: string, offered: boolean, facts: ServerFacts): boolean {
  return offered && !isLoopback(host) && facts.bytesPerSecond !== null && facts.bytesPerSecond < slowBytesPerSecond;
}

/**
 * Notes how fast a connection was. The latest counts, since only waiting for the line is measured: a session that was held
 * back by the other end or by `--bandwidth` shows a fast line, and rightly is not compressed, which would not hasten it.
 */
export function noteSpeed(session: imap.Session, facts: ServerFacts): void {
  const { octets, seconds } = session.line.waited;
  if (octets < tellingOctets) return;
  facts.bytesPerSecond = octets / Math.max(seconds, 0.001);
}

function isLoopback(host: string): boolean {
  if (host === 'localhost' || host.endsWith('.localhost') || host === '::1') return true;
  return isIP(host) === 4 && host.startsWith('127.');
}
