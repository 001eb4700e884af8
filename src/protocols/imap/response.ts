/** `response` (RFC 9051 §9): a line of a server as a value. FETCH is read apart (`fetch.ts`), since it comes in pieces. */

import { fetched, type FetchedMessage, type FlagLists, messageItems, usualFetch } from './fetch.ts';
import {
  type ListedMailbox,
  mailboxList,
  mailboxStatus,
  type MailboxStatus,
  type Namespaces,
  namespaces,
  type Quota,
  quota,
  type Vanished,
  vanished,
} from './mailbox-data.ts';
import { type NumberSet, readNumberSet } from './number-set.ts';
import { Reader } from './reader.ts';
import { readRespText, type ResponseCode } from './response-code.ts';

export type Untagged =
  | { readonly kind: 'fetch'; readonly message: FetchedMessage }
  | {
      readonly kind: 'status';
      readonly status: UntaggedStatus;
      readonly code: ResponseCode | null;
      readonly text: string;
    }
  | { readonly kind: 'capability'; readonly names: readonly string[] }
  | { readonly kind: 'enabled'; readonly names: readonly string[] }
  | { readonly kind: 'exists' | 'recent' | 'expunge'; readonly count: number }
  | { readonly kind: 'flags'; readonly flags: readonly string[] }
  | { readonly kind: 'list' | 'lsub'; readonly mailbox: ListedMailbox }
  | { readonly kind: 'mailbox-status'; readonly of: MailboxStatus }
  | { readonly kind: 'namespace'; readonly namespaces: Namespaces }
  | { readonly kind: 'quota'; readonly quota: Quota }
  | { readonly kind: 'quota-root'; readonly mailbox: string; readonly roots: readonly string[] }
  | { readonly kind: 'vanished'; readonly vanished: Vanished }
  | { readonly kind: 'id'; readonly fields: ReadonlyMap<string, string> }
  | { readonly kind: 'esearch'; readonly search: ExtendedSearch }
  | { readonly kind: 'other'; readonly name: string };

export type UntaggedStatus = 'OK' | 'NO' | 'BAD' | 'BYE' | 'PREAUTH';

/** `esearch-response` (RFC 9051 §9). */
export interface ExtendedSearch {
  readonly tag: string | null;
  readonly byUid: boolean;
  readonly count: number | null;
  readonly min: number | null;
  readonly max: number | null;
  readonly all: NumberSet;
}

export interface Tagged {
  readonly tag: string;
  readonly status: 'OK' | 'NO' | 'BAD';
  readonly code: ResponseCode | null;
  readonly text: string;
}

/** `response-tagged`; null when the line is none. */
export function tagged(text: string): Tagged | null {
  const match = /^([^ *+]{1,40}) +(OK|NO|BAD)(?: +|$)/i.exec(text);
  if (!match) return null;
  const { code, text: words } = readRespText(text.slice(match[0].length));
  return { tag: match[1] as string, status: (match[2] as string).toUpperCase() as Tagged['status'], code, text: words };
}

