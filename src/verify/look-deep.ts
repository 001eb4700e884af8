/**
 * Looks through every message of a mailbox for what servers are known to refuse or to alter (docs/quirks.md), so that it
 * is known before a move and not after. Bodies pass by; what is kept is counts and a few examples by UID.
 */

import type { DeepFacts, DeepFinding, DeepKind } from '#domain/probe-report.ts';
import type { Folder, Instant } from '#domain/item.ts';
import { cleanText } from '#lib/clean-text.ts';
import { Columns, FlagSets } from './columns.ts';
import { allRows } from './match.ts';
import { MessageLook } from './message-look.ts';
import { readMessages } from './read-contents.ts';
import type { SteadyReader } from './steady-reader.ts';

export interface DeepWatcher {
  planned(messages: number): void;
  progress(messages: number, bytes: number): void;
  folder(path: string): void;
}

const examplesMax = 20;
const nameOctetsMax = 200;
/** Larger ones are refused by many targets (Exchange Online takes 35 MB unless set otherwise). */
const largeBytes = 35_000_000;
/** What servers keep of an INTERNALDATE (measured: 1970-01-01T00:00:00 becomes now on Cyrus, 2040 on Dovecot). */
const dates = { first: 1, last: 2_145_916_799 };

/** Throws faults; a folder that cannot be read is a finding. */
export async function lookDeep(steady: SteadyReader, watcher: DeepWatcher): Promise<DeepFacts> {
  const { folders } = await steady.use((reader) => reader.folders());
  const own = folders.filter((folder) => folder.belongsTo === 'personal' && !folder.virtual);
  watcher.planned(own.reduce((count, { state }) => count + (state?.messages ?? 0), 0));
  const found = new Findings();
  for (const folder of own) {
    lookAtName(folder, found);
    if (!folder.selectable) continue;
    await lookThrough(steady, folder, found, watcher);
    watcher.folder(folder.path.join('/'));
  }
  return found.facts();
}

async function lookThrough(steady: SteadyReader, folder: Folder, found: Findings, watcher: DeepWatcher): Promise<void> {
  const path = cleanText(folder.path.join('/'), nameOctetsMax);
  const listing = await steady.use((reader) => reader.list(folder.id, 'all', false));
  const keywords = new Set<string>();
  for (let row = 0; row < listing.length; row++) {
    for (const flag of listing.flags(row)) if (!flag.startsWith('\\')) keywords.add(flag.toLowerCase());
    const date = listing.internalDate(row);
    if (date !== null && date >= dates.first && date <= dates.last) continue;
    const detail = date === null ? 'no valid date' : wordsOf(date);
    found.add('date', path, listing.uid(row), detail);
  }
  found.keywords(path, keywords.size);
  const columns = new Columns(listing, new FlagSets(), () => true);
  const look = new MessageLook((row, bytes, kinds) => {
    watcher.progress(1, bytes);
    found.read(bytes);
    for (const [kind, detail] of kinds) found.add(kind, path, columns.uid(row), detail);
    if (bytes > largeBytes) found.add('large', path, columns.uid(row), `${bytes} octets`);
  });
  await readMessages(steady, folder.id, columns, allRows(columns), look, (row, reason) => {
    found.add('unreadable', path, columns.uid(row), reason);
  });
}

function wordsOf(instant: Instant): string {
  const date = new Date(instant * 1000);
  return Number.isNaN(date.getTime()) ? `${instant} seconds since 1970` : date.toISOString();
}

/** Control characters, blanks at an end, `..`, wildcards and the like: each is refused or changed by some server. */
// oxlint-disable-next-line no-control-regex -- control characters are what is looked for
const odd = /[\u0000-\u001f\u007f%*"\\]|^[\s~.]|\s$|^\.\.$|\//u;

function lookAtName(folder: Folder, found: Findings): void {
  const name = folder.path.at(-1) ?? '';
  if (odd.test(name))
    found.add(
      'folderName',
      cleanText(folder.path.join('/'), nameOctetsMax),
      null,
      JSON.stringify(cleanText(name, nameOctetsMax)),
    );
}

class Findings {
  #messagesRead = 0;
  #bytesRead = 0;
  #largestBytes = 0;
  #keywordsMost: DeepFacts['keywordsMost'] = null;
  readonly #byKind = new Map<DeepKind, { count: number; readonly examples: DeepFinding['examples'][number][] }>();

  add(kind: DeepKind, folder: string, uid: number | null, detail: string): void {
    let finding = this.#byKind.get(kind);
    if (!finding) this.#byKind.set(kind, (finding = { count: 0, examples: [] }));
    finding.count++;
    if (finding.examples.length < examplesMax) finding.examples.push({ folder, uid, detail });
  }

  read(bytes: number): void {
    this.#messagesRead++;
    this.#bytesRead += bytes;
    this.#largestBytes = Math.max(this.#largestBytes, bytes);
  }

  keywords(folder: string, count: number): void {
    if (count > (this.#keywordsMost?.count ?? 0)) this.#keywordsMost = { folder, count };
  }

  facts(): DeepFacts {
    return {
      messagesRead: this.#messagesRead,
      bytesRead: this.#bytesRead,
      largestBytes: this.#largestBytes,
      keywordsMost: this.#keywordsMost,
      findings: [...this.#byKind].map(([kind, finding]) => ({ kind, ...finding })),
    };
  }
}
