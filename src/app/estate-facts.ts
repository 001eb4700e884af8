/** What an estate tells of its waves and of its own pace, to whoever reckons with it outside the control plane. */

import type { DatabaseOptions } from '#cli/world.ts';
import type { EstateFacts } from '#ports/forecasting.ts';
import { openForecasting } from '#store/forecasting.ts';
import { openEstateDatabase } from './estate-database.ts';
import type { Environment } from './keyring.ts';

/** Opens its database, asks, and closes it. Throws `database.*`, and a `UsageError` where its URL cannot be had. */
export async function estateFacts(
  { database, stateDir, log, signal }: DatabaseOptions,
  environment: Environment,
): Promise<EstateFacts> {
  const options = { stateDir, environment, connectionsMax: 1, applicationName: 'godwit rehearse', log };
  await using db = await openEstateDatabase(database, options, signal);
  return await openForecasting(db).facts();
}
