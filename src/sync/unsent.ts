/** What a folder that takes nothing more, or a mailbox that is full, is not sent: named, every message of it. */

import type { Uid } from '#domain/item.ts';
import { uidSet } from '#domain/uid-set.ts';
import type { LedgerChange } from '#ports/ledger.ts';
import type { Engine } from './engine.ts';
import { refusalOf } from './exceptions.ts';
import type { SendPlan, Stop } from './send-plan.ts';

/** Messages asked about and written down together. */
const namedAtOnce = 10_000;

/** How it is said of a message that was not even tried. */
export function unsentWords({ text }: Stop): string {
  return `not sent, since the target had said: ${text}`;
}

/**
 * Names the messages in `rows` (ascending) as not sent because of `stop`, without reading them. Answers with the rows of
 * those that may be on the target all the same, as mail from before us: they are to be read and compared first.
 */
export async function nameUnsent(
  engine: Engine,
  plan: SendPlan,
  rows: readonly number[],
  stop: Stop,
): Promise<readonly number[]> {
  const toCompare: number[] = [];
  for (let from = 0; from < rows.length; from += namedAtOnce) {
    const some = rows.slice(from, from + namedAtOnce);
    const uids = uidSet(some.map((row) => plan.listing.uid(row)));
    const still = await engine.source.list(plan.work.source.id, uids, true);
    const sizes = new Map<Uid, number | null>();
    for (let row = 0; row < still.length; row++) sizes.set(still.uid(row), still.sizeBytes(row));
    const changes: LedgerChange[] = [];
    for (const row of some) {
      const uid = plan.listing.uid(row);
      const sizeBytes = sizes.get(uid);
      // It left the source between the listing and now; the next run would not see it either.
      if (sizeBytes === undefined) continue;
      if (plan.foreign.mayHold(uid, sizeBytes ?? -1, plan.listing.internalDate(row))) toCompare.push(row);
      else changes.push(engine.exceptions.add(refusalOf(plan, uid, stop.code, unsentWords(stop), sizeBytes)));
    }
    if (changes.length > 0) await engine.ledger.note(changes);
  }
  return toCompare;
}
