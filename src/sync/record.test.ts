/** What leaves the map leaves it once, whoever finds it out, and however often. */

import { expect, test } from 'vitest';
import { DigestSum } from '#domain/digest.ts';
import type { FolderId, Uid } from '#domain/item.ts';
import { runsOf, UidMap } from '#domain/uid-map.ts';
import { type Engine, type FolderWork, Suspects, Tally } from './engine.ts';
import { freshRecord } from './fresh-record.ts';
import { unrecord } from './record.ts';
import type { Item } from './send-plan.ts';

const inbox = 'INBOX' as FolderId;

test('a message that the answers and the proof both find missing is counted off once', () => {
  const items = [1, 2, 3].map(sent);
  const digest = new DigestSum();
  for (const { element } of items) digest.add(element);
  const record = { ...freshRecord(inbox, inbox), messages: 3, bytes: 30, digest: digest.octets() };
  const map = UidMap.empty.with(runsOf(items.map(({ uid, targetUid }) => [uid, targetUid as Uid])));
  const work = { source: { id: inbox }, target: { id: inbox }, record, map } as FolderWork;
  // What taking out of the map asks of the engine, and no more.
  const engine = { tally: new Tally(), suspects: new Suspects() } as unknown as Engine;
  engine.tally.didCopy(inbox, 3, 30);

  unrecord(engine, work, items.slice(0, 2));
  unrecord(engine, work, items.slice(0, 2));

  const left = new DigestSum();
  left.add((items[2] as Item).element);
  expect(work.record).toMatchObject({ messages: 1, bytes: 10, digest: left.octets() });
  expect(engine.tally).toMatchObject({ copied: 1, bytes: 10 });
});

function sent(uid: number): Item {
  const element = new Uint8Array(32).fill(uid);
  return { uid: uid as Uid, targetUid: (uid + 100) as Uid, element, content: { sizeBytes: 10 } } as Item;
}
