/** The database of an estate, as its settings say: our own server under the state folder, or the operator's. */

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { usageError } from '#cli/usage.ts';
import type { EstateSettings } from '#domain/estate-settings.ts';
import { fault } from '#domain/fault.ts';
import { shownReference } from '#domain/secret-reference.ts';
import { cleanText } from '#lib/clean-text.ts';
import type { Log } from '#lib/log.ts';
import type { EmbeddedOptions } from '#postgres/embedded.ts';
import { readConnectionUrl } from '#store/connection-url.ts';
import { type Database, openDatabase } from '#store/db.ts';
import { isPrepared, migrate, seeThatAllRan } from '#store/migrations.ts';
import { type Environment, readReference } from './keyring.ts';

export interface EstateDatabaseOptions {
  readonly stateDir: string;
  readonly environment: Environment;
  readonly connectionsMax: number;
  /** Where our own server listens on this machine besides its socket, for whoever starts it so. */
  readonly embedded?: EstateSettings['embedded'];
  /** Shown by PostgreSQL beside what we are doing, e.g. `godwit secret`. */
  readonly applicationName: string;
  readonly log: Log;
}

/** An open database with the URL that led to it, for those who open connections of their own; it may hold a password. */
export interface EstateDatabase extends Database {
  readonly url: string;
  /** Whether its server is our own. */
  readonly isEmbedded: boolean;
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
  const db = await reachEstateDatabase(database, options, signal);
  try {
    if (!db.isEmbedded) await seeThatAllRan(db);
    else if (!(await isPrepared(db))) await migrate(db);
  } catch (error) {
    await db[Symbol.asyncDispose]();
    throw error;
  }
  return db;
}

/**
 * The same for who only works with it: of nothing is anything made, and nothing is brought up to date. Throws
 * `database.url.missing` too.
 */
export async function joinEstateDatabase(
  database: EstateSettings['database'],
  options: EstateDatabaseOptions,
  signal: AbortSignal,
): Promise<EstateDatabase> {
  const db = await reachMadeDatabase(database, options, signal);
  try {
    await seeThatAllRan(db);
  } catch (error) {
    await db[Symbol.asyncDispose]();
    throw error;
  }
  return db;
}

/** One that was made before, however far from up to date it is: of nothing is anything made. Throws `database.url.missing` too. */
export async function reachMadeDatabase(
  database: EstateSettings['database'],
  options: EstateDatabaseOptions,
  signal: AbortSignal,
): Promise<EstateDatabase> {
  const { stateDir, environment } = options;
  if ((await urlIn(database, environment)) === null && !existsSync(join(stateDir, 'postgres', 'data', 'PG_VERSION')))
    throw fault('database.url.missing', { stateDir });
  return reachEstateDatabase(database, options, signal);
}

/** The same, however far from up to date it is. */
export async function reachEstateDatabase(
  database: EstateSettings['database'],
  options: EstateDatabaseOptions,
  signal: AbortSignal,
): Promise<EstateDatabase> {
  const { environment, stateDir, connectionsMax, applicationName, log } = options;
  const url = await urlIn(database, environment);
  if (url !== null) {
    const db = await openDatabase({ url, connectionsMax, applicationName });
    if (db.isInTheClear) log.warn('what is said to the database can be read along on the way', { database: db.name });
    return { ...db, url, isEmbedded: false };
  }
  // Loaded for who uses it only.
  const { startEmbedded } = await import('#postgres/embedded.ts');
  const listen = await listenAs(options);
  const server = await startEmbedded(stateDir, listen ? { log, listen } : { log }, signal);
  try {
    const db = await openDatabase({ url: server.url, connectionsMax, applicationName });
    return {
      ...db,
      url: server.url,
      isEmbedded: true,
      async [Symbol.asyncDispose]() {
        await db[Symbol.asyncDispose]();
        await server[Symbol.asyncDispose]();
      },
    };
  } catch (error) {
    await server[Symbol.asyncDispose]();
    throw error;
  }
}

/** Which it is, without a secret, whether or not it can be reached. Throws a `UsageError` where its URL cannot be had. */
export async function estateDatabaseName(
  database: EstateSettings['database'],
  { stateDir, environment }: Pick<EstateDatabaseOptions, 'stateDir' | 'environment'>,
): Promise<string> {
  const url = await urlIn(database, environment);
  return url === null ? `embedded in ${stateDir}` : readConnectionUrl(url).name;
}

/** Null for its socket alone. */
async function listenAs({ embedded, environment }: EstateDatabaseOptions): Promise<EmbeddedOptions['listen'] | null> {
  if (!embedded) return null;
  const { port, password } = embedded;
  const read = await readReference(password, environment);
  if (read.kind === 'secret') return { port, password: read.secret };
  throw usageError(`The password of the embedded database (${cleanText(shownReference(password), 300)}): ${read.says}`);
}

/** As the settings say it, else as DATABASE_URL does; null for a server of our own. */
async function urlIn(database: EstateSettings['database'], environment: Environment): Promise<string | null> {
  if (database === 'embedded') return environment('DATABASE_URL') || null;
  const read = await readReference(database, environment);
  if (read.kind === 'secret') return read.secret;
  throw usageError(`The URL of the database (${cleanText(shownReference(database), 300)}): ${read.says}`);
}
