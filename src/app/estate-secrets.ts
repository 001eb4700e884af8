/** Joins `godwit secret` to the database of the estate and the keys of this process. */

import { randomBytes } from 'node:crypto';
import { userInfo } from 'node:os';
import type { SecretsOptions } from '#cli/world.ts';
import type { EstateSettings } from '#domain/estate-settings.ts';
import { silent } from '#lib/log.ts';
import type { SecretKeeping } from '#operations/keep-secrets.ts';
import { sealedSecrets } from '#store/secrets.ts';
import { openEstateDatabase } from './estate-database.ts';
import { type Environment, readKeyring } from './keyring.ts';
import { SecretResolver } from './secret-resolver.ts';

/** Opens them. Throws `secret.key.unreadable` and `database.*`. */
export async function openSecrets(
  { settings, stateDir, keys, log, signal }: SecretsOptions,
  environment: Environment,
): Promise<SecretKeeping & AsyncDisposable> {
  // Before a server is started for it.
  const ring = await readKeyring(keys, environment, log);
  const options = { stateDir, environment, connectionsMax: 2, applicationName: 'godwit secret', log };
  const db = await openEstateDatabase(settings.database, options, signal);
  return {
    kept: sealedSecrets(db),
    keys: ring,
    random: randomBytes,
    who: `operator ${userInfo().username}`,
    [Symbol.asyncDispose]: () => db[Symbol.asyncDispose](),
  };
}

/** Which references of the settings lead nowhere in this process; those to sealed secrets are not followed. */
export async function notHere(
  { source, target, directory, api }: EstateSettings,
  environment: Environment,
): Promise<readonly string[]> {
  const resolver = new SecretResolver({ environment, kept: null, keys: null, log: silent, clock: () => 0 });
  const lacking = await resolver.lacking(
    [source, target],
    [...(directory ? [directory.secret] : []), ...(api?.signIn?.clientSecret ? [api.signIn.clientSecret] : [])],
  );
  return lacking.filter((reference) => !reference.startsWith('sealed:'));
}
