/** How the records of the port lie in rows: what a statement reads and what it is given, in the order of its columns. */

import type { SQLInputValue } from 'node:sqlite';
import type { FolderId, FolderState, Uid, UidValidity } from '#domain/item.ts';
import type { Exception, FolderRecord, Intent, SentMessage } from '#ports/ledger.ts';
import { packUids, unpackUids } from './packing.ts';

type StateColumns = [
  uidValidity: UidValidity | null,
  uidNext: Uid | null,
  messages: number | null,
  modSeq: string | null,
];

/** As the statement `folders` lists them; a folder with a number and no record has nulls. */
export type FolderRow = [
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

export interface IntentRow {
  id: number;
  source: string;
  target: string;
  source_uid_validity: number;
  target_uid_validity: number;
  target_uid_next: number;
  uids: Uint8Array;
}

export interface ExceptionRow {
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

/** Null for a folder that has only a number. */
export function folderRecord(row: FolderRow): FolderRecord | null {
  const [source, , target, sv, sn, sm, sq, tv, tn, tm, tq, mapSource, mapTarget, digest, messages, bytes] = row;
  if (target === null || digest === null) return null;
  return {
    source,
    target,
    sourceState: state(sv, sn, sm, sq),
    targetState: state(tv, tn, tm, tq),
    sourceUidValidity: mapSource,
    targetUidValidity: mapTarget,
    digest,
    messages,
    bytes,
  };
}

/** For `folder-record`, up to the folder that it belongs to. */
export function folderColumns(record: FolderRecord): SQLInputValue[] {
  return [
    record.target,
    ...stateColumns(record.sourceState),
    ...stateColumns(record.targetState),
    record.sourceUidValidity,
    record.targetUidValidity,
    record.digest,
    record.messages,
    record.bytes,
  ];
}

export function intentOf(row: IntentRow, sent: readonly SentMessage[]): Intent {
  return {
    id: row.id,
    source: row.source as FolderId,
    target: row.target as FolderId,
    sourceUidValidity: row.source_uid_validity as UidValidity,
    targetUidValidity: row.target_uid_validity as UidValidity,
    targetUidNext: row.target_uid_next as Uid,
    uids: unpackUids(row.uids),
    sent,
  };
}

/** For `put-intent`, behind the mailbox. */
export function intentColumns(intent: Intent): SQLInputValue[] {
  const { id, source, target, sourceUidValidity, targetUidValidity, targetUidNext, uids } = intent;
  return [id, source, target, sourceUidValidity, targetUidValidity, targetUidNext, packUids(uids)];
}

export function exceptionOf(row: ExceptionRow): Exception {
  return {
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
  };
}

/** For `put-exception`, behind the mailbox and the folder's number. */
export function exceptionColumns(about: Exception): SQLInputValue[] {
  return [
    about.uid,
    about.kind,
    about.sourceUidValidity,
    about.code,
    about.detail,
    about.sizeBytes,
    about.messageId,
    about.elementRead,
    about.elementServed,
  ];
}

function state(...[uidValidity, uidNext, messages, modSeq]: StateColumns): FolderState | null {
  if (uidValidity === null || uidNext === null || messages === null) return null;
  return { uidValidity, uidNext, messages, highestModSeq: modSeq === null ? null : BigInt(modSeq) };
}

function stateColumns(of: FolderState | null): [number | null, number | null, number | null, bigint | null] {
  return of ? [of.uidValidity, of.uidNext, of.messages, of.highestModSeq] : [null, null, null, null];
}
