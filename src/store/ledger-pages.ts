/**
 * How the folders of a mailbox lie in the rows of `ledger_page`: some of them in each, their names as text and everything
 * else packed, what is alike in neighbours or on both sides once. An untroubled folder takes some eighty octets, of which
 * thirty-two are its digest.
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
const format = 2;

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
  /** The target's state has as many messages as the source's. */
  targetAsMany: 4096,
} as const;

/** What the folder before it has, from which numbers are told: folders that were made together have UIDVALIDITYs close together. */
interface Before {
  source: number;
  target: number;
}

/** The row of one page. `folders`: all of that page, by their numbers. */
export function packPage(page: number, folders: readonly LedgerFolder[]): PageRow {
  const octets = new Octets();
  octets.number(format);
  const before = { source: 0, target: 0 };
  for (const folder of folders) packFolder(octets, folder, before);
  return { page, names: folders.map(lineOf).join('\n'), records: Buffer.from(octets.octets()) };
}

/** The folders of a row; null where it was written in a format that is not known here. */
export function unpackPage({ page, names, records }: PageRow): readonly LedgerFolder[] | null {
  const reader = new Reader(records);
  if (reader.number() !== format) return null;
  if (reader.isOver) return [];
  const before = { source: 0, target: 0 };
  return names.split('\n').map((line, i) => {
    const [name, target] = line.split('\t').map(textKept);
    const source = name as FolderId;
    const ends = { source, target: (target ?? source) as FolderId };
    return unpackFolder(reader, page * foldersPerPage + i, ends, before);
  });
}

function lineOf({ name, record }: LedgerFolder): string {
  return record && record.target !== name ? `${keptText(name)}\t${keptText(record.target)}` : keptText(name);
}

function packFolder(octets: Octets, { record, runs }: LedgerFolder, before: Before): void {
  const { inPage } = runs;
  octets.number((record ? bitsOf(record) : 0) | (inPage ? 0 : has.rowsOfRuns));
  if (record) packRecord(octets, record, before);
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
    targetState && targetState.messages === sourceState?.messages ? has.targetAsMany : 0,
  ].reduce((bits, bit) => bits | bit, 0);
}

function packRecord(octets: Octets, record: FolderRecord, before: Before): void {
  const bits = bitsOf(record);
  const { sourceState, targetState } = record;
  if (sourceState) {
    octets.number(sourceState.messages);
    packState(octets, sourceState, before.source);
    before.source = sourceState.uidValidity;
  }
  if (targetState) {
    if (!(bits & has.targetAsMany)) octets.number(targetState.messages);
    packState(octets, targetState, before.target);
    before.target = targetState.uidValidity;
  }
  if (bits & has.sourceUidValidity && !(bits & has.sourceAsInState)) octets.number(record.sourceUidValidity as number);
  if (bits & has.targetUidValidity && !(bits & has.targetAsInState)) octets.number(record.targetUidValidity as number);
  if (bits & has.digest) octets.raw(record.digest);
  if (!(bits & has.messagesAsInState)) octets.number(record.messages);
  octets.number(record.bytes);
}

/** But for its messages. Most UIDs that were given are still there. */
function packState(octets: Octets, state: FolderState, uidValidityBefore: number): void {
  octets.signed(state.uidValidity - uidValidityBefore);
  octets.signed(state.uidNext - state.messages);
  if (state.highestModSeq !== null) octets.big(state.highestModSeq);
}

type Ends = Pick<FolderRecord, 'source' | 'target'>;

function unpackFolder(reader: Reader, number: number, ends: Ends, before: Before): LedgerFolder {
  const bits = reader.number();
  const record = bits & has.record ? unpackRecord(reader, bits, ends, before) : null;
  const runs = new FolderRuns(bits & has.rowsOfRuns ? null : reader.raw(reader.number()));
  return { number, name: ends.source, record, runs };
}

function unpackRecord(reader: Reader, bits: number, ends: Ends, before: Before): FolderRecord {
  const isThere = (bit: number): boolean => (bits & bit) !== 0;
  let sourceState: FolderState | null = null;
  let targetState: FolderState | null = null;
  if (isThere(has.sourceState)) {
    sourceState = unpackState(reader, reader.number(), before.source, isThere(has.sourceModSeq));
    before.source = sourceState.uidValidity;
  }
  if (isThere(has.targetState)) {
    const messages = isThere(has.targetAsMany) && sourceState ? sourceState.messages : reader.number();
    targetState = unpackState(reader, messages, before.target, isThere(has.targetModSeq));
    before.target = targetState.uidValidity;
  }
  const validity = (isGiven: number, state: FolderState | null, isAsInState: number): UidValidity | null => {
    if (!isThere(isGiven)) return null;
    return isThere(isAsInState) && state ? state.uidValidity : (reader.number() as UidValidity);
  };
  return {
    ...ends,
    sourceState,
    targetState,
    sourceUidValidity: validity(has.sourceUidValidity, sourceState, has.sourceAsInState),
    targetUidValidity: validity(has.targetUidValidity, targetState, has.targetAsInState),
    digest: isThere(has.digest) ? reader.raw(digestOctets) : emptyDigest,
    messages: isThere(has.messagesAsInState) && sourceState ? sourceState.messages : reader.number(),
    bytes: reader.number(),
  };
}

function unpackState(reader: Reader, messages: number, uidValidityBefore: number, hasModSeq: boolean): FolderState {
  return {
    uidValidity: (uidValidityBefore + reader.signed()) as UidValidity,
    uidNext: (messages + reader.signed()) as Uid,
    messages,
    highestModSeq: hasModSeq ? reader.big() : null,
  };
}
