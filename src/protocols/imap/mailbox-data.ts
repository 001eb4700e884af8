/** What untagged responses say about mailboxes: LIST, LSUB, STATUS, NAMESPACE, QUOTA, VANISHED (RFC 9051 §7.3, §9). */

import { type NumberSet, readNumberSet } from './number-set.ts';
import type { Reader } from './reader.ts';

/** `mailbox-list` (RFC 9051 §9). The name is in the octets in which the server wrote it. */
export interface ListedMailbox {
  /** In lower case, without the backslash: `noselect`, `hasnochildren`, `sent`, `subscribed`. */
  readonly attributes: ReadonlySet<string>;
  /** Null for a flat hierarchy. */
  readonly separator: string | null;
  readonly name: string;
}

export function mailboxList(reader: Reader): ListedMailbox {
  const attributes = new Set(
    reader
      .space()
      .words()
      .map((word) => word.replace(/^\\/, '').toLowerCase()),
  );
  const separator = reader.space().nstring();
  const name = nameBeforeExtensions(reader.space());
  return { attributes, separator: separator === null || separator === '' ? null : separator.slice(0, 1), name };
}

/** The name of a LIST response may be followed by extended data in parentheses (RFC 9051 §7.3.1). */
function nameBeforeExtensions(reader: Reader): string {
  const string = reader.string();
  if (string !== null) return string;
  const rest = reader.rest();
  const extended = rest.search(/ \("?(?:CHILDINFO|OLDNAME|MYRIGHTS|COLOR|X-)/i);
  return extended < 0 ? reader.lastName() : rest.slice(0, extended);
}

/** `status-att-list` (RFC 9051 §9). What was not told, or not believably, is null. */
export interface MailboxStatus {
  readonly name: string;
  readonly messages: number | null;
  readonly uidNext: number | null;
  readonly uidValidity: number | null;
  readonly highestModSeq: bigint | null;
  /** Octets of all messages (STATUS=SIZE, RFC 8438 §3). */
  readonly sizeBytes: number | null;
}

export function mailboxStatus(reader: Reader): MailboxStatus {
  const name = reader.space().string() ?? nameBeforeList(reader);
  reader.space().expect('(');
  let messages: number | null = null;
  let uidNext: number | null = null;
  let uidValidity: number | null = null;
  let highestModSeq: bigint | null = null;
  let sizeBytes: number | null = null;
  while (!reader.space().skip(')')) {
    if (reader.isAtEnd) reader.fail('a list that is not closed');
    const item = reader.keyword();
    reader.space();
    if (item === 'MESSAGES') {
      const count = reader.number();
      messages = Number.isInteger(count) && count >= 0 ? count : null;
    } else if (item === 'UIDNEXT') uidNext = reader.nzNumber();
    else if (item === 'UIDVALIDITY') uidValidity = reader.nzNumber();
    else if (item === 'HIGHESTMODSEQ') highestModSeq = reader.modSeq();
    else if (item === 'SIZE') sizeBytes = reader.number();
    else reader.skipValue();
  }
  return { name, messages, uidNext, uidValidity, highestModSeq, sizeBytes };
}

/** A bare name, which may hold blanks and parentheses where a server leaves out the quotes. */
function nameBeforeList(reader: Reader): string {
  const rest = reader.rest();
  const list = rest.search(/ +\((?:MESSAGES|RECENT|UIDNEXT|UIDVALIDITY|UNSEEN|HIGHESTMODSEQ|SIZE|[A-Z-]+ [0-9]|\))/i);
  if (list < 0) reader.fail('a STATUS without its list');
  reader.at += list;
  return rest.slice(0, list);
}

/** `namespace-response` (RFC 9051 §9): prefixes in the octets of the server. */
export interface Namespaces {
  readonly personal: readonly Namespace[];
  readonly otherUsers: readonly Namespace[];
  readonly shared: readonly Namespace[];
}

export interface Namespace {
  readonly prefix: string;
  readonly separator: string | null;
}

export function namespaces(reader: Reader): Namespaces {
  return { personal: namespaceList(reader), otherUsers: namespaceList(reader), shared: namespaceList(reader) };
}

function namespaceList(reader: Reader): readonly Namespace[] {
  const list: Namespace[] = [];
  if (!reader.space().skip('(')) {
    reader.nstring();
    return list;
  }
  while (!reader.space().skip(')')) {
    reader.expect('(').space();
    const prefix = reader.nstring() ?? '';
    const separator = reader.space().nstring();
    list.push({ prefix, separator: separator === '' ? null : separator });
    // `namespace-response-extension` (RFC 9051 §9), of which we know none.
    while (!reader.space().skip(')')) reader.skipValue();
  }
  return list;
}

/** One resource of a quota root (RFC 9208 §4.1): STORAGE is in units of 1,024 octets. */
export interface Quota {
  readonly root: string;
  readonly resources: readonly { readonly name: string; readonly used: number; readonly limit: number }[];
}

export function quota(reader: Reader): Quota {
  const root = reader.space().astring();
  const resources: { name: string; used: number; limit: number }[] = [];
  reader.space().expect('(');
  while (!reader.space().skip(')')) {
    if (reader.isAtEnd) reader.fail('a list that is not closed');
    const name = reader.keyword();
    if (name === '') reader.fail('a resource without a name');
    resources.push({ name, used: reader.space().number(), limit: reader.space().number() });
  }
  return { root, resources };
}

/** `expunged-resp` (RFC 7162 §7). */
export interface Vanished {
  readonly earlier: boolean;
  readonly uids: NumberSet;
}

export function vanished(reader: Reader): Vanished {
  const earlier = reader.space().skip('(');
  if (earlier) {
    reader.word();
    reader.expect(')').space();
  }
  const uids = readNumberSet(reader.word());
  if (uids === null) reader.fail('VANISHED without a set of UIDs');
  return { earlier, uids };
}
