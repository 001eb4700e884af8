/** Joins `godwit access` to the database of the estate. */

import { userInfo } from 'node:os';
import type { AccessDesk, DatabaseOptions } from '#cli/world.ts';
import { openSessions } from '#store/access-sessions.ts';
import { openTokens } from '#store/access-tokens.ts';
import { openApprovals } from '#store/approvals.ts';
import { openEstateDatabase } from './estate-database.ts';
import type { Environment } from './keyring.ts';

/** Opens it. Throws `database.*`, and a `UsageError` where its URL cannot be had. */
export async function openAccess(
  { database, stateDir, log, signal }: DatabaseOptions,
  environment: Environment,
): Promise<AccessDesk> {
  const options = { stateDir, environment, connectionsMax: 2, applicationName: 'godwit access', log };
  const db = await openEstateDatabase(database, options, signal);
  const who = `operator ${userInfo().username}`;
  return {
    // Whoever has the database has all of it: nothing that was decided here would keep them from anything.
    holder: { who, person: who, roles: [{ role: 'owner', organisation: null }], scopes: null },
    tokens: openTokens(db),
    sessions: openSessions(db),
    approvals: openApprovals(db),
    [Symbol.asyncDispose]: () => db[Symbol.asyncDispose](),
  };
}
