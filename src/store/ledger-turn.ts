/** A mailbox's ledger, turned round in the database: when it has settled on the target, and when it goes back. */

import { type Direction, isAllTurned, opposite, type TurnableFolder, turned } from '#domain/ledger-turn.ts';
import type { FolderId } from '#domain/item.ts';
import type { Exception, LedgerChange, MailboxPair } from '#ports/ledger.ts';
import { foldersOf } from '#ports/ledger-folders.ts';
import type { MailboxLease } from '#ports/workforce.ts';
import type { EstateLedgers } from './ledger.ts';

export type Turning =
  | {
      readonly kind: 'turned';
      /** Folders that nothing is carried back to, since they share their home with another. */
      readonly withoutWayBack: readonly FolderId[];
      /** The new ledger knows all that the old one does, which may be forgotten (`forgottenWay`) once the step is taken. */
      readonly isAll: boolean;
    }
  /** Batches are under way of which nobody knows yet what arrived: they have to be settled first. Nothing was changed. */
  | { readonly kind: 'unsettled'; readonly batches: number };

/**
 * Makes the ledger that leads the other way out of the one that leads `from`, which stays as it is, in one transaction. What the
 * other knew of folders that have no way back it goes on to know. `pair`: both ends, as the new ledger sees them. To be
 * done once for each turn: done again after the other was written, it takes that back. Throws `ledger.*`.
 */
export async function turnLedger(
  ledgers: EstateLedgers,
  lease: MailboxLease,
  from: Direction,
  pair: MailboxPair,
): Promise<Turning> {
  const reader = await ledgers.standing(lease.mailbox, from);
  if (!reader) return { kind: 'turned', withoutWayBack: [], isAll: true };
  await using other = await ledgers.under(lease, opposite[from]).claim(pair);
  const batches = [...(await reader.intents()), ...(await other.intents())].length;
  if (batches > 0) return { kind: 'unsettled', batches };
  const earlier = await foldersOf(other);
  const before = await foldersOf(reader);
  const ledger = turned(before, new Map(earlier.map((of) => [of.record.source, of])));
  const { folders, withoutWayBack } = ledger;
  const names = new Set(folders.map(({ record }) => record.source));
  await other.write([
    ...earlier
      .filter(({ record }) => names.has(record.source))
      .flatMap(({ exceptions }) => exceptions.flatMap(struckOut)),
    ...folders.flatMap(written),
  ]);
  const isAll = isAllTurned(before, await reader.exceptions(), ledger);
  return { kind: 'turned', withoutWayBack, isAll };
}

/** What never arrived has not arrived now either; everything else is known better from the other side. */
function struckOut({ folder, uid, kind }: Exception): readonly LedgerChange[] {
  return kind === 'refused' ? [] : [{ kind: 'exception-gone', folder, uid, what: kind }];
}

function written({ record, map, exceptions }: TurnableFolder): readonly LedgerChange[] {
  return [
    { kind: 'map-dropped', folder: record.source },
    { kind: 'folder', record },
    { kind: 'mapped', folder: record.source, runs: map.runs },
    ...exceptions.map((exception): LedgerChange => ({ kind: 'exception', exception })),
  ];
}
