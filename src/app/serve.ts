/**
 * The control plane with workers in the same process: opens the database, joins the workforce, and leads where nobody else
 * does. Ends in good order when it is asked to.
 */

import type { EstateSettings } from '#domain/estate-settings.ts';
import type { SecretReference } from '#domain/secret-reference.ts';
import type { Log } from '#lib/log.ts';
import { seal } from '#store/audit.ts';
import type { Database } from '#store/db.ts';
import { openElection } from '#store/election.ts';
import { openJourneys } from '#store/journeys.ts';
import { installQueue } from '#store/queue-schema.ts';
import { openQueue } from '#store/queue.ts';
import { careForWaves } from '#store/wave-care.ts';
import { openWorkforce } from '#store/workforce.ts';
import { leadOn } from '#worker/releaser.ts';
import { openEstateDatabase } from './estate-database.ts';
import type { Environment } from './keyring.ts';
import { rootKeyOf } from './root-key.ts';
import { publishBudgets, workUntil } from './workshop.ts';

export interface ServeOptions {
  readonly settings: EstateSettings;
  readonly stateDir: string;
  readonly version: string;
  readonly keys: readonly SecretReference[];
  readonly environment: Environment;
  readonly log: Log;
  /** Called once everything is open. */
  readonly started: () => void;
}

/** Connections to the database for the work itself; leading and the workforce have some of their own. */
const connectionsMax = 16;

/** Serves until `stop` fires. Throws what keeps it from beginning. */
export async function serve(options: ServeOptions, stop: AbortSignal): Promise<void> {
  const { settings, stateDir, environment, log, started } = options;
  const opening = { stateDir, environment, connectionsMax, applicationName: 'godwit serve', log };
  await using db = await openEstateDatabase(settings.database, opening, stop);
  await installQueue(db);
  await publishBudgets(db, settings);
  const rootKey = await rootKeyOf(stateDir, options.keys, environment, log);
  const leading = leadWhenNobodyDoes(db, log, stop);
  started();
  try {
    await workUntil({ ...options, db, role: 'serve', rootKey }, stop);
  } finally {
    await leading;
  }
}

/** Leads as soon as nobody else does, again and again, until `stop` fires. */
async function leadWhenNobodyDoes(db: Database, log: Log, stop: AbortSignal): Promise<void> {
  while (!stop.aborted) {
    try {
      await using lead = await openElection(db).lead(stop, () => log.info('another control plane leads; waiting'));
      log.info('leading');
      const signal = AbortSignal.any([stop, lead.lost]);
      await using queue = await openQueue(db, log);
      const workforce = openWorkforce(db);
      const upkeep = [() => seal(db), () => workforce.strikeVanished(), () => careForWaves(db)];
      await leadOn({ journeys: openJourneys(db, queue), queue, upkeep, log }, signal, (ms) => pause(ms, signal));
    } catch (error) {
      if (stop.aborted) return;
      log.warn('the lead was lost', { text: error instanceof Error ? error.message : String(error) });
      await pause(1_000, stop);
    }
  }
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener('abort', done, { once: true });
  });
}
