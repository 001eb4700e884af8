/** Joins the looks at mailboxes of a wave to the database and both platforms. */

import type { WaveLooks } from '#api/estate.ts';
import type { EstateInspection, InspectionOptions } from '#cli/world.ts';
import { type EstateSettings, waysPromisedBy } from '#domain/estate-settings.ts';
import type { Wave } from '#domain/wave.ts';
import { realClock } from '#lib/clock.ts';
import type { Log } from '#lib/log.ts';
import { checkWave } from '#operations/check-wave.ts';
import { verifyWave } from '#operations/verify-wave.ts';
import type { Keyring } from '#ports/key-service.ts';
import type { Database } from '#store/db.ts';
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
  const common = { ...commonOf({ db, settings, log }), lookAt: onlooker.lookAt };
  const { find, ways } = findingOn(db, settings);
  const accounts = openWaveAccounts(db);
  const those = async (wave: Wave, atOnce: number | null) => ({
    members: await accounts.members(wave.id),
    atOnce: atOnce ?? settings.atOnce,
  });
  return {
    atOnce: settings.atOnce,
    async find(name) {
      const found = await find(name);
      return found.kind === 'found' ? { kind: 'found', wave: found.wave, mailboxes: found.members.length } : found;
    },
    ways: ({ id }) => ways(id),
    async *verify({ wave, atOnce, ...order }, over) {
      yield* verifyWave({ ...common, ...order, ...(await those(wave, atOnce)) }, over);
    },
    async *check({ wave, atOnce, ...order }, over) {
      yield* checkWave({ ...common, ...order, ...(await those(wave, atOnce)) }, over);
    },
    async [Symbol.asyncDispose]() {
      await onlooker[Symbol.asyncDispose]();
      await db[Symbol.asyncDispose]();
    },
  };
}

export interface LooksParts {
  readonly db: Database;
  readonly settings: EstateSettings;
  readonly keys: Keyring | null;
  readonly version: string;
  readonly environment: Environment;
  readonly log: Log;
}

/** Looks from a process that is at work: each is one of those at work itself, for as long as it lasts. */
export function looksOn(parts: LooksParts): WaveLooks {
  const { db, settings } = parts;
  const { atOnce } = settings;
  const common = commonOf(parts);
  return {
    ...findingOn(db, settings),
    async *check(order, over) {
      await using onlooker = new Onlooker(parts);
      const { lookAt } = onlooker;
      yield* checkWave({ ...common, lookAt, atOnce, watcher: { begins: () => unwatched }, ...order }, over);
    },
    async *verify(order, over) {
      await using onlooker = new Onlooker(parts);
      const { lookAt } = onlooker;
      yield* verifyWave({ ...common, lookAt, atOnce, watcher: { begins: () => unwatched }, ...order }, over);
    },
  };
}

function commonOf({ db, settings: { selection }, log }: Pick<LooksParts, 'db' | 'settings' | 'log'>) {
  return { selection, looks: openLooks(db), log, clock: realClock };
}

function findingOn(db: Database, settings: EstateSettings): Pick<WaveLooks, 'find' | 'ways'> {
  const accounts = openWaveAccounts(db);
  return {
    async find(name) {
      const found = await accounts.find(name);
      return found.kind === 'found' ? { ...found, members: await accounts.members(found.wave.id) } : found;
    },
    ways: (wave) => openWaysIn(db).ofWave(wave, waysPromisedBy(settings)),
  };
}

/** Each is told when it has been looked at. */
const unwatched = { planned() {}, progress() {}, folder() {}, ended() {} };
