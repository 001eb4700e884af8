/** One mailbox's rows: reading them as the port's records and applying its changes, inside whatever transaction is open. */

import type { FolderId } from '#domain/item.ts';
import { UidMap } from '#domain/uid-map.ts';
import type { Exception, FolderRecord, Intent, LedgerChange, SentMessage } from '#ports/ledger.ts';
import { packSent, unpackSent } from './packing.ts';
import {
  exceptionColumns,
  exceptionOf,
  type ExceptionRow,
  folderColumns,
  folderRecord,
  type FolderRow,
  intentColumns,
  intentOf,
  type IntentRow,
} from './row-shapes.ts';
import { addRuns, dropUids, readRuns } from './runs.ts';
import type { Statements } from './statements.ts';

const allUids = [1, 0xffff_ffff] as const;

export class MailboxRows {
  readonly mailbox: number;
  readonly #ask: Statements;
  /** The folders' small numbers, read when first needed and kept while nobody else can change them. */
  #numbers: Map<string, number> | null = null;

  constructor(ask: Statements, mailbox: number) {
    this.#ask = ask;
    this.mailbox = mailbox;
  }

  folders(): FolderRecord[] {
    const records: FolderRecord[] = [];
    const numbers = new Map<string, number>();
    for (const row of this.#ask.of('folders').all(this.mailbox) as unknown as FolderRow[]) {
      numbers.set(row[0], row[1]);
      const record = folderRecord(row);
      if (record) records.push(record);
    }
    this.#numbers = numbers;
    return records;
  }

  map(folder: FolderId): UidMap {
    const number = this.#known().get(folder);
    return number === undefined
      ? UidMap.empty
      : new UidMap(readRuns(this.#ask, { mailbox: this.mailbox, folder: number }));
  }

  flags(folder: FolderId): Uint8Array | null {
    const number = this.#known().get(folder);
    if (number === undefined) return null;
    const row = this.#ask.of('flags').get(this.mailbox, number) as { packed: Uint8Array } | undefined;
    return row?.packed ?? null;
  }

  intents(): Intent[] {
    const rows = this.#ask.of('intents').all(this.mailbox) as unknown as IntentRow[];
    return rows.map((row) => intentOf(row, this.#sent(row.id)));
  }

  exceptions(): Exception[] {
    const rows = this.#ask.of('exceptions').all(this.mailbox) as unknown as ExceptionRow[];
    return rows.map(exceptionOf);
  }

  /** What was applied was undone: numbers given meanwhile are no longer given. */
  undone(): void {
    this.#numbers = null;
  }

  apply(change: LedgerChange): void {
    const [ask, mailbox] = [this.#ask, this.mailbox];
    switch (change.kind) {
      case 'folder': {
        const { record } = change;
        this.#number(record.source);
        ask.of('folder-record').run(...folderColumns(record), mailbox, record.source);
        return;
      }
      case 'mapped':
        return addRuns(ask, { mailbox, folder: this.#number(change.folder) }, change.runs);
      case 'unmapped':
        return dropUids(ask, { mailbox, folder: this.#number(change.folder) }, change.uids);
      case 'flags': {
        const number = this.#number(change.folder);
        if (change.packed) ask.of('put-flags').run(mailbox, number, change.packed);
        else ask.of('drop-flags').run(mailbox, number);
        return;
      }
      case 'map-dropped':
        ask.of('drop-runs').run(mailbox, this.#number(change.folder), ...allUids);
        ask.of('drop-flags').run(mailbox, this.#number(change.folder));
        return;
      case 'intent':
        this.#intend(change.intent);
        return;
      case 'sent':
        ask.of('put-sent').run(packSent(change.messages), mailbox, change.intent);
        return;
      case 'settled':
        ask.of('drop-sent').run(mailbox, change.intent);
        ask.of('settle-intent').run(mailbox, change.intent);
        return;
      case 'exception': {
        const { exception: about } = change;
        ask.of('put-exception').run(mailbox, this.#number(about.folder), ...exceptionColumns(about));
        return;
      }
      case 'exception-gone':
        ask.of('drop-exception').run(mailbox, this.#number(change.folder), change.uid, change.what);
        return;
      default:
        change satisfies never;
    }
  }

  #intend(intent: Intent): void {
    const [ask, mailbox] = [this.#ask, this.mailbox];
    ask.of('drop-sent').run(mailbox, intent.id);
    ask.of('put-intent').run(mailbox, ...intentColumns(intent));
    if (intent.sent.length > 0) ask.of('put-sent').run(packSent(intent.sent), mailbox, intent.id);
  }

  #sent(intent: number): SentMessage[] {
    const byUid = new Map<number, SentMessage>();
    for (const { messages } of this.#ask.of('sent').all(this.mailbox, intent) as unknown as {
      messages: Uint8Array;
    }[]) {
      // What was learnt last of a message counts: it may have been read again.
      for (const message of unpackSent(messages)) byUid.set(message.uid, message);
    }
    return [...byUid.values()];
  }

  #known(): Map<string, number> {
    if (!this.#numbers) {
      const rows = this.#ask.of('folder-numbers').all(this.mailbox) as unknown as { source: string; number: number }[];
      this.#numbers = new Map(rows.map((row) => [row.source, row.number]));
    }
    return this.#numbers;
  }

  /** The folder's number; a folder that has none gets the next. */
  #number(folder: FolderId): number {
    const known = this.#known();
    let number = known.get(folder);
    if (number === undefined) {
      number = 1;
      for (const taken of known.values()) number = Math.max(number, taken + 1);
      this.#ask.of('new-folder').run(this.mailbox, folder, number);
      known.set(folder, number);
    }
    return number;
  }
}
