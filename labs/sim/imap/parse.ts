/** Commands as a server reads them: parts of lines with literals between them become values (RFC 9051 §9, `command`). */

import type { Instant, Uid } from '#domain/item.ts';

/** A stretch of a line, without the announcement of the literal that follows, or a literal. */
export type Part = string | Uint8Array;

export type Value =
  | { readonly kind: 'atom'; readonly text: string }
  /** Quoted or literal. */
  | { readonly kind: 'string'; readonly bytes: Uint8Array; readonly literal: boolean }
  | { readonly kind: 'list'; readonly items: readonly Value[] };

/** A command that does not follow the grammar; answered with BAD. */
export class Malformed extends Error {
  override readonly name = 'Malformed';
}

/** A literal at the end of a line: `{12}`, `{12+}`, `~{12}` (RFC 9051 §4.3, RFC 7888, RFC 6855 §4). */
export function literalAnnounced(line: string): { readonly sizeBytes: number; readonly waits: boolean } | null {
  const found = /~?\{(\d{1,10})(\+?)\}$/.exec(line);
  return found ? { sizeBytes: Number(found[1]), waits: found[2] === '' } : null;
}

/** The values of a command's arguments, after its tag and name. */
export function readValues(parts: readonly Part[]): readonly Value[] {
  return new PartReader(parts).values(false);
}

class PartReader {
  readonly #parts: readonly Part[];
  #part = 0;
  #at = 0;

  constructor(parts: readonly Part[]) {
    this.#parts = parts;
  }

  values(inside: boolean): readonly Value[] {
    const values: Value[] = [];
    for (;;) {
      const part = this.#parts[this.#part];
      if (part === undefined) {
        if (inside) throw new Malformed('a parenthesis is not closed');
        return values;
      }
      if (typeof part !== 'string') {
        values.push({ kind: 'string', bytes: part, literal: true });
        this.#next();
        continue;
      }
      const char = part[this.#at];
      if (char === undefined) this.#next();
      else if (char === ' ') this.#at++;
      else if (char === ')') {
        if (!inside) throw new Malformed('a parenthesis too many');
        this.#at++;
        return values;
      } else if (char === '(') {
        this.#at++;
        values.push({ kind: 'list', items: this.values(true) });
      } else if (char === '"') values.push(this.#quoted(part));
      else values.push(this.#atom(part));
    }
  }

  #next(): void {
    this.#part++;
    this.#at = 0;
  }

  #quoted(part: string): Value {
    let text = '';
    for (let at = this.#at + 1; at < part.length; at++) {
      const char = part[at] as string;
      if (char === '"') {
        this.#at = at + 1;
        return { kind: 'string', bytes: Buffer.from(text, 'latin1'), literal: false };
      }
      if (char === '\\') {
        const escaped = part[++at];
        if (escaped !== '"' && escaped !== '\\') throw new Malformed('a backslash that escapes nothing');
        text += escaped;
      } else text += char;
    }
    throw new Malformed('a quoted string is not closed');
  }

  /** An atom; what stands in brackets belongs to it, as in `BODY[HEADER.FIELDS (a b)]<0.5>`. */
  #atom(part: string): Value {
    let depth = 0;
    let at = this.#at;
    for (; at < part.length; at++) {
      const char = part[at] as string;
      if (char === '[') depth++;
      else if (char === ']') depth--;
      else if (depth <= 0 && (char === ' ' || char === '(' || char === ')' || char === '"')) break;
    }
    const text = part.slice(this.#at, at);
    this.#at = at;
    return { kind: 'atom', text };
  }
}

/** The text of an atom or string, Latin-1. */
export function textOf(value: Value | undefined): string {
  if (value?.kind === 'atom') return value.text;
  if (value?.kind === 'string') return Buffer.from(value.bytes).toString('latin1');
  throw new Malformed('a string is missing');
}

export function listOf(value: Value | undefined): readonly Value[] {
  if (value?.kind !== 'list') throw new Malformed('a parenthesised list is missing');
  return value.items;
}

export function wordOf(value: Value | undefined): string {
  return textOf(value).toUpperCase();
}

/** `sequence-set` of numbers; `*` is `largest` (RFC 9051 §9, `seq-range`: either order, and `*` may be below). */
export function readSet(text: string, largest: number): readonly (readonly [Uid, Uid])[] {
  const ranges: [number, number][] = [];
  for (const piece of text.split(',')) {
    const found = /^(\d{1,10}|\*)(?::(\d{1,10}|\*))?$/.exec(piece);
    if (!found) throw new Malformed('a set that is none');
    const first = found[1] === '*' ? largest : Number(found[1]);
    const last = found[2] === undefined ? first : found[2] === '*' ? largest : Number(found[2]);
    if (found[1] === '0' || found[2] === '0') throw new Malformed('numbers begin with 1');
    ranges.push([Math.min(first, last), Math.max(first, last)]);
  }
  ranges.sort((a, b) => a[0] - b[0]);
  const joined: [number, number][] = [];
  for (const [first, last] of ranges) {
    const before = joined.at(-1);
    if (before && first <= before[1] + 1) before[1] = Math.max(before[1], last);
    else joined.push([first, last]);
  }
  return joined as unknown as readonly (readonly [Uid, Uid])[];
}

const months = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];

/** `date-time` (RFC 9051 §9) as an instant; null when there is no such day or hour. */
export function readDateTime(text: string): Instant | null {
  const found = /^([ 0-9]\d)-([A-Za-z]{3})-(\d{4}) (\d\d):(\d\d):(\d\d) ([+-])(\d\d)(\d\d)$/.exec(text);
  if (!found) return null;
  const [day, hour, minute, second] = [found[1], found[4], found[5], found[6]].map(Number) as [
    number,
    number,
    number,
    number,
  ];
  const month = months.indexOf((found[2] as string).toLowerCase());
  if (month < 0 || hour > 23 || minute > 59 || second > 60) return null;
  const date = new Date(0);
  date.setUTCFullYear(Number(found[3]), month, day);
  date.setUTCHours(hour, minute, second);
  if (date.getUTCDate() !== day && second !== 60) return null;
  const zone = (found[7] === '-' ? -1 : 1) * (Number(found[8]) * 60 + Number(found[9]));
  return (Math.floor(date.getTime() / 1000) - zone * 60) as Instant;
}
