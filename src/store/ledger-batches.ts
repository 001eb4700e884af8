/** What a batch is about to bring and what was learnt of it, as octets: rows that live as long as the batch is under way. */

import { digestOctets } from '#domain/digest.ts';
import type { Instant, Uid } from '#domain/item.ts';
import { Octets, Reader } from '#domain/packed-numbers.ts';
import type { UidRange, UidSet } from '#domain/uid-set.ts';
import type { SentMessage } from '#ports/ledger.ts';

/** Of each range the gap before it and how many UIDs on its last one is. */
export function packUids(uids: UidSet): Buffer {
  const octets = new Octets();
  let end = 0;
  for (const [first, last] of uids) {
    octets.number(first - end);
    octets.number(last - first);
    end = last;
  }
  return Buffer.from(octets.octets());
}

export function unpackUids(packed: Uint8Array): UidSet {
  const reader = new Reader(packed);
  const uids: UidRange[] = [];
  let end = 0;
  while (!reader.isOver) {
    const first = end + reader.number();
    end = first + reader.number();
    uids.push([first as Uid, end as Uid]);
  }
  return uids;
}

export function packSent(messages: readonly SentMessage[]): Buffer {
  const octets = new Octets();
  for (const { uid, sizeBytes, internalDate, element } of messages) {
    octets.number(uid);
    octets.number(sizeBytes);
    // None is 0, and every other one, before 1970 too, is one further from it.
    octets.signed(internalDate === null ? 0 : internalDate < 0 ? internalDate : internalDate + 1);
    octets.raw(element);
  }
  return Buffer.from(octets.octets());
}

export function unpackSent(packed: Uint8Array): SentMessage[] {
  const reader = new Reader(packed);
  const messages: SentMessage[] = [];
  while (!reader.isOver) {
    const uid = reader.number() as Uid;
    const sizeBytes = reader.number();
    const date = reader.signed();
    const internalDate = date === 0 ? null : ((date < 0 ? date : date - 1) as Instant);
    messages.push({ uid, sizeBytes, internalDate, element: reader.raw(digestOctets) });
  }
  return messages;
}
