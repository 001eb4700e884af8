/**
 * The doors by themselves (`godwit coexist`). They outlive the database: one that is away when they are opened is asked again and again,
 * and until it has answered everybody is told "later".
 */

import { healthRoutes } from '#api/health.ts';
import { openMetrics } from '#api/metrics.ts';
import { openApi } from '#api/server.ts';
import type { Keyring } from '#domain/sealed.ts';
import type { RouteSource } from '#ports/routes.ts';
import { openRouteSource } from '#store/route-following.ts';
import { sealedSecrets } from '#store/secrets.ts';
import { openThere } from './at-work.ts';
import { openCoexistence } from './coexistence.ts';
import { type EstateDatabase, joinEstateDatabase } from './estate-database.ts';
import { readKeyring } from './keyring.ts';
import { SecretResolver } from './secret-resolver.ts';
import type { ServeOptions } from './serve.ts';
import { tuneV8ForDays } from './tune-v8.ts';

/** Routes are read by one connection, followed by another, and heard of by a third. */
const connectionsMax = 4;

/** Serves until `stop` fires. Throws what keeps it from beginning. */
export async function coexist(options: ServeOptions, stop: AbortSignal): Promise<void> {
  const { settings, stateDir, environment, log, version } = options;
  tuneV8ForDays();
  const keys = await readKeyring(options.keys, environment, log);
  await using database = new LateDatabase(options, stop);
  const secrets = await secretsOf(options, keys, database);
  await using coexistence = await openCoexistence({
    settings,
    source: database.source(),
    secrets,
    stateDir,
    version,
    log,
  });
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

/** Sealed secrets are looked for only where the database is there already; the others need none. */
async function secretsOf(
  { environment, log, settings }: ServeOptions,
  keys: Keyring | null,
  database: LateDatabase,
): Promise<SecretResolver> {
  const needsSealed = settings.doors?.nginx?.key.kind === 'sealed';
  const db = needsSealed ? await database.open() : await database.open().catch(() => null); // it is asked again
  return new SecretResolver({ environment, kept: db && sealedSecrets(db), keys, log, clock: () => performance.now() });
}

/** A database that may come later. */
class LateDatabase implements AsyncDisposable {
  readonly #options: ServeOptions;
  readonly #stop: AbortSignal;
  #opening: Promise<EstateDatabase> | null = null;
  #routes: (RouteSource & AsyncDisposable) | null = null;

  constructor(options: ServeOptions, stop: AbortSignal) {
    [this.#options, this.#stop] = [options, stop];
  }

  /** Throws `database.*`, and may be asked again. */
  async open(): Promise<EstateDatabase> {
    const { settings, stateDir, environment, log } = this.#options;
    const opening = { stateDir, environment, connectionsMax, applicationName: 'godwit coexist', log };
    this.#opening ??= joinEstateDatabase(settings.database, opening, this.#stop);
    try {
      return await this.#opening;
    } catch (error) {
      this.#opening = null;
      throw error;
    }
  }

  source(): RouteSource & AsyncDisposable {
    const routes = async (): Promise<RouteSource> => {
      const db = await this.open();
      return (this.#routes ??= openRouteSource(db));
    };
    return {
      readAll: async (take, signal) => (await routes()).readAll(take, signal),
      register: async (...door) => (await routes()).register(...door),
      changed: async (mostMs, signal) => (await routes()).changed(mostMs, signal),
      [Symbol.asyncDispose]: async () => this.#routes?.[Symbol.asyncDispose](),
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const db = await this.#opening?.catch(() => null); // it never came
    await db?.[Symbol.asyncDispose]();
  }
}
