/**
 * Folder names between the wire and us. An id is the name in modified UTF-7 whatever this connection speaks, so that the
 * ledger knows a folder again after the server has learnt UTF8=ACCEPT. A path is decoded and relative to the personal
 * namespace.
 */

import type { FolderId } from '#domain/item.ts';
import * as imap from '#protocols/imap/index.ts';

/** How names are spelt on one connection. */
export interface Spelling {
  /** RFC 6855: names are UTF-8 on the wire. */
  readonly isUtf8: boolean;
  readonly separator: string | null;
  /** Of the personal namespace, in the server's octets: `INBOX.` or nothing. */
  readonly prefix: string;
}

/** The id of a name in the server's octets. */
export function idOf(octets: string, { isUtf8 }: Pick<Spelling, 'isUtf8'>): FolderId {
  const name = /^inbox$/i.test(octets) ? 'INBOX' : octets;
  return (isUtf8 ? imap.encodeMailboxName(utf8Of(name) ?? name) : name) as FolderId;
}

/** The octets that name a folder on the wire. */
export function octetsOf(id: FolderId, { isUtf8 }: Pick<Spelling, 'isUtf8'>): string {
  return isUtf8 ? Buffer.from(imap.decodeMailboxName(id), 'utf8').toString('latin1') : id;
}

/** The path of a name in the server's octets. */
export function pathOf(octets: string, { isUtf8, separator, prefix }: Spelling): readonly string[] {
  const trimmed = separator !== null && octets.length > 1 && octets.endsWith(separator) ? octets.slice(0, -1) : octets;
  const isBelowPrefix = prefix !== '' && trimmed.length > prefix.length && startsWithName(trimmed, prefix);
  const relative = isBelowPrefix ? trimmed.slice(prefix.length) : trimmed;
  const names = (separator === null ? [relative] : relative.split(separator)).map((part) =>
    isUtf8 ? (utf8Of(part) ?? part) : decoded(part),
  );
  if (names[0]?.toUpperCase() === 'INBOX') {
    // A folder called INBOX below the prefix `INBOX.` is not the inbox.
    if (isBelowPrefix && names.length === 1) return ['INBOX', names[0]];
    return ['INBOX', ...names.slice(1)];
  }
  return names;
}

/** The name of a path in the octets of the wire, or why it cannot be one here. */
export function nameOf(
  path: readonly string[],
  { isUtf8, separator, prefix }: Spelling,
): { readonly octets: string } | { readonly wrong: string } {
  if (path.length === 0 || path.some((name) => name === '')) return { wrong: 'a name is empty' };
  // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
  if (path.some((name) => /[\u0000-\u001f\u007f]/.test(name))) return { wrong: 'a name holds control characters' };
  if (separator === null && path.length > 1) return { wrong: 'there is no hierarchy on this server' };
  if (separator !== null && path.some((name) => name.includes(separator))) {
    return { wrong: `a name holds "${separator}", which divides names on this server` };
  }
  const octets = path
    .map((name) => (isUtf8 ? Buffer.from(name, 'utf8').toString('latin1') : imap.encodeMailboxName(name)))
    .join(separator ?? '');
  const isInbox = path.length === 1 && path[0] === 'INBOX';
  return { octets: isInbox ? octets : prefix + octets };
}

/** The prefix of the personal namespace; the first one counts (RFC 2342 §5). */
export function personalPrefix(namespaces: imap.Namespaces | null): string {
  return namespaces?.personal[0]?.prefix ?? '';
}

/** Whose a folder is, by the longest prefix that fits. */
export function ownerOf(octets: string, namespaces: imap.Namespaces | null): 'personal' | 'other-users' | 'shared' {
  let longest = -1;
  let owner: 'personal' | 'other-users' | 'shared' = 'personal';
  const weigh = (prefixes: imap.Namespaces['personal'], whose: typeof owner): void => {
    for (const { prefix, separator } of prefixes) {
      const bare = separator !== null && prefix.endsWith(separator) ? prefix.slice(0, -1) : prefix;
      const fits =
        prefix === '' || startsWithName(octets, prefix) || (bare !== '' && octets === bare && whose !== 'personal');
      // An empty prefix of others would make strangers of everybody's folders.
      if (!fits || prefix.length <= longest || (prefix === '' && whose !== 'personal')) continue;
      longest = prefix.length;
      owner = whose;
    }
  };
  weigh(namespaces?.personal ?? [], 'personal');
  weigh(namespaces?.otherUsers ?? [], 'other-users');
  weigh(namespaces?.shared ?? [], 'shared');
  return owner;
}

/** `INBOX.` also where the server writes `Inbox.` (RFC 9051 §5.1). */
function startsWithName(octets: string, prefix: string): boolean {
  if (octets.startsWith(prefix)) return true;
  return (
    /^inbox/i.test(prefix) &&
    octets.slice(0, 5).toUpperCase() === 'INBOX' &&
    octets.slice(5).startsWith(prefix.slice(5))
  );
}

/** Modified UTF-7, or UTF-8 that a server shows although nobody turned it on. */
function decoded(octets: string): string {
  if (!/[\x80-\xff]/.test(octets)) return imap.decodeMailboxName(octets);
  return utf8Of(octets) ?? octets;
}

const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** The text of octets that are well-formed UTF-8; null where they are not. */
function utf8Of(octets: string): string | null {
  if (!/[\x80-\xff]/.test(octets)) return octets;
  try {
    return strictUtf8.decode(Buffer.from(octets, 'latin1'));
  } catch {
    // Not UTF-8 is an expected answer here.
    return null;
  }
}
