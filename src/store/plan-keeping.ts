/** Plans on their way into an estate: one connection, one transaction, and nobody else who changes the estate meanwhile. */

import { sql } from 'kysely';
import pg from 'pg';
import { fault } from '#domain/fault.ts';
import { cleanText } from '#lib/clean-text.ts';
import type { Log } from '#lib/log.ts';
import type { OpenPlanKeeping, PlanKeeping } from '#ports/plan-keeping.ts';
import { databaseFault } from './database-fault.ts';
import type { Database, Sql } from './db.ts';
import { importLock } from './intake.ts';
import { queriesOn } from './one-connection.ts';
import { countAnew, keepPlan } from './plan-merge.ts';
import { readEstate } from './roster.ts';
import { takeWishes } from './wishes.ts';

/** SQLSTATE (PostgreSQL 15 manual, appendix A). */
const lockNotAvailable = '55P03';

/** Applies plans to `db`. */
export function planKeepingOf(db: Database, log: Pick<Log, 'warn'> | null = null): OpenPlanKeeping {
  return async ({ dryRun }, signal) => {
    signal.throwIfAborted();
    const client = await db.connect();
    try {
      const tx = queriesOn(client);
      if (dryRun) await sql`begin isolation level repeatable read read only`.execute(tx);
      else await begin(tx, db.name);
      return keepingOn(client, db.name, log, signal);
    } catch (error) {
      await client.end();
      throw databaseFault.of(error, db.name) ?? error;
    }
  };
}

/** Begins the transaction, alone among those who apply plans and those who import. */
async function begin(tx: Sql, name: string): Promise<void> {
  await sql`begin`.execute(tx);
  // As long as one that was stopped a moment ago needs to be gone, and no longer.
  await sql`set local lock_timeout = '5s'`.execute(tx);
  try {
    await sql`select pg_advisory_xact_lock(${importLock})`.execute(tx);
  } catch (error) {
    if (error instanceof pg.DatabaseError && error.code === lockNotAvailable)
      throw fault('plan.apply.under-way', { name }, { cause: error });
    throw error;
  }
  await sql`set local lock_timeout = 0`.execute(tx);
  // As an import: millions of rows are joined by one session, for a minute.
  await sql`set local work_mem = '128MB'`.execute(tx);
  await sql`set local jit = off`.execute(tx);
  // Nearly every page is written once: to pack each of them into the log by the slow way would take longer than all the rest.
  // Only the owner of a server may say so; others have it off, as PostgreSQL comes.
  await sql`
    do $$ begin
      perform set_config('wal_compression', 'off', true);
    exception when insufficient_privilege then
      raise debug 'wal_compression stays as it is';
    end $$`.execute(tx);
}

function keepingOn(client: pg.Client, name: string, log: Pick<Log, 'warn'> | null, signal: AbortSignal): PlanKeeping {
  // Whatever it is about: the server then undoes all of it.
  const stop = (): void => void client.end();
  const settled = (): void => signal.removeEventListener('abort', stop);
  signal.addEventListener('abort', stop, { once: true });
  const ask = async <T>(question: () => Promise<T>): Promise<T> => {
    try {
      return await question();
    } catch (error) {
      if (signal.aborted) throw fault('interrupted', { by: 'a signal' }, { cause: error });
      throw databaseFault.of(error, name) ?? error;
    }
  };
  return {
    estate: { read: (taker, wants) => ask(() => readEstate(client, taker, wants)) },
    async keep(plan, record) {
      await ask(() => keepPlan(client, plan, record, settled));
      // It is done, whatever becomes of this.
      await countAnew(client).catch((error: unknown) =>
        log?.warn('how many are in which wave was not counted anew', { text: cleanText(String(error), 200) }),
      );
    },
    async heed({ who, why }) {
      await ask(async () => {
        const tx = queriesOn(client);
        await takeWishes(tx, who, why);
        settled();
        await sql`commit`.execute(tx);
      });
    },
    async [Symbol.asyncDispose]() {
      settled();
      await client.end();
    },
  };
}
