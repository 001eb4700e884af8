/** UID sets and sent messages as octets, for the rows that live only as long as a batch is under way. Little-endian. */

import type { Instant, Uid } from '#domain/item.ts';
import type { UidRange, UidSet } from '#domain/uid-set.ts';
import type { SentMessage } from '#ports/ledger.ts';

const rangeOctets = 8;
/** UID (4), size (8), INTERNALDATE (8, NaN for none), element (32). */
const sentOctets = 52;

/** Eight octets per range: first and last UID. */
export function packUids(uids: UidSet): Uint8Array {
  const packed = Buffer.allocUnsafe(uids.length * rangeOctets);
  let at = 0;
  for (const [first, last] of uids) {
    packed.writeUInt32LE(first, at);
    packed.writeUInt32LE(last, at + 4);
    at += rangeOctets;
  }
  return packed;
}

export function unpackUids(packed: Uint8Array): UidSet {
  const view = new DataView(packed.buffer, packed.byteOffset, packed.byteLength);
  const uids: UidRange[] = [];
  for (let at = 0; at < packed.byteLength; at += rangeOctets) {
    uids.push([view.getUint32(at, true) as Uid, view.getUint32(at + 4, true) as Uid]);
  }
  return uids;
}

export function packSent(messages: readonly SentMessage[]): Uint8Array {
  const packed = Buffer.allocUnsafe(messages.length * sentOctets);
  let at = 0;
  for (const message of messages) {
    packed.writeUInt32LE(message.uid, at);
    packed.writeDoubleLE(message.sizeBytes, at + 4);
    packed.writeDoubleLE(message.internalDate ?? Number.NaN, at + 12);
    packed.set(message.element, at + 20);
    at += sentOctets;
  }
  return packed;
}

export function unpackSent(packed: Uint8Array): SentMessage[] {
  const view = new DataView(packed.buffer, packed.byteOffset, packed.byteLength);
  const messages: SentMessage[] = [];
  for (let at = 0; at < packed.byteLength; at += sentOctets) {
    const date = view.getFloat64(at + 12, true);
    messages.push({
      uid: view.getUint32(at, true) as Uid,
      sizeBytes: view.getFloat64(at + 4, true),
      internalDate: Number.isNaN(date) ? null : (date as Instant),
      element: packed.slice(at + 20, at + sentOctets),
    });
  }
  return messages;
}
