/** Joins planning to the database of the estate. */

import { userInfo } from 'node:os';
import type { DatabaseOptions, EstatePlanning } from '#cli/world.ts';
import { applyPlan } from '#operations/apply-plan.ts';
import { rosterOfEstate } from '#operations/roster-of-estate.ts';
import { planKeepingOf } from '#store/plan-keeping.ts';
import { openEstateRoster } from '#store/roster.ts';
import { openEstateDatabase } from './estate-database.ts';
import { openWishesOf } from '#store/wishes.ts';
import type { Environment } from './keyring.ts';

/** Opens it. Throws `database.*`, and a `UsageError` where its URL cannot be had. */
export async function openPlanning(
  { database, stateDir, log, signal }: DatabaseOptions,
  environment: Environment,
): Promise<EstatePlanning> {
  const options = { stateDir, environment, connectionsMax: 2, applicationName: 'godwit plan', log };
  const db = await openEstateDatabase(database, options, signal);
  const who = `operator ${userInfo().username}`;
  return {
    apply: (order, stop) => applyPlan({ ...order, who, openKeeping: planKeepingOf(db, log) }, stop),
    wishes: (stop) => openWishesOf(db).open(stop),
    roster: (calendar, stop) => rosterOfEstate(openEstateRoster(db), calendar, stop),
    [Symbol.asyncDispose]: () => db[Symbol.asyncDispose](),
  };
}
