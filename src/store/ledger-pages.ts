/**
 * How the folders of a mailbox lie in the rows of `ledger_page`: some of them in each, their names as text and everything
 * else packed. An untroubled folder takes about a hundred octets, a third of which are its digest.
 */

import { emptyDigest, digestOctets } from '#domain/digest.ts';
import type { FolderId, FolderState, Uid, UidValidity } from '#domain/item.ts';
import { Octets, Reader } from '#domain/packed-numbers.ts';
import type { FolderRecord } from '#ports/ledger.ts';
import { keptText, textKept } from './kept-text.ts';
import { FolderRuns } from './ledger-runs.ts';

/**
 * So many folders are rewritten when one of them moves, and so many share the cost of a row: with fewer the rows cost more,
 * with more the last of them is emptier, and so is the room beside them (`npm run bench -- ledger-size`).
 */
export const foldersPerPage = 8;

/** Stands first in every row. Whoever changes what follows counts it up, and reads both. */
const format = 1;

export interface LedgerFolder {
  /** Given in the order in which the ledger hears of folders, from 0. */
  readonly number: number;
  readonly name: FolderId;
  /** Null while only runs, flags or exceptions of it are known. */
  record: FolderRecord | null;
  readonly runs: FolderRuns;
}

export interface PageRow {
  readonly page: number;
  readonly names: string;
  readonly records: Uint8Array;
}

/** Of the first page also the accounts (ledger-pair.ts). */
export interface WrittenPage extends PageRow {
  readonly pair: Uint8Array | null;
}

/** What follows in the octets of a folder, as bits of its first number. */
const has = {
  record: 1,
  sourceState: 2,
  sourceModSeq: 4,
  targetState: 8,
  targetModSeq: 16,
  /** The map was made under a UIDVALIDITY; `…AsInState`: under that of the state. */
  sourceUidValidity: 32,
  sourceAsInState: 64,
  targetUidValidity: 128,
  targetAsInState: 256,
  digest: 512,
  /** The map has as many messages as the source's state says. */
  messagesAsInState: 1024,
  rowsOfRuns: 2048,
} as const;

/** The row of one page. `folders`: all of that page, by their numbers. */
export function packPage(page: number, folders: readonly LedgerFolder[]): PageRow {
  const octets = new Octets();
  octets.number(format);
  for (const folder of folders) packFolder(octets, folder);
  return { page, names: folders.map(lineOf).join('\n'), records: Buffer.from(octets.octets()) };
}

/** The folders of a row; null where it was written in a format that is not known here. */
export function unpackPage({ page, names, records }: PageRow): readonly LedgerFolder[] | null {
  const reader = new Reader(records);
  if (reader.number() !== format) return null;
  if (reader.isOver) return [];
  return names.split('\n').map((line, i) => {
    const [name, target] = line.split('\t').map(textKept);
    const source = name as FolderId;
    return unpackFolder(reader, page * foldersPerPage + i, source, (target ?? source) as FolderId);
  });
}

function lineOf({ name, record }: LedgerFolder): string {
  return record && record.target !== name ? `${keptText(name)}\t${keptText(record.target)}` : keptText(name);
}

function packFolder(octets: Octets, { record, runs }: LedgerFolder): void {
  const { inPage } = runs;
  octets.number((record ? bitsOf(record) : 0) | (inPage ? 0 : has.rowsOfRuns));
  if (record) packRecord(octets, record);
  if (!inPage) return;
  octets.number(inPage.length);
  octets.raw(inPage);
}

function bitsOf(record: FolderRecord): number {
  const { sourceState, targetState, sourceUidValidity, targetUidValidity } = record;
  return [
    has.record,
    sourceState ? has.sourceState : 0,
    typeof sourceState?.highestModSeq === 'bigint' ? has.sourceModSeq : 0,
    targetState ? has.targetState : 0,
    typeof targetState?.highestModSeq === 'bigint' ? has.targetModSeq : 0,
    sourceUidValidity === null ? 0 : has.sourceUidValidity,
    sourceUidValidity === sourceState?.uidValidity ? has.sourceAsInState : 0,
    targetUidValidity === null ? 0 : has.targetUidValidity,
    targetUidValidity === targetState?.uidValidity ? has.targetAsInState : 0,
    Buffer.compare(record.digest, emptyDigest) === 0 ? 0 : has.digest,
    record.messages === sourceState?.messages ? has.messagesAsInState : 0,
  ].reduce((bits, bit) => bits | bit, 0);
}

function packRecord(octets: Octets, record: FolderRecord): void {
  const bits = bitsOf(record);
  packState(octets, record.sourceState);
  packState(octets, record.targetState);
  if (bits & has.sourceUidValidity && !(bits & has.sourceAsInState)) octets.number(record.sourceUidValidity as number);
  if (bits & has.targetUidValidity && !(bits & has.targetAsInState)) octets.number(record.targetUidValidity as number);
  if (bits & has.digest) octets.raw(record.digest);
  if (!(bits & has.messagesAsInState)) octets.number(record.messages);
  octets.number(record.bytes);
}

function packState(octets: Octets, state: FolderState | null): void {
  if (!state) return;
  octets.number(state.uidValidity);
  octets.number(state.uidNext);
  octets.number(state.messages);
  if (state.highestModSeq !== null) octets.big(state.highestModSeq);
}

function unpackFolder(reader: Reader, number: number, name: FolderId, target: FolderId): LedgerFolder {
  const bits = reader.number();
  const record = bits & has.record ? unpackRecord(reader, bits, name, target) : null;
  const runs = new FolderRuns(bits & has.rowsOfRuns ? null : reader.raw(reader.number()));
  return { number, name, record, runs };
}

function unpackRecord(reader: Reader, bits: number, source: FolderId, target: FolderId): FolderRecord {
  const sourceState = bits & has.sourceState ? unpackState(reader, (bits & has.sourceModSeq) !== 0) : null;
  const targetState = bits & has.targetState ? unpackState(reader, (bits & has.targetModSeq) !== 0) : null;
  const validity = (isThere: number, state: FolderState | null, isAsInState: number): UidValidity | null => {
    if (!(bits & isThere)) return null;
    return bits & isAsInState && state ? state.uidValidity : (reader.number() as UidValidity);
  };
  return {
    source,
    target,
    sourceState,
    targetState,
    sourceUidValidity: validity(has.sourceUidValidity, sourceState, has.sourceAsInState),
    targetUidValidity: validity(has.targetUidValidity, targetState, has.targetAsInState),
    digest: bits & has.digest ? reader.raw(digestOctets) : emptyDigest,
    messages: bits & has.messagesAsInState && sourceState ? sourceState.messages : reader.number(),
    bytes: reader.number(),
  };
}

function unpackState(reader: Reader, hasModSeq: boolean): FolderState {
  return {
    uidValidity: reader.number() as UidValidity,
    uidNext: reader.number() as Uid,
    messages: reader.number(),
    highestModSeq: hasModSeq ? reader.big() : null,
  };
}
