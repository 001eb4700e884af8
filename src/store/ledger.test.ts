/** The ledger in PostgreSQL: what every ledger promises, and what is asked of this one besides. */

import { afterAll } from 'vitest';
import type { Direction } from '#domain/ledger-turn.ts';
import { type LedgerUnderTest, ledgerContract } from '#ledger-file/ledger-contract.ts';
import { storeOfPairs } from './ledger.test-kit.ts';
import { testDatabase, type TestDatabase } from './test-database.ts';

const databases: TestDatabase[] = [];
afterAll(async () => {
  for (const db of databases) await db[Symbol.asyncDispose]();
});

async function make(direction: Direction): Promise<LedgerUnderTest> {
  const db = await testDatabase();
  databases.push(db);
  return { open: () => storeOfPairs(db, direction) };
}

ledgerContract('PostgreSQL, there', () => make('there'));
ledgerContract('PostgreSQL, back', () => make('back'));
