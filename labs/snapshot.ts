/** Reads everything an account holds, for comparison. Its own wire, its own parser, SHA-256 over every byte served. */

import { createHash } from 'node:crypto';
import { fromWire } from './folder-names.ts';
import type { LabUser } from './server.ts';
import { field, octets, type Value, Wire } from './wire.ts';

export interface MessageSeen {
  readonly uid: number;
  readonly sha256: string;
  readonly sizeBytes: number;
  /** Whole seconds since 1970, as the server tells it. */
  readonly internalDate: number;
  /** Sorted, in lower case (flags and keywords are case-insensitive), without `\recent`. */
  readonly flags: readonly string[];
}

export interface FolderSeen {
  /** Names in Unicode from the root down, without the namespace's prefix. */
  readonly path: readonly string[];
  readonly selectable: boolean;
  readonly subscribed: boolean;
  readonly specialUses: readonly string[];
  readonly uidValidity: number;
  readonly messages: readonly MessageSeen[];
}

export interface AccountSeen {
  readonly separator: string;
  /** By path joined with a NUL, which no folder name can hold. */
  readonly folders: ReadonlyMap<string, FolderSeen>;
  /** Subscribed names for which no folder exists. */
  readonly danglingSubscriptions: readonly string[];
}

const uses = new Set(['\\all', '\\archive', '\\drafts', '\\flagged', '\\junk', '\\sent', '\\trash', '\\important']);

/** Everything in the account, over one connection, by EXAMINE and BODY.PEEK[] alone. */
export async function accountSeen(at: { readonly port: number }, user: LabUser): Promise<AccountSeen> {
  await using wire = await Wire.signedIn(at.port, user);
  const prefix = await personalPrefix(wire);
  const listed = await wire.ok('LIST (SUBSCRIBED) "" * RETURN (SPECIAL-USE)');
  const subscribed = new Set(listed.untagged.filter((each) => each[0] === 'LIST').map((each) => octets(each[3])));
  const all = await wire.ok('LIST "" * RETURN (SPECIAL-USE)');
  const folders = new Map<string, FolderSeen>();
  let separator = '/';
  for (const response of all.untagged) {
    if (response[0] !== 'LIST') continue;
    const attributes = (Array.isArray(response[1]) ? (response[1] as readonly Value[]) : []).map((each) =>
      octets(each).toLowerCase(),
    );
    separator = octets(response[2]) || separator;
    const wireName = octets(response[3]);
    const selectable = !attributes.includes('\\noselect') && !attributes.includes('\\nonexistent');
    const short =
      wireName.startsWith(prefix) && wireName.length > prefix.length ? wireName.slice(prefix.length) : wireName;
    const path = short
      .split(separator)
      .map((part, depth) => (depth === 0 && /^inbox$/i.test(part) ? 'INBOX' : fromWire(part)));
    folders.set(path.join('\0'), {
      path,
      selectable,
      subscribed: subscribed.has(wireName),
      specialUses: attributes.filter((each) => uses.has(each)).toSorted(),
      ...(selectable ? await folderSeen(wire, wireName) : { uidValidity: 0, messages: [] }),
    });
    subscribed.delete(wireName);
  }
  return { separator, folders, danglingSubscriptions: [...subscribed].map(fromWire).toSorted() };
}

async function personalPrefix(wire: Wire): Promise<string> {
  const answer = await wire.command('NAMESPACE');
  const personal = answer.untagged.find((each) => each[0] === 'NAMESPACE')?.[1];
  const first = Array.isArray(personal) ? (personal[0] as Value) : null;
  return Array.isArray(first) ? octets(first[0] as Value) : '';
}

async function folderSeen(
  wire: Wire,
  wireName: string,
): Promise<{ readonly uidValidity: number; readonly messages: readonly MessageSeen[] }> {
  const opened = await wire.ok('EXAMINE ', Buffer.from(wireName, 'latin1'));
  const told = opened.untagged
    .map((each) => /^\[UIDVALIDITY (\d+)\]/.exec(octets(each[1]))?.[1])
    .find((each) => each !== undefined);
  const messages = new Map<number, MessageSeen>();
  await wire.each((response) => {
    if (response[1] !== 'FETCH') return;
    const items = response[2];
    const body = field(items, 'BODY[]');
    const uid = Number(octets(field(items, 'UID')));
    const bytes = Buffer.isBuffer(body) ? body : Buffer.alloc(0);
    messages.set(uid, {
      uid,
      sha256: createHash('sha256').update(bytes).digest('hex'),
      sizeBytes: bytes.length,
      internalDate:
        Date.parse(
          octets(field(items, 'INTERNALDATE'))
            .trim()
            .replace(/^(\d+)-(\w+)-(\d+)/, '$1 $2 $3'),
        ) / 1000,
      flags: flagsOf(field(items, 'FLAGS')).filter((each) => each !== '\\recent'),
    });
  }, 'UID FETCH 1:* (UID FLAGS INTERNALDATE BODY.PEEK[])');
  return { uidValidity: Number(told ?? 0), messages: [...messages.values()].toSorted((a, b) => a.uid - b.uid) };
}

/** Sorted and in lower case. */
export function flagsOf(value: Value | undefined): readonly string[] {
  return (Array.isArray(value) ? (value as readonly Value[]) : []).map((each) => octets(each).toLowerCase()).toSorted();
}
