/** Joins `godwit doctor` to all that an estate stands on: the machine, the settings, the database, both platforms, and what is outside. */

import type { DoctorEstateOptions } from '#cli/world.ts';
import { type Diagnosis, fine, type Remark, wrong } from '#domain/diagnosis.ts';
import type { EstateSettings } from '#domain/estate-settings.ts';
import { realClock } from '#lib/clock.ts';
import { type Examination, examine, NotSeen } from '#operations/examine.ts';
import { databaseExaminations } from './doctor-database.ts';
import { machineExaminations } from './doctor-machine.ts';
import { outsideExaminations } from './doctor-outside.ts';
import { type EstateDatabase, reachMadeDatabase } from './estate-database.ts';
import type { Environment } from './keyring.ts';

/** Servers that answer, answer sooner. */
const withinMs = 15_000;

/**
 * Looks at everything; rejects only with the reason of the signal. `open`: the database, where whoever asks has it open; it stays so.
 */
export async function doctorEstate(
  options: DoctorEstateOptions,
  environment: Environment,
  signal: AbortSignal,
  open: EstateDatabase | null = null,
): Promise<readonly Diagnosis[]> {
  const { settings, problems, log } = options;
  await using ends = new AsyncDisposableStack();
  const database =
    open !== null
      ? Promise.resolve(open)
      : settings === null
        ? null
        : opened(settings, options, environment, ends, signal);
  // Whoever looks at it tells why it cannot be had; here nobody waits for it yet.
  database?.catch(() => undefined);
  const there = async (): Promise<EstateDatabase> => {
    const db = await database?.catch(() => null);
    if (!db) throw new NotSeen(settings === null ? 'the settings cannot be read' : 'the database cannot be reached');
    return db;
  };
  const said: readonly Remark[] =
    problems.length > 0
      ? problems.map((problem) => wrong('godwit.yaml', problem, 'Correct it: docs/godwit-yaml.md.'))
      : [fine('godwit.yaml', 'can be read')];
  const examinations: readonly Examination[] = [
    { check: 'settings', reach: 'estate', look: async () => said },
    ...machineExaminations(options),
    ...databaseExaminations(options, database, there),
    ...(settings === null ? [] : outsideExaminations(settings, options, environment, there)),
  ];
  log.debug('looking', { examinations: examinations.length });
  return await examine(examinations, { withinMs, clock: realClock }, signal);
}

async function opened(
  settings: EstateSettings,
  { stateDir, log }: DoctorEstateOptions,
  environment: Environment,
  ends: AsyncDisposableStack,
  signal: AbortSignal,
): Promise<EstateDatabase> {
  const opening = { stateDir, environment, connectionsMax: 4, applicationName: 'godwit doctor', log };
  const db = await reachMadeDatabase(settings.database, opening, signal);
  if (!ends.disposed) return ends.use(db);
  // Nobody waits for it any more.
  await db[Symbol.asyncDispose]();
  throw new NotSeen('the database answered too late');
}
