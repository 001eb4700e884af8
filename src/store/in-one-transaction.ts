/**
 * Several operations as one: whatever they do to the database is done when all of them are, or not at all. Each of them may
 * well be made of transactions of its own, which are then parts of this one (savepoints).
 */

import { sql } from 'kysely';
import { faulted } from './database-fault.ts';
import type { Database, Sql } from './db.ts';

/**
 * `work` is handed the database as it is within the transaction, and is to ask nothing of it at the same time as something else. What it
 * throws undoes all that it did. Its connections of its own (`connect`) are no part of it.
 */
export function inOneTransaction<Answer>(db: Database, work: (inner: Database) => Promise<Answer>): Promise<Answer> {
  return faulted(
    db.name,
    db.sql.transaction().execute(async (tx) => {
      // It may last: nobody else writes to its shard of the tallies (migration 0033).
      await sql`set local godwit.at_once = 'on'`.execute(tx);
      return work({ ...db, sql: nesting(tx), [Symbol.asyncDispose]: async () => {} });
    }),
  );
}

/** A transaction in which transactions may be begun. */
function nesting(tx: Sql): Database['sql'] {
  return new Proxy(tx, {
    get(target, key): unknown {
      if (key === 'transaction') return () => ({ execute: <Answer>(work: Part<Answer>) => part(target, work) });
      const value: unknown = Reflect.get(target, key, target);
      // Its methods look at what is private to it.
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
}

type Part<Answer> = (tx: Sql) => Promise<Answer>;

/** Within a savepoint: what it did is undone where it throws, and whoever began it may go on. */
async function part<Answer>(tx: Sql, work: Part<Answer>): Promise<Answer> {
  // A name that is taken again hides the one before until it is let go (PostgreSQL 15 manual, SAVEPOINT).
  await sql`savepoint part`.execute(tx);
  try {
    const answer = await work(nesting(tx));
    await sql`release savepoint part`.execute(tx);
    return answer;
  } catch (error) {
    await undo(tx);
    throw error;
  }
}

async function undo(tx: Sql): Promise<void> {
  try {
    await sql`rollback to savepoint part`.execute(tx);
    await sql`release savepoint part`.execute(tx);
  } catch {
    // There is no transaction any more: of all of it nothing was done, and what came first says why.
  }
}
