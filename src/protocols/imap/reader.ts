/**
 * Reads one response from its beginning to its end, a function per grammar rule (RFC 9051 §9). Tolerant: blanks too many,
 * numbers that are not quite, names in any of the three spellings of a string. What cannot be understood throws `garbled`.
 */

import { garbled } from './errors.ts';
import { usualLimits } from './limits.ts';

const space = 0x20;
const quote = 0x22;
const open = 0x28;
const close = 0x29;
const backslash = 0x5c;
const brace = 0x7b;

export class Reader {
  readonly text: string;
  at: number;

  constructor(text: string, at = 0) {
    this.text = text;
    this.at = at;
  }

  get isAtEnd(): boolean {
    return this.at >= this.text.length;
  }

  /** What is left. */
  rest(): string {
    return this.text.slice(this.at);
  }

  fail(what: string): never {
    throw garbled(what, this.text.slice(Math.max(0, this.at - 40), this.at + 40));
  }

  /** Blanks, however many (RFC 9051 wants exactly one). */
  space(): this {
    while (this.text.charCodeAt(this.at) === space) this.at++;
    return this;
  }

  /** Whether the next character is that one; steps over it if so. */
  skip(char: string): boolean {
    if (this.text[this.at] !== char) return false;
    this.at++;
    return true;
  }

  expect(char: string): this {
    if (!this.skip(char)) this.fail(`no ${char}`);
    return this;
  }

  /** A run of characters up to a blank, a parenthesis or the end; `atom` and more (RFC 9051 §9). */
  word(): string {
    const start = this.at;
    const { text } = this;
    let at = start;
    for (; at < text.length; at++) {
      const code = text.charCodeAt(at);
      if (code === space || code === open || code === close) break;
    }
    this.at = at;
    return text.slice(start, at);
  }

  /** A word in capitals. */
  keyword(): string {
    return this.word().toUpperCase();
  }

  /** `number` (RFC 9051 §9), or what some servers send for one: `9.37e+06`, `-1`. NaN where there is none. */
  number(): number {
    const { text } = this;
    let value = 0;
    const start = this.at;
    for (; this.at < text.length; this.at++) {
      const digit = text.charCodeAt(this.at) - 0x30;
      if (digit < 0 || digit > 9) break;
      value = value * 10 + digit;
    }
    const next = text.charCodeAt(this.at);
    if (this.at > start && (Number.isNaN(next) || next === space || next === close)) return value;
    this.at = start;
    const word = this.word();
    return word === '' ? Number.NaN : Number(word);
  }

  /** `nz-number` (RFC 9051 §9) of at most 32 bits; null where it is none, such as the 0 of an empty shared folder. */
  nzNumber(): number | null {
    const value = this.number();
    return Number.isInteger(value) && value >= 1 && value <= 0xffff_ffff ? value : null;
  }

  /** `mod-sequence-value` (RFC 7162 §7), also where it is quoted; null for 0, -1 and what is no number. */
  modSeq(): bigint | null {
    const word = this.text.charCodeAt(this.at) === quote ? (this.string() ?? '') : this.word();
    if (!/^[0-9]{1,19}$/.test(word)) return null;
    const value = BigInt(word);
    return value === 0n || value > 0x7fff_ffff_ffff_ffffn ? null : value;
  }

  /** `string` (RFC 9051 §9): quoted or literal; null where neither stands here. Octets as latin1. */
  string(): string | null {
    const code = this.text.charCodeAt(this.at);
    if (code === quote) return this.quoted();
    if (code === brace) return this.literal();
    if (code === 0x7e && this.text.charCodeAt(this.at + 1) === brace) {
      this.at++;
      return this.literal();
    }
    return null;
  }

  /** `quoted` (RFC 9051 §9). One that is never closed is garbled. */
  quoted(): string {
    const { text } = this;
    const start = ++this.at;
    const end = text.indexOf('"', start);
    if (end < 0) this.fail('a string that is not closed');
    const slash = text.indexOf('\\', start);
    if (slash < 0 || slash > end) {
      this.at = end + 1;
      return text.slice(start, end);
    }
    let value = '';
    for (let at = start; at < text.length; at++) {
      const code = text.charCodeAt(at);
      if (code === quote) {
        this.at = at + 1;
        return value;
      }
      if (code === backslash) at++;
      value += text[at] ?? '';
    }
    return this.fail('a string that is not closed');
  }

  /** `literal` that is held in the response. */
  literal(): string {
    const end = this.text.indexOf('}\r\n', this.at);
    const octets = end < 0 ? Number.NaN : Number.parseInt(this.text.slice(this.at + 1, end), 10);
    if (!Number.isInteger(octets) || end + 3 + octets > this.text.length) this.fail('a literal that is not there');
    this.at = end + 3 + octets;
    return this.text.slice(end + 3, this.at);
  }

  /** `nstring` (RFC 9051 §9): a string, or null for NIL and for a bare word that stands for nothing. */
  nstring(): string | null {
    const string = this.string();
    if (string !== null) return string;
    const word = this.word();
    if (word.toUpperCase() !== 'NIL') this.fail('neither string nor NIL');
    return null;
  }

  /** `astring` (RFC 9051 §9): a string or a bare word; `NIL` is a word here, since a mailbox may be called that. */
  astring(): string {
    return this.string() ?? this.word();
  }

  /**
   * A mailbox name at the end of a response. Exchange leaves names with control characters unquoted, so a bare one
   * reaches to the end (met by MailKit).
   */
  lastName(): string {
    const string = this.string();
    if (string !== null) return string;
    const name = this.rest();
    this.at = this.text.length;
    return name;
  }

  /** `flag-list` (RFC 9051 §9) or any list of words. */
  words(): readonly string[] {
    const words: string[] = [];
    if (!this.skip('(')) return words;
    for (;;) {
      this.space();
      if (this.skip(')')) return words;
      if (this.isAtEnd) this.fail('a list that is not closed');
      const word = this.astring();
      if (word === '') this.skipValue();
      else words.push(word);
    }
  }

  /** Steps over a value of any shape, lists in lists included. */
  skipValue(): void {
    let depth = 0;
    do {
      this.space();
      if (this.isAtEnd) this.fail('a list that is not closed');
      if (this.skip('(')) {
        if (++depth > usualLimits.nesting) this.fail('lists too deep in each other');
      } else if (this.skip(')')) {
        if (--depth < 0) this.fail('a parenthesis that closes nothing');
      } else if (this.string() === null && this.word() === '') this.fail('nothing');
    } while (depth > 0);
  }
}
