/**
 * What the ledger keeps of flags where the source cannot tell which of them changed: how they stood there when they were last
 * carried. Compared with that, only what people do on the source is carried, and what they do on the target stays.
 */

import { packFlags, repackFlags, rowsWithOtherFlags } from '#domain/carried-flags.ts';
import type { FolderState } from '#domain/item.ts';
import type { LedgerChange } from '#ports/ledger.ts';
import type { Engine } from './engine.ts';
import { mappedRows, type Survey } from './survey.ts';

/**
 * Before flags are changed on the target: what is about to be carried is no longer remembered as it was, durably. Else a run
 * that is killed in between, and a person who takes the change back on the source, would leave the target with it.
 */
export async function forgetChangedFlags(engine: Engine, plan: Survey): Promise<void> {
  const kept = plan.compared?.kept ?? null;
  if (kept === null || plan.flags.every(({ rows }) => rows.length === 0)) return;
  const { work, listing } = plan;
  const others = rowsWithOtherFlags(kept, listing, rowsMapped(plan));
  const uids = others.map((row) => listing.uid(row));
  await engine.ledger.write([{ kind: 'flags', folder: work.source.id, packed: repackFlags(kept, uids, null) }]);
}

/**
 * To be written together with the cursor, when all flags of the folder have been dealt with: how they stand on the source,
 * unless the cursor will tell what changes from here on.
 */
export function keptFlags(engine: Engine, plan: Survey, cursor: FolderState | null): readonly LedgerChange[] {
  if (plan.compared === null) return [];
  const { kept } = plan.compared;
  const tells = cursor !== null && cursor.highestModSeq !== null;
  const packed = tells ? null : packedNow(engine, plan, kept);
  const isAsKept = packed && kept ? Buffer.from(kept).equals(packed) : packed === kept;
  return isAsKept ? [] : [{ kind: 'flags', folder: plan.work.source.id, packed }];
}

/** A listing that leaves messages out says nothing of those, nor that nobody stands between two that it has. */
function packedNow(engine: Engine, plan: Survey, kept: Uint8Array | null): Uint8Array | null {
  const { work, listing } = plan;
  const rows = rowsMapped(plan);
  if (!engine.doubted.has(work.source.id)) return packFlags(listing, rows);
  const uids = rows.map((row) => listing.uid(row));
  return repackFlags(kept, uids, (i) => listing.flags(rows[i] as number));
}

function rowsMapped({ work, listing }: Survey): readonly number[] {
  return mappedRows(work, listing).flatMap(({ rows }) => rows);
}
