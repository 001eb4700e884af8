/** `msg-att` (RFC 9051 §9): what a FETCH response says of one message. */

import { readDateTime } from './date-time.ts';
import type { Reader } from './reader.ts';

/** Items that did not come are undefined; those that came and say nothing that can be believed are null. */
export interface FetchedMessage {
  readonly seq: number;
  uid: number | undefined;
  flags: readonly string[] | undefined;
  /** Seconds since 1970. */
  internalDate: number | null | undefined;
  sizeBytes: number | null | undefined;
  modSeq: bigint | null | undefined;
  /** The whole message where it came as a string and was not handed through; null for NIL. */
  body: string | null | undefined;
  /** Header fields that were asked for by name, as they stand. */
  header: string | null | undefined;
}

export function fetched(seq: number): FetchedMessage {
  return {
    seq,
    uid: undefined,
    flags: undefined,
    internalDate: undefined,
    sizeBytes: undefined,
    modSeq: undefined,
    body: undefined,
    header: undefined,
  };
}

/**
 * What most servers say most of the time, read in one go. Half of a short run's CPU would otherwise go into code that is
 * called too seldom to be compiled well: 5,000 messages are nothing to V8.
 */
const usualListing =
  /^\* (\d{1,10}) FETCH \(UID (\d{1,10}) FLAGS (\([^()"{]*\))(?: INTERNALDATE "([^"]{26})")?(?: RFC822\.SIZE (\d{1,15}))?\)$/;
const usualBody =
  /^\* (\d{1,10}) FETCH \(UID (\d{1,10})(?: FLAGS (\([^()"{]*\)) INTERNALDATE "([^"]{26})")? BODY\[\] \{\d+\}$/;

/** A whole FETCH response in the usual spelling; null when it is spelt otherwise, which says nothing against it. */
export function usualFetch(text: string, flagLists: FlagLists): FetchedMessage | null {
  const match = usualListing.exec(text);
  if (!match) return null;
  const message = fetched(Number(match[1]));
  message.uid = nzNumber(match[2] as string);
  message.flags = flagLists.spelt(match[3] as string);
  if (match[4] !== undefined) message.internalDate = readDateTime(match[4]);
  if (match[5] !== undefined) message.sizeBytes = Number(match[5]);
  return message;
}

/** A FETCH response that has come up to the octets of its body, in the usual spelling, or null. */
export function usualBodyBegins(text: string, flagLists: FlagLists): FetchedMessage | null {
  const match = usualBody.exec(text);
  if (!match) return null;
  const message = fetched(Number(match[1]));
  message.uid = nzNumber(match[2] as string);
  if (match[3] !== undefined) {
    message.flags = flagLists.spelt(match[3]);
    message.internalDate = readDateTime(match[4] as string);
  }
  return message;
}

function nzNumber(digits: string): number | undefined {
  const value = Number(digits);
  return value >= 1 && value <= 0xffff_ffff ? value : undefined;
}

/**
 * Reads items up to the end of the list, or up to a literal of `BODY[]` that is announced at the end of the text and
 * whose octets are not in it: then the answer is `body`.
 */
export function messageItems(reader: Reader, message: FetchedMessage, flagLists: FlagLists): 'whole' | 'body' {
  for (;;) {
    reader.space();
    if (reader.skip(')')) return 'whole';
    if (reader.isAtEnd) reader.fail('a list of items that is not closed');
    const name = reader.keyword();
    switch (name) {
      case 'UID':
        message.uid = reader.space().nzNumber() ?? undefined;
        break;
      case 'FLAGS':
        message.flags = flagLists.read(reader.space());
        break;
      case 'INTERNALDATE': {
        const date = reader.space().nstring();
        message.internalDate = date === null ? null : readDateTime(date);
        break;
      }
      case 'RFC822.SIZE': {
        const size = reader.space().number();
        message.sizeBytes = Number.isInteger(size) && size >= 0 ? size : null;
        break;
      }
      case 'MODSEQ':
        message.modSeq = modSeq(reader.space());
        break;
      case 'BODY[]':
      case 'BODY[]<0>':
      case 'RFC822':
        reader.space();
        if (announcesLiteral(reader)) return 'body';
        message.body = reader.nstring();
        break;
      case '':
        // Something that is no item: Domino wraps lists in one more pair of parentheses (MailKit).
        reader.skipValue();
        break;
      default:
        section(reader, name);
        reader.space();
        if (name === 'BODY[HEADER.FIELDS') message.header = reader.nstring();
        else reader.skipValue();
    }
  }
}

/** `"MODSEQ" SP "(" permsg-modsequence ")"` (RFC 7162 §7). */
function modSeq(reader: Reader): bigint | null {
  const listed = reader.skip('(');
  const value = reader.space().modSeq();
  if (listed) reader.space().expect(')');
  return value;
}

/** The rest of a section that holds blanks, e.g. `BODY[HEADER.FIELDS (SUBJECT)]`. */
function section(reader: Reader, begun: string): void {
  if (!begun.includes('[') || begun.includes(']')) return;
  const end = reader.text.indexOf(']', reader.at);
  if (end < 0) reader.fail('a section that is not closed');
  reader.at = end + 1;
  if (reader.text[reader.at] === '<') reader.word();
}

function announcesLiteral(reader: Reader): boolean {
  const from = reader.text[reader.at] === '~' ? reader.at + 1 : reader.at;
  return reader.text[from] === '{' && reader.text.indexOf('}', from) === reader.text.length - 1;
}

/** Most lists a session remembers; a folder with more than these combinations is read all the same, only slower. */
const listsMax = 1_000;

/** Flag lists as they are spelt, so that the thousands of messages with the same flags share one array. */
export class FlagLists {
  readonly #known = new Map<string, readonly string[]>();

  /** A list in parentheses that holds neither quotes nor other lists. */
  spelt(list: string): readonly string[] {
    const known = this.#known.get(list);
    if (known) return known;
    const flags = list
      .slice(1, -1)
      .split(' ')
      .filter((flag) => flag !== '');
    if (this.#known.size < listsMax) this.#known.set(list, flags);
    return flags;
  }

  read(reader: Reader): readonly string[] {
    const start = reader.at;
    const end = reader.text.indexOf(')', start);
    if (end < 0) return reader.words();
    const spelt = reader.text.slice(start, end + 1);
    const known = this.#known.get(spelt);
    if (known) {
      reader.at = end + 1;
      return known;
    }
    const flags = reader.words();
    // A quoted flag may hold a parenthesis; then what was cut out is not the list.
    if (reader.at === end + 1 && this.#known.size < listsMax) this.#known.set(spelt, flags);
    return flags;
  }
}
