/** Joins `godwit db` to the database of the estate. */

import type { DatabaseOptions } from '#cli/world.ts';
import type { DatabaseCare } from '#domain/database-state.ts';
import { databaseInfo } from '#store/database-care.ts';
import { migrate, plan } from '#store/migrations.ts';
import { reachEstateDatabase } from './estate-database.ts';
import type { Environment } from './keyring.ts';

/** Opens it, however far from up to date it is. Throws `database.*`, and a `UsageError` where its URL cannot be had. */
export async function openDatabaseCare(
  { database, stateDir, log, signal }: DatabaseOptions,
  environment: Environment,
): Promise<DatabaseCare> {
  const options = { stateDir, environment, connectionsMax: 2, applicationName: 'godwit db', log };
  const db = await reachEstateDatabase(database, options, signal);
  return {
    info: async () => ({ ...(await databaseInfo(db)), isEmbedded: db.isEmbedded }),
    plan: () => plan(db),
    migrate: () => migrate(db),
    [Symbol.asyncDispose]: () => db[Symbol.asyncDispose](),
  };
}
