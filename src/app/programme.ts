/** Joins the verbs of an estate to its database. */

import { userInfo } from 'node:os';
import type { DatabaseOptions, Programme } from '#cli/world.ts';
import { openEstateDatabase } from './estate-database.ts';
import { openEstate } from './estate-desk.ts';
import type { Environment } from './keyring.ts';

/** Opens it. Throws `database.*`, and a `UsageError` where its URL cannot be had. */
export async function openProgramme(
  { database, stateDir, log, signal }: DatabaseOptions,
  environment: Environment,
): Promise<Programme> {
  const options = { stateDir, environment, connectionsMax: 4, applicationName: 'godwit', log };
  const db = await openEstateDatabase(database, options, signal);
  return {
    ...openEstate(db, stateDir),
    terms: async () => null,
    who: `operator ${userInfo().username}`,
    [Symbol.asyncDispose]: () => db[Symbol.asyncDispose](),
  };
}
