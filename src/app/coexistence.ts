/** The doors of a process with the book of routes they answer by, wherever its rows come from. */

import { mkdirSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import type { DoorCounts } from '#api/metrics.ts';
import { shownDoorPlace } from '#domain/door-place.ts';
import type { DoorSettings } from '#domain/door-settings.ts';
import type { EstateSettings } from '#domain/estate-settings.ts';
import type { Door } from '#doors/door.ts';
import { RouteKeeper, type RouteKeeperState } from '#doors/route-keeper.ts';
import { openRouteSnapshot } from '#doors/route-snapshot.ts';
import type { Log } from '#lib/log.ts';
import { bufferAttempts } from '#operations/buffer-attempts.ts';
import { bufferSightings } from '#operations/buffer-sightings.ts';
import type { InterruptionIntake } from '#ports/interruptions.ts';
import type { RouteSource } from '#ports/routes.ts';
import type { Secrets } from '#ports/secrets.ts';
import type { TailIntake } from '#ports/tail.ts';
import { openDoors, servedBy } from './doors.ts';
import { reachOf } from './reach.ts';

export interface CoexistenceOptions {
  readonly settings: Pick<EstateSettings, 'source' | 'target' | 'doors' | 'endpoints'>;
  readonly source: RouteSource & AsyncDisposable;
  readonly secrets: Secrets;
  /** Where it is kept who signs in by these doors. */
  readonly intake: Pick<TailIntake, 'keep' | 'lose'>;
  /** Where it is kept who had to wait. */
  readonly interruptions: InterruptionIntake;
  readonly stateDir: string;
  /** Which database the routes are from, without a secret. */
  readonly databaseName: string;
  readonly version: string;
  readonly log: Log;
}

export interface Coexistence extends AsyncDisposable {
  readonly doors: readonly Door[];
  state(): RouteKeeperState;
  counts(): DoorCounts;
}

/**
 * Opens the doors, and follows the routes from then on; until they are known everybody is told "later". Throws `listen.unusable` and
 * `secret.*`.
 */
export async function openCoexistence(options: CoexistenceOptions): Promise<Coexistence> {
  const { settings, source, secrets, intake, version, databaseName, log } = options;
  if (settings.doors === null) throw new Error('there are no doors to open');
  await using ends = new AsyncDisposableStack();
  ends.use(source);
  const door = { host: hostname(), pid: process.pid, version, serves: servedBy(settings.doors) };
  const snapshot = openRouteSnapshot({ path: placeOfSnapshot(options, settings.doors), of: databaseName, log });
  const keeper = ends.use(new RouteKeeper({ source, door, snapshot, log }));
  // Whoever is seen last is kept once the doors are closed, before the database is left.
  const tail = ends.use(bufferSightings({ intake, log }));
  const attempts = ends.use(bufferAttempts({ intake: options.interruptions, log }));
  const { doors } = ends.use(
    await openDoors({
      settings: settings.doors,
      platforms: settings,
      book: keeper,
      secrets,
      reach: reachOf(settings.endpoints ?? null, log),
      tail,
      attempts,
      log,
    }),
  );
  // Whoever heeds holds is there now.
  keeper.start();
  const whole = ends.move();
  return {
    doors,
    state: () => keeper.state(),
    counts: () => ({
      ...keeper.state(),
      answers: doors.flatMap(({ serves, answers }) =>
        [...answers].map(([answer, count]) => ({ door: serves, answer, count })),
      ),
    }),
    [Symbol.asyncDispose]: () => whole[Symbol.asyncDispose](),
  };
}

/** One file for each process of this state folder that has doors: no two can listen at one place. */
function placeOfSnapshot(
  { stateDir }: CoexistenceOptions,
  { postfix, deliveries, nginx, dovecot, clients }: DoorSettings,
): string {
  const first = [postfix, deliveries, nginx, dovecot, clients].find((door) => door !== null);
  const name = first ? shownDoorPlace(first.listen).replaceAll(/[^A-Za-z0-9]+/g, '-') : 'none';
  const folder = join(stateDir, 'routes');
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  return join(folder, name);
}
