/**
 * Whether a copy is a copy: both sides are read over IMAP by the bench's own client and compared folder by folder. Of
 * all messages size, date, flags and keywords; of one in a hundred (and of every folder's last) the bytes.
 *
 * Messages are paired by size and date, which the made mail hardly ever repeats. What a tool is known to lose or to add
 * (`Manners`) is counted and shown, everything else makes the run worthless.
 */

import { createHash } from 'node:crypto';
import { type Ends, session, userOf } from './servers.ts';
import { type RawImap, quoted } from './raw-imap.ts';

/** What a tool does to mail by design. */
export interface Manners {
  /** Octets that it adds to every message. */
  readonly addsBytes: number;
  /** A header line that it adds, taken out before bytes are compared. */
  readonly addsHeader: RegExp | null;
  readonly losesKeywords: boolean;
  readonly losesSubscriptions: boolean;
  readonly losesEmptyFolders: boolean;
}

export const exact: Manners = {
  addsBytes: 0,
  addsHeader: null,
  losesKeywords: false,
  losesSubscriptions: false,
  losesEmptyFolders: false,
};

export interface Difference {
  /** True when nothing differs but what the tool is known for. */
  readonly acceptable: boolean;
  /** Counts by kind, only those that are not zero. */
  readonly counts: Readonly<Record<string, number>>;
  readonly messages: number;
}

const tolerated = {
  keywords: 'losesKeywords',
  subscriptions: 'losesSubscriptions',
  emptyFolders: 'losesEmptyFolders',
} as const satisfies Record<string, keyof Manners>;

export async function compare(
  ends: Ends,
  runName: string,
  mailboxes: readonly string[],
  manners: Manners,
): Promise<Difference> {
  const counts: Record<string, number> = {};
  let messages = 0;
  const add = (kind: string, by = 1): void => {
    if (by > 0) counts[kind] = (counts[kind] ?? 0) + by;
  };
  const queue = [...mailboxes];
  const worker = async (): Promise<void> => {
    for (let name = queue.shift(); name !== undefined; name = queue.shift()) {
      const user = userOf(runName, name);
      await using source = await session(ends.source, user);
      await using target = await session(ends.target, user);
      const [left, right] = await Promise.all([readMailbox(source, 0), readMailbox(target, manners.addsBytes)]);
      messages += compareMailbox(left, right, add);
      await compareBytes(source, target, left, right, manners, add);
    }
  };
  await Promise.all([worker(), worker(), worker(), worker()]);
  if (manners.addsHeader !== null) add('headerAdded', messages);
  const acceptable = Object.keys(counts).every(
    (kind) => kind === 'headerAdded' || (kind in tolerated && manners[tolerated[kind as keyof typeof tolerated]]),
  );
  return { acceptable, counts, messages };
}

interface Seen {
  readonly uid: number;
  /** Size and date: what pairs a message with its copy. */
  readonly key: string;
  readonly flags: string;
  readonly keywords: string;
}

interface SeenMailbox {
  readonly folders: ReadonlyMap<string, readonly Seen[]>;
  readonly subscribed: ReadonlySet<string>;
}

async function readMailbox(imap: RawImap, addedBytes: number): Promise<SeenMailbox> {
  const folders = new Map<string, readonly Seen[]>();
  const listed = await imap.ask('LIST "" "*"');
  const subscriptions = await imap.ask('LSUB "" "*"');
  const under: Promise<void>[] = [];
  for (const { text } of listed) {
    const path = pathOf(text, 'LIST');
    if (path === null || /\\No[sS]elect|\\NonExistent/.test(text)) continue;
    const seen: Seen[] = [];
    folders.set(path, seen);
    void imap.ask(`EXAMINE ${quoted(path)}`).catch(() => undefined);
    under.push(
      imap
        .ask('UID FETCH 1:* (FLAGS INTERNALDATE RFC822.SIZE)', [], ({ text: line }) => {
          const one = readFetch(line, addedBytes);
          if (one !== null) seen.push(one);
        })
        .then(() => undefined),
    );
  }
  await Promise.all(under);
  const subscribed = subscriptions.map(({ text }) => pathOf(text, 'LSUB')).filter((path) => path !== null);
  return { folders, subscribed: new Set(subscribed) };
}

function pathOf(line: string, word: string): string | null {
  const match = new RegExp(`^\\* ${word} \\([^)]*\\) (?:"[^"]*"|NIL) (?:"((?:[^"\\\\]|\\\\.)*)"|(\\S+))$`).exec(line);
  return match === null ? null : (match[1]?.replace(/\\(.)/g, '$1') ?? match[2] ?? null);
}

