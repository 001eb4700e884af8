/**
 * A worker by itself, on this machine or another: what to go by it takes from the estate's database, where the control plane
 * published it. It never changes what that database consists of.
 */

import type { EstateSettings } from '#domain/estate-settings.ts';
import type { Listen } from '#domain/listen.ts';
import type { KeyReference } from '#domain/secret-reference.ts';
import type { Log } from '#lib/log.ts';
import { openProgrammeSettings } from '#store/programme.ts';
import { goToWork } from './at-work.ts';
import { joinEstateDatabase } from './estate-database.ts';
import { workUntil } from './keep-working.ts';
import { type Environment, readKeyring } from './keyring.ts';
import { rootKeyOf } from './root-key.ts';
import { publishedSettings } from './settings-to-work-by.ts';
import { openTracing } from './tracing.ts';
import type { WorkshopOptions } from './workshop.ts';

export interface WorkOptions {
  /** Settings of its own, whatever is published; null for those of the estate. */
  readonly settings: EstateSettings | null;
  readonly database: EstateSettings['database'];
  readonly listen: Listen | null;
  /** Mailboxes at a time; null for what the settings say. */
  readonly atOnce: number | null;
  readonly stateDir: string;
  readonly version: string;
  readonly keys: readonly KeyReference[];
  readonly environment: Environment;
  /** What receives traces (GODWIT_TRACES); lacking or null: nobody does. */
  readonly traces?: string | null;
  readonly log: Log;
  /** Called once it works; with where health and metrics are told, null for nowhere. */
  readonly started: (at: Listen | null) => void;
}

/** Connections to the database for the work itself. */
const connectionsMax = 16;

/** Works until `stop` fires or somebody drains it. Throws what keeps it from beginning. */
export async function work(options: WorkOptions, stop: AbortSignal): Promise<'stopped' | 'drained'> {
  const { stateDir, environment, log, version, listen } = options;
  await using traces = await openTracing(options.traces ?? null, version, log);
  await using atWork = await goToWork({ role: 'worker', version, listen, traces, log });
  const { vitals, metrics } = atWork;
  const keys = await readKeyring(options.keys, environment, log);
  const opening = { stateDir, environment, connectionsMax, applicationName: 'godwit worker', log };
  await using db = await joinEstateDatabase(options.database, opening, stop);
  const published = publishedSettings(openProgrammeSettings(db), vitals, log);
  const settings = asWanted(options, published);
  // Where nobody has led yet, there is no key either.
  await settings(stop);
  const rootKey = await rootKeyOf({ db, stateDir, keys, mayMake: false, log });
  options.started(atWork.at);
  const working = { role: 'worker', settings, keys, version, environment, db, rootKey, vitals } as const;
  return await workUntil({ ...working, meters: metrics, traces, log }, stop);
}

function asWanted(
  { settings: own, atOnce }: WorkOptions,
  published: WorkshopOptions['settings'],
): WorkshopOptions['settings'] {
  return async (stop) => {
    const { settings, revision } = own === null ? await published(stop) : { settings: own, revision: null };
    return { settings: atOnce === null ? settings : { ...settings, atOnce }, revision };
  };
}