/** `response-data` after its `* `. A FETCH must be whole. */
export function untagged(text: string, flagLists: FlagLists): Untagged {
  const usual = usualFetch(text, flagLists);
  if (usual) return { kind: 'fetch', message: usual };
  const reader = new Reader(text, 1);
  reader.space();
  const first = text.charCodeAt(reader.at);
  if (first >= 0x30 && first <= 0x39) return numbered(reader, flagLists);
  // A response code without its `OK` (Exchange; met by MailKit).
  if (text[reader.at] === '[') return { kind: 'status', status: 'OK', ...readRespText(reader.rest()) };
  const name = reader.keyword();
  switch (name) {
    case 'OK':
    case 'NO':
    case 'BAD':
    case 'BYE':
    case 'PREAUTH':
      return { kind: 'status', status: name, ...readRespText(reader.space().rest()) };
    case 'CAPABILITY':
      return { kind: 'capability', names: reader.rest().trim().split(/ +/) };
    case 'ENABLED':
      return { kind: 'enabled', names: reader.rest().trim().toUpperCase().split(/ +/) };
    case 'FLAGS':
      return { kind: 'flags', flags: reader.space().words() };
    case 'LIST':
    case 'XLIST':
      return { kind: 'list', mailbox: mailboxList(reader) };
    case 'LSUB':
      return { kind: 'lsub', mailbox: mailboxList(reader) };
    case 'STATUS':
      return { kind: 'mailbox-status', of: mailboxStatus(reader) };
    case 'NAMESPACE':
      return { kind: 'namespace', namespaces: namespaces(reader) };
    case 'QUOTA':
      return { kind: 'quota', quota: quota(reader) };
    case 'QUOTAROOT':
      return quotaRoot(reader);
    case 'VANISHED':
      return { kind: 'vanished', vanished: vanished(reader) };
    case 'ID':
      return { kind: 'id', fields: idFields(reader) };
    case 'ESEARCH':
      return { kind: 'esearch', search: extendedSearch(reader) };
    default:
      return { kind: 'other', name };
  }
}

/** The number and the word FETCH of a response that begins so; the reader then stands in the list. Null for others. */
export function fetchBegins(text: string): { readonly message: FetchedMessage; readonly reader: Reader } | null {
  if (text.charCodeAt(0) !== 0x2a) return null;
  const reader = new Reader(text, 1);
  const seq = reader.space().number();
  if (!Number.isInteger(seq) || reader.space().keyword() !== 'FETCH' || !reader.space().skip('(')) return null;
  return { message: fetched(seq), reader };
}

function numbered(reader: Reader, flagLists: FlagLists): Untagged {
  const count = reader.number();
  const name = reader.space().keyword();
  switch (name) {
    case 'FETCH': {
      const message = fetched(count);
      reader.space().expect('(');
      if (messageItems(reader, message, flagLists) === 'body') reader.fail('a literal that is not there');
      return { kind: 'fetch', message };
    }
    case 'EXISTS':
      return { kind: 'exists', count };
    case 'RECENT':
      return { kind: 'recent', count };
    case 'EXPUNGE':
      return { kind: 'expunge', count };
    default:
      return { kind: 'other', name };
  }
}

/** `quotaroot-response` (RFC 9208 §7). */
function quotaRoot(reader: Reader): Untagged {
  const mailbox = reader.space().astring();
  const roots: string[] = [];
  while (!reader.space().isAtEnd) {
    const at = reader.at;
    roots.push(reader.astring());
    if (reader.at === at) reader.fail('a list of roots that is none');
  }
  return { kind: 'quota-root', mailbox, roots };
}

/** `id-response` (RFC 2971 §4). */
function idFields(reader: Reader): ReadonlyMap<string, string> {
  const fields = new Map<string, string>();
  if (!reader.space().skip('(')) return fields;
  while (!reader.space().skip(')')) {
    if (reader.isAtEnd || fields.size > 100) reader.fail('a list that is not closed');
    const name = reader.astring();
    const value = reader.space().nstring();
    if (value !== null) fields.set(name.toLowerCase(), value);
  }
  return fields;
}

function extendedSearch(reader: Reader): ExtendedSearch {
  let tag: string | null = null;
  if (reader.space().skip('(')) {
    reader.space().keyword();
    tag = reader.space().astring();
    reader.space().expect(')');
  }
  let byUid = false;
  const numbers = new Map<string, number | null>();
  let all: NumberSet = [];
  while (!reader.space().isAtEnd) {
    const name = reader.keyword();
    if (name === 'UID') byUid = true;
    else if (name === 'ALL') all = readNumberSet(reader.space().word()) ?? [];
    else if (name === 'COUNT' || name === 'MIN' || name === 'MAX') {
      const value = reader.space().number();
      numbers.set(name, Number.isInteger(value) ? value : null);
    } else reader.space().skipValue();
  }
  const of = (name: string): number | null => numbers.get(name) ?? null;
  return { tag, byUid, count: of('COUNT'), min: of('MIN'), max: of('MAX'), all };
}
