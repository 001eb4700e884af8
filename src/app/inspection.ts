/** Joins the looks at mailboxes of a wave to the database and both platforms. */

import type { EstateInspection, InspectionOptions } from '#cli/world.ts';
import { waysPromisedBy } from '#domain/estate-settings.ts';
import { realClock } from '#lib/clock.ts';
import { checkWave } from '#operations/check-wave.ts';
import { verifyWave } from '#operations/verify-wave.ts';
import { openLooks } from '#store/looks.ts';
import { openWaveAccounts } from '#store/wave-accounts.ts';
import { openWaysIn } from '#store/ways-in.ts';
import { openEstateDatabase } from './estate-database.ts';
import { type Environment, readKeyring } from './keyring.ts';
import { Onlooker } from './onlooker.ts';

const connectionsMax = 8;

/** Opens it. Throws `database.*`, and a `UsageError` where its URL cannot be had. */
export async function openInspection(
  options: InspectionOptions,
  version: string,
  environment: Environment,
): Promise<EstateInspection> {
  const { database, settings, stateDir, log, signal } = options;
  const keys = await readKeyring(options.keys, environment, log);
  const opening = { stateDir, environment, connectionsMax, applicationName: 'godwit look', log };
  const db = await openEstateDatabase(database, opening, signal);
  const onlooker = new Onlooker({ db, settings, version, keys, environment, log });
  const accounts = openWaveAccounts(db);
  const { selection } = settings;
  const common = { selection, lookAt: onlooker.lookAt, looks: openLooks(db), log, clock: realClock };
  return {
    atOnce: settings.atOnce,
    async find(name) {
      const found = await accounts.find(name);
      return found.kind === 'found' ? { ...found, members: await accounts.members(found.wave.id) } : found;
    },
    verify: (order, over) => verifyWave({ ...common, ...order }, over),
    ways: (wave) => openWaysIn(db).ofWave(wave, waysPromisedBy(settings)),
    check: (order, over) => checkWave({ ...common, ...order }, over),
    async [Symbol.asyncDispose]() {
      await onlooker[Symbol.asyncDispose]();
      await db[Symbol.asyncDispose]();
    },
  };
}
