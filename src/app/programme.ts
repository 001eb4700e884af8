/** Joins the verbs of an estate to its database. */

import { userInfo } from 'node:os';
import type { DatabaseOptions, Programme } from '#cli/world.ts';
import { forecastEstate } from '#operations/forecast.ts';
import { reportWave } from '#operations/report-wave.ts';
import { openAcceptances } from '#store/acceptance.ts';
import { openBrake } from '#store/brake.ts';
import { openDescriptions } from '#store/descriptions.ts';
import { openDoorCare } from '#store/door-care.ts';
import { openEstateLists } from '#store/estate-lists.ts';
import { openEstateView } from '#store/estate-view.ts';
import { openForecasting } from '#store/forecasting.ts';
import { openMailboxOrders } from '#store/mailbox-orders.ts';
import { openWaveAccounts } from '#store/wave-accounts.ts';
import type { WorkerId } from '#ports/workforce.ts';
import { openWaves } from '#store/waves.ts';
import { openWaysIn } from '#store/ways-in.ts';
import { openWorkforce } from '#store/workforce.ts';
import { verifyKeptAudit } from './audit-keeping.ts';
import { openEstateDatabase } from './estate-database.ts';
import type { Environment } from './keyring.ts';

/** Opens it. Throws `database.*`, and a `UsageError` where its URL cannot be had. */
export async function openProgramme(
  { database, stateDir, log, signal }: DatabaseOptions,
  environment: Environment,
): Promise<Programme> {
  const options = { stateDir, environment, connectionsMax: 4, applicationName: 'godwit', log };
  const db = await openEstateDatabase(database, options, signal);
  const accounts = openWaveAccounts(db);
  const forecasting = openForecasting(db);
  return {
    who: `operator ${userInfo().username}`,
    waves: openWaves(db),
    waysIn: openWaysIn(db),
    view: openEstateView(db),
    lists: openEstateLists(db),
    descriptions: openDescriptions(db),
    workforce: { drain: (worker, who) => openWorkforce(db).drain(worker as WorkerId, who) },
    mailboxes: openMailboxOrders(db),
    brake: openBrake(db),
    doors: openDoorCare(db),
    audit: { verify: () => verifyKeptAudit(db, stateDir) },
    acceptances: openAcceptances(db),
    forecasts: { make: () => forecastEstate(forecasting), past: (most) => forecasting.past(most) },
    reports: { wave: (name) => reportWave(accounts, name) },
    [Symbol.asyncDispose]: () => db[Symbol.asyncDispose](),
  };
}
