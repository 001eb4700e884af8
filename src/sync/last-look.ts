/** What is learnt of messages on the target before they leave it: whoever left the source took its bytes along. */

import type { Instant, Uid } from '#domain/item.ts';
import { uidSet } from '#domain/uid-set.ts';
import { readContents } from './content.ts';
import type { Engine, FolderWork } from './engine.ts';

export interface LastLook {
  /** Of those that are still there, by their UID on the target. */
  readonly dates: ReadonlyMap<Uid, Instant | null>;
  /** By their UID on the source. */
  readonly contents: ReadonlyMap<Uid, LastContent>;
}

interface LastContent {
  readonly element: Uint8Array;
  readonly sizeBytes: number;
  /** In hexadecimal. */
  readonly sha256: string;
}

/** A message that left the source took its bytes with it: what it was in the digest is learnt from our copy, before that goes. */
export async function lastLook(
  engine: Engine,
  { target }: FolderWork,
  byTarget: ReadonlyMap<Uid, Uid>,
): Promise<LastLook> {
  const targets = uidSet(byTarget.keys());
  const listing = await engine.target.list(target.id, targets, false);
  const dates = new Map<Uid, Instant | null>();
  for (let row = 0; row < listing.length; row++)
    if (byTarget.has(listing.uid(row))) dates.set(listing.uid(row), listing.internalDate(row));
  const contents = new Map<Uid, LastContent>();
  await readContents(engine.target, target.id, targets, false, (content) => {
    const uid = byTarget.get(content.uid);
    if (uid === undefined) return;
    const element = engine.elements.element(content.sha256, content.sizeBytes, dates.get(content.uid) ?? null);
    const sha256 = Buffer.from(content.sha256).toString('hex');
    contents.set(uid, { element, sizeBytes: content.sizeBytes, sha256 });
  });
  return { dates, contents };
}
