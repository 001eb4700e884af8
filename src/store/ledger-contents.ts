/**
 * One mailbox's ledger while this process holds it: what its rows say, kept in memory and changed there, and which of them
 * have to be written for the database to say the same. Nobody else writes them, so they are read once.
 */

import type { FolderId } from '#domain/item.ts';
import type { FolderRecord, Intent, LedgerChange, SentMessage } from '#ports/ledger.ts';
import { Changed, type RowChanges } from './ledger-changes.ts';
import { foldersPerPage, type LedgerFolder, packPage } from './ledger-pages.ts';
import type { LedgerStart } from './ledger-rows.ts';
import { FolderRuns } from './ledger-runs.ts';

/** So many messages of at most 52 octets fit into a row of 8 kB: beyond that PostgreSQL keeps a row in pieces elsewhere. */
const sentPerPart = 150;

interface OpenIntent {
  readonly intent: Intent;
  readonly sent: Map<number, SentMessage>;
}

export class LedgerContents {
  readonly #folders: LedgerFolder[];
  readonly #byName: Map<FolderId, LedgerFolder>;
  readonly #flagged: Set<number>;
  readonly #intents: Map<number, OpenIntent>;
  /** Intents that have rows. */
  readonly #written: Set<number>;
  /** Those of them of which what was sent has rows too. */
  readonly #sentWritten: Set<number>;
  #nextPart: number;
  #hasExceptions: boolean;
  #isKnown: boolean;
  readonly #pair: Uint8Array | null;
  #changed = new Changed();

  /** `pair`: of the accounts that it is held for; null for whoever only looks. */
  constructor(start: LedgerStart, pair: Uint8Array | null = null) {
    this.#folders = [...start.folders];
    this.#byName = new Map(start.folders.map((folder) => [folder.name, folder]));
    this.#flagged = new Set(start.flagged);
    this.#intents = new Map(start.intents.map((intent) => [intent.id, { intent, sent: byUid(intent.sent) }]));
    this.#written = new Set(this.#intents.keys());
    this.#sentWritten = new Set(start.intents.flatMap(({ id, sent }) => (sent.length > 0 ? id : [])));
    this.#nextPart = start.nextPart;
    this.#hasExceptions = start.hasExceptions;
    this.#isKnown = start.isKnown;
    this.#pair = pair;
    if (pair !== null && start.pair === null) this.#changed.pages.add(0);
  }

  /** Whether there are rows of it, or some have been taken to be written: somebody had it in hand before. */
  get isKnown(): boolean {
    return this.#isKnown;
  }

  /** Whether it is to be written even where nothing was learnt: that it was in hand, and for which accounts. */
  get isUnwritten(): boolean {
    return !this.#isKnown || this.#changed.pages.has(0);
  }

  get hasExceptions(): boolean {
    return this.#hasExceptions;
  }

  folders(): readonly FolderRecord[] {
    return this.#folders.flatMap(({ record }) => record ?? []);
  }

  /** Null for a folder of which nothing is known. */
  folder(name: FolderId): LedgerFolder | null {
    return this.#byName.get(name) ?? null;
  }

  hasFlags(folder: LedgerFolder): boolean {
    return this.#flagged.has(folder.number);
  }

  intents(): readonly Intent[] {
    return [...this.#intents.values()]
      .map(({ intent, sent }) => ({ ...intent, sent: [...sent.values()] }))
      .toSorted((a, b) => a.id - b.id);
  }

  /** The folders whose maps have to be read before `changes` can be applied. */
  unreadIn(changes: readonly LedgerChange[]): readonly LedgerFolder[] {
    const names = changes.flatMap((change) =>
      change.kind === 'mapped' || change.kind === 'unmapped' || change.kind === 'map-dropped' ? [change.folder] : [],
    );
    return [...new Set(names)].flatMap((name) => this.folder(name) ?? []).filter(({ runs }) => runs.isUnread);
  }

  apply(change: LedgerChange): void {
    switch (change.kind) {
      case 'folder': {
        const folder = this.#numbered(change.record.source);
        folder.record = change.record;
        this.#changed.pages.add(pageOf(folder));
        return;
      }
      case 'mapped':
        return this.#mapped(this.#numbered(change.folder), (runs) => runs.put(change.runs));
      case 'unmapped':
        return this.#mapped(this.#numbered(change.folder), (runs) => runs.drop(change.uids));
      case 'flags':
        return this.#flags(this.#numbered(change.folder), change.packed);
      case 'map-dropped':
        this.#mapped(this.#numbered(change.folder), (runs) => runs.clear());
        return this.#flags(this.#numbered(change.folder), null);
      case 'intent':
        return this.#begun(change.intent);
      case 'sent':
        return this.#sent(change.intent, change.messages);
      case 'settled':
        this.#intents.delete(change.intent);
        this.#changed.intents.add(change.intent);
        this.#changed.sent.delete(change.intent);
        return;
      case 'exception': {
        const { exception } = change;
        this.#hasExceptions = true;
        return this.#changed.exception(
          this.#numbered(exception.folder).number,
          exception.uid,
          exception.kind,
          exception,
        );
      }
      case 'exception-gone':
        return this.#changed.exception(this.#numbered(change.folder).number, change.uid, change.what, null);
      default:
        change satisfies never;
    }
  }

