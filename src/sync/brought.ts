/**
 * A message that an earlier run could not bring may be brought by other hands: its owner's, an operator's, another tool's.
 * Where the target holds mail that is nobody's, it is compared with what is listed as refused; what is found is refused no more.
 */

import type { Uid } from '#domain/item.ts';
import { uidSet } from '#domain/uid-set.ts';
import { alikeIn, flagsBesides } from './adopt.ts';
import type { Engine, FolderWork } from './engine.ts';
import { adoptionChanges } from './exceptions.ts';
import { mayHoldStrangers, uidsExplained, uidsUnexplained } from './explained.ts';
import { dateLookup } from './look.ts';
import { matchByContent } from './matching.ts';
import { type FlagRows, isRefusedForGood, mappedRows, type Survey } from './survey.ts';

/** What cannot be read on the source cannot be compared either, and the second of these breaks the connection. */
const unread: ReadonlySet<string> = new Set(['unreadable', 'breaks-connection']);

/**
 * Adopts messages listed as refused, and not tried again by this run, that are on the target all the same. `sharing`: the
 * folders of the source that go into this target folder. Answers with them, for their flags are the source's from now on.
 */
export async function adoptBrought(
  engine: Engine,
  plan: Survey,
  sharing: readonly FolderWork[],
): Promise<readonly FlagRows[]> {
  const { work } = plan;
  const refused = engine.exceptions
    .of(work.source.id, 'refused')
    .filter(({ code, uid }) => isRefusedForGood(engine, work, uid) && !unread.has(code) && !plan.hasLeft(uid));
  if (refused.length === 0 || !mayHoldStrangers(engine, work, sharing)) return [];
  const there = await engine.target.list(work.target.id, uidsUnexplained(uidsExplained(sharing)), true);
  const isMapped = (uid: Uid): boolean => sharing.some(({ map }) => map.sourceOf(uid) !== null);
  const strangers: number[] = [];
  for (let row = 0; row < there.length; row++) if (!isMapped(there.uid(row))) strangers.push(row);
  if (strangers.length === 0) return [];
  const alike = await alikeIn(engine, work, uidSet(refused.map(({ uid }) => uid)), there, strangers);
  if (alike.here.length === 0) return [];
  const uids = alike.there.map((row) => there.uid(row));
  const { listing } = alike;
  const { found } = await matchByContent(engine, work, alike.here, uids, [], dateLookup(listing, new Map()));
  if (found.size === 0) return [];
  await engine.ledger.write(adoptionChanges(engine, plan, found, flagsBesides(listing, there)));
  return mappedRows(work, listing);
}
