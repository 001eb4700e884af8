/** Joins `godwit db` to the database of the estate. */

import { userInfo } from 'node:os';
import type { DatabaseOptions } from '#cli/world.ts';
import type { DatabaseCare } from '#domain/database-state.ts';
import { databaseInfo } from '#store/database-care.ts';
import { migrate, plan, seeThatAllRan } from '#store/migrations.ts';
import { reachEstateDatabase } from './estate-database.ts';
import { type Environment, readKeyring } from './keyring.ts';
import { lookAtRestored } from './restored.ts';
import { rootKeyOf } from './root-key.ts';

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
    restored: async ({ routes, why, platforms, keys: references, version }) => {
      await seeThatAllRan(db);
      const keys = await readKeyring(references, environment, log);
      const rootKey = () => rootKeyOf({ db, stateDir, keys, mayMake: false, log });
      const order = why === null ? null : { who: `operator ${userInfo().username}`, why };
      return await lookAtRestored({ db, stateDir, routes, platforms, rootKey, version }, order);
    },
    [Symbol.asyncDispose]: () => db[Symbol.asyncDispose](),
  };
}
