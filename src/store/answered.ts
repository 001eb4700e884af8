/** Questions to a database that may be away for a moment. */

import { setTimeout as sleep } from 'node:timers/promises';
import type { Database } from './db.ts';
import { databaseFault, isPassing } from './database-fault.ts';

const waitMinMs = 20;
const waitMaxMs = 500;

/**
 * Asks, and asks again while the database is away, until `over` fires; without it once. Only what may be asked twice. Throws
 * `database.*`.
 */
export async function answered<Answer>(
  db: Database,
  question: (db: Database) => Promise<Answer>,
  over: AbortSignal | null,
): Promise<Answer> {
  for (let waitMs = waitMinMs; ; waitMs = Math.min(waitMs * 2, waitMaxMs)) {
    try {
      return await question(db);
    } catch (error) {
      if (!over || over.aborted || !isPassing(error)) throw databaseFault.of(error, db.name) ?? error;
    }
    await sleep(waitMs);
  }
}
