/** Joins certificates to the database of the estate, the keys that sign them, and both platforms. */

import { userInfo } from 'node:os';
import type { EvidenceWork, InspectionOptions } from '#cli/world.ts';
import { openEstateDatabase } from './estate-database.ts';
import { type Environment, readKeyring } from './keyring.ts';
import { rotateSigningKey } from './signing-key.ts';
import { signingKeys } from '#store/signing-keys.ts';

const connectionsMax = 8;

/** Opens it. Throws `secret.key.unreadable` and `database.*`, and a `UsageError` where its URL cannot be had. */
export async function openEvidenceWork(
  options: InspectionOptions,
  _version: string,
  environment: Environment,
): Promise<EvidenceWork> {
  const { database, stateDir, log, signal } = options;
  const keys = await readKeyring(options.keys, environment, log);
  const opening = { stateDir, environment, connectionsMax, applicationName: 'godwit evidence', log };
  const db = await openEstateDatabase(database, opening, signal);
  const who = `operator ${userInfo().username}`;
  const signing = { db, stateDir, keys, who, log };
  return {
    keys: {
      list: () => signingKeys(db).list(),
      rotate: async () => (await rotateSigningKey(signing)).id,
    },
    [Symbol.asyncDispose]: () => db[Symbol.asyncDispose](),
  };
}
