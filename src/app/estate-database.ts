/** The database of an estate, as its settings say: our own server under the state folder, or the operator's. */

import { usageError } from '#cli/usage.ts';
import type { EstateSettings } from '#domain/estate-settings.ts';
import { shownReference } from '#domain/secret-reference.ts';
import { cleanText } from '#lib/clean-text.ts';
import type { Log } from '#lib/log.ts';
import { type Database, openDatabase } from '#store/db.ts';
import { migrate, seeThatAllRan } from '#store/migrations.ts';
import { type Environment, readReference } from './keyring.ts';

export interface EstateDatabaseOptions {
  readonly stateDir: string;
  readonly environment: Environment;
  readonly connectionsMax: number;
  /** Shown by PostgreSQL beside what we are doing, e.g. `godwit secret`. */
  readonly applicationName: string;
  readonly log: Log;
}

/** An open database with the URL that led to it, for those who open connections of their own; it may hold a password. */
export interface EstateDatabase extends Database {
  readonly url: string;
}

/**
 * Opens it. Our own is started where it does not run, and brought up to date; the operator's has to be up to date. Throws
 * `database.*`, and a `UsageError` where the URL cannot be had.
 */
export async function openEstateDatabase(
  database: EstateSettings['database'],
  options: EstateDatabaseOptions,
  signal: AbortSignal,
): Promise<EstateDatabase> {
  const { connectionsMax, applicationName } = options;
  if (database !== 'embedded') {
    const url = await urlIn(database, options.environment);
    const db = await openDatabase({ url, connectionsMax, applicationName });
    return opened(db, url, null, () => seeThatAllRan(db));
  }
  // Loaded for who uses it only.
  const { startEmbedded } = await import('#postgres/embedded.ts');
  const server = await startEmbedded(options.stateDir, { log: options.log }, signal);
  try {
    const db = await openDatabase({ url: server.url, connectionsMax, applicationName });
    return await opened(db, server.url, server, () => migrate(db));
  } catch (error) {
    await server[Symbol.asyncDispose]();
    throw error;
  }
}

async function opened(
  db: Database,
  url: string,
  server: AsyncDisposable | null,
  prepare: () => Promise<unknown>,
): Promise<EstateDatabase> {
  try {
    await prepare();
  } catch (error) {
    await db[Symbol.asyncDispose]();
    throw error;
  }
  return {
    ...db,
    url,
    async [Symbol.asyncDispose]() {
      await db[Symbol.asyncDispose]();
      await server?.[Symbol.asyncDispose]();
    },
  };
}

async function urlIn(
  reference: Exclude<EstateSettings['database'], 'embedded'>,
  environment: Environment,
): Promise<string> {
  const read = await readReference(reference, environment);
  if (read.kind === 'secret') return read.secret;
  throw usageError(`The URL of the database (${cleanText(shownReference(reference), 300)}): ${read.says}`);
}
