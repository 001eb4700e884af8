/**
 * Cuts what comes off the wire into responses. It knows two things of the grammar: a line ends with CRLF, and a line that
 * ends with `{n}` goes on with n octets of literal and then with another line (RFC 9051 §4.3). Literals are either held with
 * the response or handed to a taker as views of the very buffer they were read into: no octet of a message is copied here.
 *
 * A response is a latin1 string, one character per octet, so that names and literals keep their octets.
 */

import { garbled, ImapError } from './errors.ts';
import type { Limits } from './limits.ts';

/** Takes the octets of one literal. */
export interface LiteralTaker {
  data(octets: Buffer): void;
  end(): void;
}

export interface ResponseHandler {
  /** A whole response without its last line end; after a literal was taken, only what followed it. */
  response(text: string): void;
  /** A literal of `octets` comes, announced at the end of `text`; answers with who takes it, or null to hold it. */
  literal(text: string, octets: number): LiteralTaker | null;
}

const lf = 0x0a;
const cr = 0x0d;

export class Framing {
  readonly #handler: ResponseHandler;
  readonly #limits: Limits;
  /** What has come of a response before the line in hand, literals included. */
  #before = '';
  /** What has come of the line in hand. */
  #line = '';
  #literalLeft = 0;
  #heldLiterals = 0;
  #taker: LiteralTaker | null = null;
  /** True from the end of a literal to the end of the line after it. */
  #afterLiteral = false;
  /** Empty lines after a literal that were skipped: the server counted an octet or two short. */
  shortLiterals = 0;

  constructor(handler: ResponseHandler, limits: Limits) {
    this.#handler = handler;
    this.#limits = limits;
  }

  /** True where nothing of a response has come yet. */
  get isBetween(): boolean {
    return this.#before === '' && this.#line === '' && this.#literalLeft === 0 && !this.#afterLiteral;
  }

  /** Takes what was read, cut anywhere. Views of `chunk` are handed to takers; nothing else keeps it. */
  push(chunk: Buffer): void {
    let at = 0;
    const end = chunk.length;
    while (at < end) {
      if (this.#literalLeft > 0) {
        const stop = Math.min(end, at + this.#literalLeft);
        if (this.#taker) this.#taker.data(at === 0 && stop === end ? chunk : chunk.subarray(at, stop));
        else this.#before += chunk.toString('latin1', at, stop);
        this.#literalLeft -= stop - at;
        at = stop;
        if (this.#literalLeft === 0) this.#literalEnded();
        continue;
      }
      const newline = chunk.indexOf(lf, at);
      if (newline < 0) {
        this.#line += chunk.toString('latin1', at, end);
        this.#bound();
        return;
      }
      if (this.#line === '') {
        const stop = newline > at && chunk[newline - 1] === cr ? newline - 1 : newline;
        this.#lineEnded(chunk.toString('latin1', at, stop));
      } else {
        const line = this.#line + chunk.toString('latin1', at, newline);
        this.#line = '';
        this.#lineEnded(line.endsWith('\r') ? line.slice(0, -1) : line);
      }
      at = newline + 1;
    }
  }

  #literalEnded(): void {
    const taker = this.#taker;
    this.#taker = null;
    this.#afterLiteral = true;
    taker?.end();
  }

  #lineEnded(line: string): void {
    if (this.#afterLiteral) {
      // A literal that was announced an octet or two short leaves its line end behind (met by MailKit, about 2018). A FETCH
      // goes on after its literals; a LIST that spells its name as one ends right there.
      if (line === '' && (this.#before === '' || isFetch(this.#before))) {
        this.shortLiterals++;
        return;
      }
      this.#afterLiteral = false;
    } else if (this.#before === '') {
      // Some servers put NULs before a response (met by imapflow); an empty line says nothing.
      if (line.charCodeAt(0) === 0) line = line.replace(/^\0+/, '');
      if (line === '') return;
    }
    const text = this.#before === '' ? line : this.#before + line;
    if (text.length > this.#limits.responseOctets) this.#tooLong();
    const octets = text.endsWith('}') ? announced(text) : -1;
    if (octets < 0) {
      this.#before = '';
      this.#heldLiterals = 0;
      this.#handler.response(text);
      return;
    }
    if (octets > this.#limits.literalOctets)
      throw new ImapError({ kind: 'endless', limit: `a literal of ${octets} octets` });
    this.#taker = this.#handler.literal(text, octets);
    if (this.#taker) this.#before = '';
    else {
      this.#heldLiterals += octets;
      if (this.#heldLiterals > this.#limits.heldLiteralOctets) {
        throw new ImapError({ kind: 'endless', limit: `${this.#heldLiterals} octets of literals in one response` });
      }
      this.#before = `${text}\r\n`;
    }
    this.#literalLeft = octets;
    if (octets === 0) this.#literalEnded();
  }

  #bound(): void {
    if (this.#before.length + this.#line.length > this.#limits.responseOctets) this.#tooLong();
  }

  #tooLong(): never {
    throw new ImapError({ kind: 'endless', limit: `a response of more than ${this.#limits.responseOctets} octets` });
  }
}

/** `literal` (RFC 9051 §9) at the end of a line that ends with a brace: how many octets it announces, or -1 when it is none. */
function announced(text: string): number {
  let at = text.length - 2;
  const last = text.charCodeAt(at);
  // `{n+}` and `{n-}` are for clients to say, but do no harm.
  if (last === 0x2b || last === 0x2d) at--;
  let octets = 0;
  let unit = 1;
  for (; at > 0; at--) {
    const digit = text.charCodeAt(at) - 0x30;
    if (digit < 0 || digit > 9) break;
    octets += digit * unit;
    unit *= 10;
  }
  if (unit === 1 || text.charCodeAt(at) !== 0x7b || isStatus(text)) return -1;
  if (!Number.isSafeInteger(octets)) throw garbled('a literal beyond all numbers', text.slice(at));
  return octets;
}

function isFetch(text: string): boolean {
  return /^\* [0-9]{1,10} FETCH /i.test(text);
}

/** Words for people may end in anything: status responses bear no literals (RFC 9051 §9, resp-text). */
function isStatus(text: string): boolean {
  // `* 12 FETCH …`, by far the most frequent, is none.
  const third = text.charCodeAt(2);
  if (third >= 0x30 && third <= 0x39 && text.startsWith('* ')) return false;
  return text.startsWith('+') || /^(?:\*|[^ *+]{1,40}) (?:OK|NO|BAD|BYE|PREAUTH)(?: |$)/i.test(text.slice(0, 60));
}