function readFetch(line: string, addedBytes: number): Seen | null {
  const uid = /[( ]UID (\d+)/.exec(line)?.[1];
  const size = /RFC822\.SIZE (\d+)/.exec(line)?.[1];
  const date = /INTERNALDATE "([^"]+)"/.exec(line)?.[1];
  const words = (/FLAGS \(([^)]*)\)/.exec(line)?.[1] ?? '')
    .split(' ')
    .filter((word) => word !== '' && word !== '\\Recent')
    .sort();
  if (uid === undefined || size === undefined || date === undefined) return null;
  return {
    uid: Number(uid),
    key: `${Number(size) - addedBytes} ${Date.parse(date.replace(/-/g, ' ').trim())}`,
    flags: words.filter((word) => word.startsWith('\\')).join(' '),
    keywords: words.filter((word) => !word.startsWith('\\')).join(' '),
  };
}

/** Counts what differs apart from the bytes; gives the number of messages at the source. */
function compareMailbox(left: SeenMailbox, right: SeenMailbox, add: (kind: string, by?: number) => void): number {
  let messages = 0;
  for (const [path, seen] of left.folders) {
    messages += seen.length;
    const other = right.folders.get(path);
    if (other === undefined) {
      add(seen.length === 0 ? 'emptyFolders' : 'foldersMissing');
      if (seen.length > 0) add('missing', seen.length);
      continue;
    }
    const there = new Map<string, Seen[]>();
    for (const one of other) there.set(one.key, [...(there.get(one.key) ?? []), one]);
    for (const one of seen) {
      const twin = there.get(one.key)?.shift();
      if (twin === undefined) add('missing');
      else {
        if (twin.flags !== one.flags) add('flags');
        if (twin.keywords !== one.keywords) add('keywords');
      }
    }
    for (const rest of there.values()) add('extra', rest.length);
  }
  for (const path of right.folders.keys()) if (!left.folders.has(path)) add('foldersExtra');
  for (const path of left.subscribed) if (!right.subscribed.has(path)) add('subscriptions');
  for (const path of right.subscribed) if (!left.subscribed.has(path)) add('subscriptions');
  return messages;
}

/** Of each folder the last message and every hundredth. */
async function compareBytes(
  source: RawImap,
  target: RawImap,
  left: SeenMailbox,
  right: SeenMailbox,
  manners: Manners,
  add: (kind: string) => void,
): Promise<void> {
  for (const [path, seen] of left.folders) {
    const twins = new Map((right.folders.get(path) ?? []).map((one) => [one.key, one.uid]));
    // Of half a million of one size some hundred have a date that another has too: which is whose copy is not told by it.
    const sources = new Map(seen.map((one) => [one.key, one.uid]));
    const again = new Set(seen.filter((one) => sources.get(one.key) !== one.uid).map(({ key }) => key));
    const isSampled = (one: Seen, i: number): boolean =>
      (i % 100 === 50 || i === seen.length - 1) && twins.has(one.key) && !again.has(one.key);
    const sample = seen.filter(isSampled);
    if (sample.length === 0) continue;
    const [here, there] = await Promise.all([
      hashes(
        source,
        path,
        sample.map((one) => one.uid),
        null,
      ),
      hashes(
        target,
        path,
        sample.map((one) => twins.get(one.key) ?? 0),
        manners.addsHeader,
      ),
    ]);
    for (const one of sample) {
      const hash = here.get(one.uid);
      if (hash === undefined || hash !== there.get(twins.get(one.key) ?? 0)) add('bodies');
    }
  }
}

/** SHA-256 of messages by UID: the answers of commands under way together may come in any order (RFC 9051 §5.5). */
async function hashes(
  imap: RawImap,
  path: string,
  uids: readonly number[],
  without: RegExp | null,
): Promise<ReadonlyMap<number, string>> {
  void imap.ask(`EXAMINE ${quoted(path)}`).catch(() => undefined);
  const found = new Map<number, string>();
  for (const { text, literals } of await imap.ask(`UID FETCH ${uids.join(',')} (UID BODY.PEEK[])`)) {
    const uid = /[( ]UID (\d+)/.exec(text)?.[1];
    const bytes = literals[0];
    if (uid === undefined || bytes === undefined) continue;
    const shown = without === null ? bytes : Buffer.from(bytes.toString('latin1').replace(without, ''), 'latin1');
    found.set(Number(uid), createHash('sha256').update(shown).digest('hex'));
  }
  return found;
}
