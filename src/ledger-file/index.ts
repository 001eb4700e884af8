/** The ledger port (`ports/ledger.ts`) kept in one SQLite file in the state folder, for `godwit copy`. */

import { fault } from '#domain/fault.ts';
import type { Log } from '#lib/log.ts';
import type { LedgerStore } from '#ports/ledger.ts';
import { openForReading, openForWriting } from './ledger-database.ts';
import { LedgerFileStore, peekAt } from './store.ts';
import { Statements } from './statements.ts';

export interface LedgerFileOptions {
  readonly log: Log;
  /** Look only: makes neither folder nor file, and `claim` is refused. */
  readonly readOnly?: boolean;
}

/**
 * Opens `ledger.sqlite` in `stateDir`. Throws `ledger.damaged`, `ledger.newer`, `ledger.older`, `ledger.disk-full`,
 * `ledger.unwritable`; later writes reject with the latter two.
 */
export async function openLedgerFile(stateDir: string, options: LedgerFileOptions): Promise<LedgerStore> {
  if (options.readOnly) return lookOnly(stateDir);
  const ledger = await openForWriting(stateDir);
  options.log.debug('ledger open', { file: ledger.file });
  return new LedgerFileStore(ledger, options.log);
}

function lookOnly(stateDir: string): LedgerStore {
  const ledger = openForReading(stateDir);
  const ask = ledger && new Statements(ledger.database);
  return {
    claim: async () => {
      const file = ledger?.file ?? stateDir;
      throw fault('ledger.unwritable', { file, detail: 'it was opened to be read only.' });
    },
    peek: async (pair) => (ledger && ask ? peekAt(ask, ledger, pair) : null),
    [Symbol.asyncDispose]: async () => ledger?.database.close(),
  };
}

export { memoryLedger } from './memory.ts';
