/** Joins `godwit estate import` to the database of the estate. */

import { userInfo } from 'node:os';
import type { Importer, ImporterOptions, ImporterOrder } from '#cli/world.ts';
import { fileOnDisk } from '#operations/given-file.ts';
import { importEstate, type ImportOrder } from '#operations/import-estate.ts';
import { intakeOf } from '#store/intake.ts';
import { openEstateDatabase } from './estate-database.ts';
import type { Environment } from './keyring.ts';

/** Opens it. Throws `database.*`, and a `UsageError` where its URL cannot be had. */
export async function openImporter(
  { database, stateDir, log, signal, users }: ImporterOptions,
  environment: Environment,
): Promise<Importer> {
  const options = { stateDir, environment, connectionsMax: 1, applicationName: 'godwit estate import', log };
  const db = await openEstateDatabase(database, options, signal);
  const who = `operator ${userInfo().username}`;
  return {
    import: ({ files, dryRun, watcher }, stop) =>
      importEstate({ files: onDisk(files), dryRun, watcher, users, who, openIntake: intakeOf(db) }, stop),
    [Symbol.asyncDispose]: () => db[Symbol.asyncDispose](),
  };
}

function onDisk(paths: ImporterOrder['files']): ImportOrder['files'] {
  return Object.fromEntries(Object.entries(paths).map(([kind, path]) => [kind, fileOnDisk(path)]));
}
