/**
 * Whether an evening went well, asked of nobody who took part in it: both servers are read over IMAP by the bench's own client,
 * every octet of every message, and held against what was made up. Per folder the messages are counted as a multiset of
 * content (SHA-256), INTERNALDATE and flags.
 */

import { createHash } from 'node:crypto';
import type { DovecotServer } from '../labs/dovecot.ts';
import { signedIn } from './evening-servers.ts';
import { quoted } from './raw-imap.ts';
import { type MadeFolder, messageBytes } from './workload.ts';

/** What was found, added up over mailboxes and sides. */
export interface Findings {
  messages: number;
  bytes: number;
  /** Made and not there. */
  lost: number;
  /** There more often than it was made. */
  twice: number;
  /** There, and nobody made it; foreign to this mailbox and folder. */
  strange: number;
  /** The content is there, with another date or other flags. */
  otherwise: number;
  /** Folders that are missing or too many, subscriptions that differ. */
  folders: number;
  /** The first few, for people. */
  readonly examples: string[];
}

export function nothingFound(): Findings {
  return { messages: 0, bytes: 0, lost: 0, twice: 0, strange: 0, otherwise: 0, folders: 0, examples: [] };
}

export function isWell({ lost, twice, strange, otherwise, folders }: Findings): boolean {
  return lost + twice + strange + otherwise + folders === 0;
}

const examplesMax = 20;

/** Reads the mailbox at `address` on `server` and adds to `found` how it differs from `made`. */
export async function compareMailbox(
  server: DovecotServer,
  side: string,
  address: string,
  made: readonly MadeFolder[],
  found: Findings,
): Promise<void> {
  await using imap = await signedIn(server, address);
  const [listed, subscribed] = await Promise.all([imap.ask('LIST "" "*"'), imap.ask('LSUB "" "*"')]);
  const names = new Set(listed.flatMap(({ text }) => nameIn(text, 'LIST')));
  const subscriptions = new Set(subscribed.flatMap(({ text }) => nameIn(text, 'LSUB')));
  const differs = (kind: 'lost' | 'twice' | 'strange' | 'otherwise' | 'folders', by: number, what: string): void => {
    if (by === 0) return;
    found[kind] += by;
    if (found.examples.length < examplesMax) found.examples.push(`${side} ${address}: ${kind}: ${what}`);
  };
  const works = made.map(async ({ path, subscribed: isSubscribed, messages }) => {
    if (!names.delete(path)) return differs('folders', 1, `${path} is missing`);
    if (subscriptions.has(path) !== isSubscribed) differs('folders', 1, `${path}: its subscription differs`);
    const expected = new Map(messages.map((message) => [digestOf(messageBytes(message)), message] as const));
    const seen = new Map<string, number>();
    void imap.ask(`EXAMINE ${quoted(path)}`).catch(() => undefined); // its failure is that of what follows
    await imap.ask('UID FETCH 1:* (UID FLAGS INTERNALDATE BODY.PEEK[])', [], ({ text, literals: [body] }) => {
      if (body === undefined) return;
      found.messages++;
      found.bytes += body.length;
      const digest = digestOf(body);
      const times = (seen.get(digest) ?? 0) + 1;
      seen.set(digest, times);
      const message = expected.get(digest);
      if (!message) return differs('strange', 1, `${path}: ${text.slice(0, 80)}`);
      if (times > 1) return differs('twice', 1, `${path}: ${text.slice(0, 80)}`);
      const flags = /FLAGS \(([^)]*)\)/.exec(text)?.[1] ?? '';
      const date = /INTERNALDATE "([^"]+)"/.exec(text)?.[1] ?? '';
      if (flagsOf(flags.split(' ')) !== flagsOf(message.flags) || instantOf(date) !== instantOf(message.internalDate))
        differs(
          'otherwise',
          1,
          `${path}: ${text.slice(0, 120)}, and not (${message.flags.join(' ')}) ${message.internalDate}`,
        );
    });
    const lost = [...expected].filter(([digest]) => !seen.has(digest));
    differs('lost', lost.length, `${path}: ${lost[0]?.[1].internalDate}`);
  });
  await Promise.all(works);
  names.delete('INBOX');
  differs('folders', names.size, `${[...names].join(', ')} too many`);
}

function nameIn(line: string, word: string): readonly string[] {
  const found = new RegExp(`^\\* ${word} \\([^)]*\\) (?:"[^"]*"|NIL) (?:"([^"]*)"|(\\S+))$`).exec(line);
  const name = found?.[1] ?? found?.[2];
  return name === undefined ? [] : [name];
}

function digestOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('base64');
}

function flagsOf(flags: readonly string[]): string {
  return flags
    .filter((flag) => flag !== '' && flag !== '\\Recent')
    .toSorted()
    .join(' ');
}

function instantOf(date: string): number {
  return Date.parse(date.trim().replace(/^(\d+)-(\w+)-(\d+)/, '$1 $2 $3'));
}
