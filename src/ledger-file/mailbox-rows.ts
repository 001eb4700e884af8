/** One mailbox's rows: reading them as the port's records and applying its changes, inside whatever transaction is open. */

import type { FolderId, FolderState, Uid, UidValidity } from '#domain/item.ts';
import { UidMap } from '#domain/uid-map.ts';
import type { Exception, FolderRecord, Intent, LedgerChange, SentMessage } from '#ports/ledger.ts';
import { packSent, packUids, unpackSent, unpackUids } from './packing.ts';
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
      const [source, number, target, sv, sn, sm, sq, tv, tn, tm, tq, mapSource, mapTarget, digest, messages, bytes] =
        row;
      numbers.set(source, number);
      if (target === null || digest === null) continue;
      records.push({
        source,
        target,
        sourceState: state(sv, sn, sm, sq),
        targetState: state(tv, tn, tm, tq),
        sourceUidValidity: mapSource,
        targetUidValidity: mapTarget,
        digest,
        messages,
        bytes,
      });
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
    return rows.map((row) => ({
      id: row.id,
      source: row.source as FolderId,
      target: row.target as FolderId,
      sourceUidValidity: row.source_uid_validity as UidValidity,
      targetUidValidity: row.target_uid_validity as UidValidity,
      targetUidNext: row.target_uid_next as Uid,
      uids: unpackUids(row.uids),
      sent: this.#sent(row.id),
    }));
  }

  exceptions(): Exception[] {
    const rows = this.#ask.of('exceptions').all(this.mailbox) as unknown as ExceptionRow[];
    return rows.map((row) => ({
      folder: row.folder_name as FolderId,
      sourceUidValidity: row.source_uid_validity as UidValidity,
      uid: row.uid as Uid,
      kind: row.kind,
      code: row.code,
      detail: row.detail,
      sizeBytes: row.size_bytes,
      messageId: row.message_id,
      elementRead: row.element_read,
      elementServed: row.element_served,
    }));
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
        ask
          .of('folder-record')
          .run(
            record.target,
            ...stateColumns(record.sourceState),
            ...stateColumns(record.targetState),
            record.sourceUidValidity,
            record.targetUidValidity,
            record.digest,
            record.messages,
            record.bytes,
            mailbox,
            record.source,
          );
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
      case 'intent': {
        const { id, source, target, sourceUidValidity, targetUidValidity, targetUidNext, uids, sent } = change.intent;
        ask.of('drop-sent').run(mailbox, id);
        ask
          .of('put-intent')
          .run(mailbox, id, source, target, sourceUidValidity, targetUidValidity, targetUidNext, packUids(uids));
        if (sent.length > 0) ask.of('put-sent').run(packSent(sent), mailbox, id);
        return;
      }
      case 'sent':
        ask.of('put-sent').run(packSent(change.messages), mailbox, change.intent);
        return;
      case 'settled':
        ask.of('drop-sent').run(mailbox, change.intent);
        ask.of('settle-intent').run(mailbox, change.intent);
        return;
      case 'exception': {
        const { exception: about } = change;
        ask
          .of('put-exception')
          .run(
            mailbox,
            this.#number(about.folder),
            about.uid,
            about.kind,
            about.sourceUidValidity,
            about.code,
            about.detail,
            about.sizeBytes,
            about.messageId,
            about.elementRead,
            about.elementServed,
          );
        return;
      }
      case 'exception-gone':
        ask.of('drop-exception').run(mailbox, this.#number(change.folder), change.uid, change.what);
        return;
      default:
        change satisfies never;
    }
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

type StateColumns = [
  uidValidity: UidValidity | null,
  uidNext: Uid | null,
  messages: number | null,
  modSeq: string | null,
];

type FolderRow = [
  source: FolderId,
  number: number,
  target: FolderId | null,
  ...sourceState: StateColumns,
  ...targetState: StateColumns,
  mapSourceUidValidity: UidValidity | null,
  mapTargetUidValidity: UidValidity | null,
  digest: Uint8Array | null,
  messages: number,
  bytes: number,
];

interface IntentRow {
  id: number;
  source: string;
  target: string;
  source_uid_validity: number;
  target_uid_validity: number;
  target_uid_next: number;
  uids: Uint8Array;
}

interface ExceptionRow {
  folder_name: string;
  source_uid_validity: number;
  uid: number;
  kind: Exception['kind'];
  code: string;
  detail: string;
  size_bytes: number | null;
  message_id: string | null;
  element_read: Uint8Array | null;
  element_served: Uint8Array | null;
}

function state(...[uidValidity, uidNext, messages, modSeq]: StateColumns): FolderState | null {
  if (uidValidity === null || uidNext === null || messages === null) return null;
  return { uidValidity, uidNext, messages, highestModSeq: modSeq === null ? null : BigInt(modSeq) };
}

function stateColumns(of: FolderState | null): [number | null, number | null, number | null, bigint | null] {
  return of ? [of.uidValidity, of.uidNext, of.messages, of.highestModSeq] : [null, null, null, null];
}
