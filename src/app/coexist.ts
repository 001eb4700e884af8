/**
 * The doors by themselves (`godwit coexist`). They outlive the database: one that is away when they are opened is asked again and again,
 * and until it has answered everybody is told "later".
 */

import { healthRoutes } from '#api/health.ts';
import { openMetrics } from '#api/metrics.ts';
import { openApi } from '#api/server.ts';
import type { AttemptsFound } from '#domain/interruption.ts';
import { sideNames } from '#domain/platform.ts';
import type { Keyring } from '#ports/key-service.ts';
import type { Secrets } from '#ports/secrets.ts';
import type { TailIntake } from '#ports/tail.ts';
import { shownReference } from '#domain/secret-reference.ts';
import { openInterruptions } from '#store/interruptions.ts';
import { routeSourceOnceThere } from '#store/route-following.ts';
import { sealedSecrets } from '#store/secrets.ts';
import { openTailIntake } from '#store/tail.ts';
import { openThere } from './at-work.ts';
import { openCoexistence } from './coexistence.ts';
import { type EstateDatabase, estateDatabaseName, joinEstateDatabase } from './estate-database.ts';
import { readKeyring } from './keyring.ts';
import { SecretResolver } from './secret-resolver.ts';
import type { ServeOptions } from './serve.ts';
import { tuneV8ForDays } from './tune-v8.ts';

/** Routes are read by one connection, followed by another, and heard of by a third; the fourth tells who signed in. */
const connectionsMax = 4;

/** Serves until `stop` fires. Throws what keeps it from beginning. */
export async function coexist(options: ServeOptions, stop: AbortSignal): Promise<void> {
  const { settings, stateDir, environment, log, version } = options;
  tuneV8ForDays();
  const keys = await readKeyring(options.keys, environment, log);
  const opening = { stateDir, environment, connectionsMax, applicationName: 'godwit coexist', log };
  let db: EstateDatabase | null = null;
  const source = routeSourceOnceThere(async () => (db = await joinEstateDatabase(settings.database, opening, stop)));
  const intake = intakeOnceThere(
    () => db && openTailIntake(db, { source: settings.source.user, target: settings.target.user }),
  );
  const secrets = await secretsOf(options, keys, stop);
  const databaseName = await estateDatabaseName(settings.database, opening);
  const interruptions = {
    keep: async (found: readonly AttemptsFound[]) => await openInterruptions(there(db)).keep(found),
  };
  const parts = { settings, source, secrets, intake, interruptions, stateDir, databaseName, version, log };
  await using coexistence = await openCoexistence(parts);
  const readiness = () =>
    coexistence.state().isAnswering
      ? ({ ready: true } as const)
      : ({ ready: false, why: 'the routes are not known yet' } as const);
  const vitals = { leads: false, msLeft: () => 0, readiness };
  const metrics = openMetrics(version, 'coexist', vitals);
  metrics.tellOfDoors(() => coexistence.counts());
  const { listen } = settings;
  const routes = [healthRoutes(readiness), metrics.routes];
  await using api = listen && (await openThere(listen, (there) => openApi(there, routes, log), log));
  options.started(api && api.at, coexistence.doors);
  await new Promise<void>((resolve) => {
    if (stop.aborted) resolve();
    else stop.addEventListener('abort', () => resolve(), { once: true });
  });
}

/** What was seen is held by whoever tells it until the routes have found the database, and tried again. */
function intakeOnceThere(open: () => TailIntake | null): Pick<TailIntake, 'keep' | 'lose'> {
  return {
    keep: async (uses, step) => await there(open()).keep(uses, step),
    lose: async (why, sightings) => await there(open()).lose(why, sightings),
  };
}

function there<T>(what: T | null): T {
  if (what === null) throw new Error('the database is not there yet');
  return what;
}

/** The database is asked for sealed secrets only where some are meant; the others can be had without it. */
async function secretsOf(
  { environment, log, settings, stateDir }: ServeOptions,
  keys: Keyring | null,
  stop: AbortSignal,
): Promise<Secrets> {
  const needed = [
    ...(settings.doors?.nginx ? [settings.doors.nginx.key] : []),
    ...sideNames.flatMap((side) => {
      const { signIn } = settings[side];
      return settings.doors?.[side].asAdmin && signIn.kind === 'admin' ? [signIn.secret] : [];
    }),
  ];
  const clock = (): number => performance.now();
  if (!needed.some(({ kind }) => kind === 'sealed'))
    return new SecretResolver({ environment, kept: null, keys, log, clock });
  const opening = { stateDir, environment, connectionsMax: 1, applicationName: 'godwit coexist', log };
  await using db = await joinEstateDatabase(settings.database, opening, stop);
  const resolver = new SecretResolver({ environment, kept: sealedSecrets(db), keys, log, clock });
  // Read once: the doors go on when the database is away.
  const read = new Map<string, string>();
  for (const reference of needed) read.set(shownReference(reference), await resolver.resolve(reference));
  const { ofMailbox, forget, lacking } = resolver;
  return {
    resolve: async (reference) => read.get(shownReference(reference)) ?? (await resolver.resolve(reference)),
    ofMailbox: ofMailbox.bind(resolver),
    forget: forget.bind(resolver),
    lacking: lacking.bind(resolver),
  };
}
