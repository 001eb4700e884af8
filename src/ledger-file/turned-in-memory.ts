/**
 * A ledger in memory that leads the other way: what it takes to find out which mail of a side that was left has come there since. It is
 * thrown away after one pass, since what that pass brings over is known again by its content.
 */

import { turned, type TurnableFolder } from '#domain/ledger-turn.ts';
import type { LedgerReader, LedgerStore, MailboxPair } from '#ports/ledger.ts';
import { foldersOf } from '#ports/ledger-folders.ts';
import { memoryLedger } from './memory.ts';

/**
 * What was removed where people are, and stays on the side that was left, is no mail that has come there: it is passed over as a copy.
 * `other`: what is known already of that way, of which messages that were refused before are not sent again; `pair`: as that way sees it.
 */
export async function turnedInMemory(
  known: LedgerReader | null,
  other: LedgerReader | null,
  pair: MailboxPair,
): Promise<LedgerStore> {
  const store = memoryLedger();
  await using ledger = await store.claim(pair);
  const { folders } = turned((known === null ? [] : await foldersOf(known)).map(withKept));
  const refused = ((await other?.exceptions()) ?? []).filter(({ kind }) => kind === 'refused');
  await ledger.write([
    ...folders.flatMap(({ record, map, exceptions }) => [
      { kind: 'folder', record } as const,
      { kind: 'mapped', folder: record.source, runs: map.runs } as const,
      ...exceptions.map((exception) => ({ kind: 'exception', exception }) as const),
    ]),
    ...refused.map((exception) => ({ kind: 'exception', exception }) as const),
  ]);
  return store;
}

function withKept(folder: TurnableFolder): TurnableFolder {
  return { ...folder, exceptions: folder.exceptions.filter(({ kind }) => kind !== 'kept') };
}
