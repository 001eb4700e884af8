/** The keys of sealed secrets that GODWIT_KEY names, read. */

import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { checked, readSecretFile, type ReadSecret } from '#cli/secret.ts';
import { fault } from '#domain/fault.ts';
import { readSealingKey } from '#domain/sealed.ts';
import { type KeyReference, type SecretReference, shownReference } from '#domain/secret-reference.ts';
import { cleanText } from '#lib/clean-text.ts';
import type { Log } from '#lib/log.ts';
import { keyHere } from '#connectors/key-here/key-here.ts';
import type { Keyring, KeyService } from '#ports/key-service.ts';

export type Environment = (name: string) => string | undefined;

/** The keys in the order in which they are named; null where none is. Throws `secret.key.unreadable`. */
export async function readKeyring(
  references: readonly KeyReference[],
  environment: Environment,
  log: Log,
): Promise<Keyring | null> {
  const services: KeyService[] = [];
  for (const reference of references) {
    if (reference.kind === 'vault') {
      services.push(await (await import('./read-key-service.ts')).readVaultFile(reference.file, environment));
      continue;
    }
    const shown = cleanText(shownReference(reference), 300);
    const read = await readReference(reference, environment);
    if (read.kind === 'refused') throw fault('secret.key.unreadable', { reference: shown, text: read.says });
    if (read.warning) log.warn('key can be read by everyone on this machine', { reference: shown });
    const key = readSealingKey(read.secret);
    if (!key) throw fault('secret.key.unreadable', { reference: shown, text: 'what it holds is no key.' });
    services.push(keyHere(key, randomBytes));
  }
  return keyring(services);
}

/** Null without keys. The first seals. */
export function keyring(services: readonly KeyService[]): Keyring | null {
  const [current] = services;
  return current ? { current, all: services } : null;
}

/** What stands in a variable, a file or a credential of systemd. */
export async function readReference(reference: SecretReference, environment: Environment): Promise<ReadSecret> {
  switch (reference.kind) {
    case 'env': {
      const secret = environment(reference.name);
      if (secret === undefined)
        return { kind: 'refused', says: `the environment variable ${reference.name} is not set.` };
      return checked(secret, `The environment variable ${reference.name}`, null);
    }
    case 'file':
      return readSecretFile(reference.path);
    case 'credential': {
      const folder = environment('CREDENTIALS_DIRECTORY');
      if (folder) return readSecretFile(join(folder, reference.name));
      return { kind: 'refused', says: 'systemd has given this process no credentials (LoadCredential=).' };
    }
    case 'sealed':
      return { kind: 'refused', says: 'it is sealed itself.' };
  }
}
