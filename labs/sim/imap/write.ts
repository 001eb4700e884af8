/** Answers as a server writes them (RFC 9051 §9, `response`). */

import type { Instant, Uid } from '#domain/item.ts';

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** `date-time` in quotes, in the server's own zone, which is UTC here. */
export function writeDateTime(instant: Instant): string {
  const date = new Date(instant * 1000);
  const two = (number: number): string => String(number).padStart(2, '0');
  const day = String(date.getUTCDate()).padStart(2, ' ');
  const year = String(date.getUTCFullYear()).padStart(4, '0');
  const time = `${two(date.getUTCHours())}:${two(date.getUTCMinutes())}:${two(date.getUTCSeconds())}`;
  return `"${day}-${months[date.getUTCMonth()]}-${year} ${time} +0000"`;
}

export function writeQuoted(text: string): string {
  return `"${text.replace(/["\\]/g, (char) => `\\${char}`)}"`;
}

/** A string in the given dress; what does not fit an atom or quotes becomes a literal. */
export function writeString(text: string, dress: 'quoted' | 'literal' | 'atom'): string {
  // oxlint-disable-next-line no-control-regex -- octets that quotes cannot hold
  if (dress === 'literal' || /[\u0000\r\n]/.test(text)) return `{${text.length}}\r\n${text}`;
  if (dress === 'atom' && /^[A-Za-z0-9&+,./_-]+$/.test(text) && text !== 'NIL') return text;
  return writeQuoted(text);
}

/** `1:4,7` of ascending numbers. */
export function writeSet(uids: readonly Uid[] | readonly number[]): string {
  const pieces: string[] = [];
  for (let at = 0; at < uids.length; ) {
    const first = uids[at] as number;
    let last = first;
    while (uids[at + 1] === last + 1) {
      last++;
      at++;
    }
    at++;
    pieces.push(first === last ? `${first}` : `${first}:${last}`);
  }
  return pieces.join(',');
}
