/** A whole ledger, folder by folder, as `domain/ledger-turn.ts` turns it round. */

import type { TurnableFolder } from '#domain/ledger-turn.ts';
import type { LedgerReader } from './ledger.ts';

/** Each folder with its map and its exceptions. One reading of the records and one of the exceptions, whatever there are. */
export async function foldersOf(reader: LedgerReader): Promise<readonly TurnableFolder[]> {
  const [records, exceptions] = [await reader.folders(), await reader.exceptions()];
  const byFolder = Map.groupBy(exceptions, ({ folder }) => folder);
  const folders: TurnableFolder[] = [];
  for (const record of records)
    folders.push({ record, map: await reader.map(record.source), exceptions: byFolder.get(record.source) ?? [] });
  return folders;
}
