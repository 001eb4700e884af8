/**
 * How a platform treats what it is given: most store it as it is, some alter it without a word, some refuse it. Those named
 * here do what Dovecot 2.3.19 and Cyrus 3.6.1 were seen to do (2026-11, Debian 12, default settings); docs/quirks.md lists it.
 */

import type { Instant } from '#domain/item.ts';
import type { RefusalCause } from '#ports/mailbox.ts';

/** A message as it is handed to a platform. A null date asks for the platform's own clock. */
export interface Arriving {
  readonly bytes: Uint8Array;
  readonly flags: readonly string[];
  readonly internalDate: Instant | null;
}

export interface Refusal {
  readonly because: RefusalCause;
  readonly code: string | null;
  readonly text: string;
}

/** Says what becomes of an arriving message: what is stored instead, or why nothing is. */
export type Manners = (message: Arriving) => Arriving | Refusal;

export function isRefusal(outcome: Arriving | Refusal): outcome is Refusal {
  return 'because' in outcome;
}

/** Stores everything as it is. */
export const faithful: Manners = (message) => message;

const invalidFlags = new Set(['\\recent', '\\forwarded']);

/** Bare LF becomes CRLF, NUL becomes 0x80, nothing at all is refused, and dates past 2038 become the present. */
export const likeDovecot: Manners = (message) => {
  if (message.bytes.length === 0) return refused('message', null, "Can't save a zero byte message");
  const odd = message.flags.find((flag) => invalidFlags.has(flag.toLowerCase()));
  if (odd !== undefined) return refused('flags', 'CANNOT', 'Invalid system flag');
  if (message.flags.some((flag) => flag.includes(']') || flag.length > 50)) {
    return refused('flags', 'CANNOT', 'Keyword used in flags is invalid');
  }
  const date = message.internalDate;
  const clamped = date !== null && date > 0x7fff_ffff ? null : date;
  return { bytes: withoutNul(withCrlf(message.bytes)), flags: message.flags, internalDate: clamped };
};

/** 8-bit octets of the header become `X`; NUL, bare line feeds and a broken header are refused. */
export const likeCyrus: Manners = (message) => {
  const { bytes } = message;
  if (bytes.length === 0) return refused('message', null, 'Zero-length message literal');
  if (bytes.includes(0)) return refused('message', null, 'Message contains NUL characters');
  for (let at = bytes.indexOf(10); at >= 0; at = bytes.indexOf(10, at + 1)) {
    if (bytes[at - 1] !== 13) return refused('message', null, 'Message contains bare newlines');
  }
  const head = headerOctets(bytes);
  if (!/^[!-9;-~]+:/.test(Buffer.from(bytes.subarray(0, head)).toString('latin1')) && head > 2) {
    return refused('message', null, 'Message contains invalid header');
  }
  const stored = Uint8Array.from(bytes);
  for (let at = 0; at < head; at++) if ((stored[at] as number) >= 0x80) stored[at] = 0x58;
  const date = message.internalDate;
  if (date !== null && date < 0) return refused('date', null, 'Invalid date-time in Append command');
  return { bytes: stored, flags: message.flags, internalDate: date === 0 ? null : date };
};

function refused(because: RefusalCause, code: string | null, text: string): Refusal {
  return { because, code, text };
}

function withCrlf(bytes: Uint8Array): Uint8Array {
  let bare = 0;
  for (let at = bytes.indexOf(10); at >= 0; at = bytes.indexOf(10, at + 1)) if (bytes[at - 1] !== 13) bare++;
  if (bare === 0) return bytes;
  const out = new Uint8Array(bytes.length + bare);
  let to = 0;
  for (let from = 0; from < bytes.length; from++) {
    if (bytes[from] === 10 && bytes[from - 1] !== 13) out[to++] = 13;
    out[to++] = bytes[from] as number;
  }
  return out;
}

function withoutNul(bytes: Uint8Array): Uint8Array {
  return bytes.includes(0) ? bytes.map((octet) => (octet === 0 ? 0x80 : octet)) : bytes;
}

/** Octets of the header with the empty line that ends it. */
function headerOctets(bytes: Uint8Array): number {
  if (bytes[0] === 13 && bytes[1] === 10) return 2;
  const end = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).indexOf('\r\n\r\n');
  return end < 0 ? bytes.length : end + 4;
}