  /** The rows that have changed since they were last taken; from then on counted as written. */
  take(): RowChanges {
    const changed = this.#changed;
    this.#changed = new Changed();
    if (!this.#isKnown) changed.pages.add(0);
    this.#isKnown = true;
    const pages = [...changed.pages].map((page) => {
      const from = page * foldersPerPage;
      const folders = this.#folders.slice(from, from + foldersPerPage);
      return { ...packPage(page, folders), pair: page === 0 ? this.#pair : null };
    });
    const pieces = [...changed.maps].map(({ number, runs }) => ({ folder: number, ...runs.takeRows() }));
    const exceptions = [...changed.exceptions.values()];
    return {
      pages,
      pieces: pieces.flatMap(({ folder, put }) => put.map((piece) => ({ folder, ...piece }))),
      piecesGone: pieces.flatMap(({ folder, gone }) => gone.map((first) => ({ folder, first }))),
      flags: [...changed.flags].flatMap(([folder, packed]) => (packed ? { folder, packed } : [])),
      flagsGone: [...changed.flags].flatMap(([folder, packed]) => (packed ? [] : folder)),
      ...this.#takeIntents(changed),
      exceptions: exceptions.flatMap(({ folder, exception }) => (exception ? { folder, exception } : [])),
      exceptionsGone: exceptions.filter(({ exception }) => exception === null),
    };
  }

  #takeIntents(changed: Changed): Pick<RowChanges, 'intents' | 'intentsGone' | 'sent' | 'sentGone'> {
    const intents = [...changed.intents].flatMap((id) => this.#intents.get(id)?.intent ?? []);
    const intentsGone = [...changed.intents].filter((id) => !this.#intents.has(id) && this.#written.delete(id));
    const sentGone = [...changed.intents].filter((id) => this.#sentWritten.delete(id));
    const sent = [...changed.sent].flatMap(([intent, messages]) =>
      inParts(messages).map((part) => ({ intent, part: this.#nextPart++, messages: part })),
    );
    for (const { id } of intents) this.#written.add(id);
    for (const { intent } of sent) this.#sentWritten.add(intent);
    return { intents, intentsGone, sent, sentGone };
  }

  /** The folder of that name; one that was not known gets the next number. */
  #numbered(name: FolderId): LedgerFolder {
    const known = this.#byName.get(name);
    if (known) return known;
    const folder = { number: this.#folders.length, name, record: null, runs: new FolderRuns(new Uint8Array()) };
    this.#folders.push(folder);
    this.#byName.set(name, folder);
    this.#changed.pages.add(pageOf(folder));
    return folder;
  }

  #mapped(folder: LedgerFolder, change: (runs: FolderRuns) => void): void {
    change(folder.runs);
    this.#changed.maps.add(folder);
    this.#changed.pages.add(pageOf(folder));
  }

  #flags({ number }: LedgerFolder, packed: Uint8Array | null): void {
    if (packed) this.#flagged.add(number);
    else if (!this.#flagged.delete(number)) return;
    this.#changed.flags.set(number, packed);
  }

  #begun(intent: Intent): void {
    this.#intents.set(intent.id, { intent, sent: byUid(intent.sent) });
    this.#changed.intents.add(intent.id);
    if (intent.sent.length > 0) this.#changed.sent.set(intent.id, [...intent.sent]);
    else this.#changed.sent.delete(intent.id);
  }

  /** Late news of a batch that was settled are of no more use. */
  #sent(id: number, messages: readonly SentMessage[]): void {
    const open = this.#intents.get(id);
    if (!open || messages.length === 0) return;
    for (const message of messages) open.sent.set(message.uid, message);
    this.#changed.sent.set(id, [...(this.#changed.sent.get(id) ?? []), ...messages]);
  }
}

function pageOf({ number }: LedgerFolder): number {
  return Math.floor(number / foldersPerPage);
}

function inParts(messages: readonly SentMessage[]): readonly (readonly SentMessage[])[] {
  const parts: (readonly SentMessage[])[] = [];
  for (let from = 0; from < messages.length; from += sentPerPart) parts.push(messages.slice(from, from + sentPerPart));
  return parts;
}

/** What was learnt last of a message counts. */
function byUid(messages: readonly SentMessage[]): Map<number, SentMessage> {
  return new Map(messages.map((message) => [message.uid, message]));
}
