/**
 * The key of an estate's digests: outside of the database, so that whoever has that alone learns nothing from them. Where
 * sealed secrets have a key it is made of that, since all workers have it; else it lies in the state folder.
 */

import { hkdfSync, randomBytes } from 'node:crypto';
import { mkdir, open, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { fault } from '#domain/fault.ts';
import type { SecretReference } from '#domain/secret-reference.ts';
import type { Log } from '#lib/log.ts';
import { type Environment, readReference } from './keyring.ts';

const octets = 32;

/** Throws `secret.key.unreadable`, `ledger.damaged`. */
export async function rootKeyOf(
  stateDir: string,
  keys: readonly SecretReference[],
  environment: Environment,
  log: Log,
): Promise<Uint8Array> {
  // The last one named is the oldest: whoever changes the key names the new one before it, and digests stay what they are.
  const oldest = keys.at(-1);
  if (oldest) {
    const read = await readReference(oldest, environment);
    if (read.kind === 'refused') throw fault('secret.key.unreadable', { reference: 'GODWIT_KEY', text: read.says });
    return new Uint8Array(hkdfSync('sha256', read.secret, '', 'godwit digests', octets));
  }
  const file = join(stateDir, 'digest.key');
  const known = await readFile(file).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw fault('ledger.unwritable', { file, detail: (error as Error).message });
  });
  if (known) {
    if (known.length !== octets)
      throw fault('ledger.damaged', { file, detail: `it has ${known.length} octets, not ${octets}.` });
    return known;
  }
  log.info('a key for digests was made', { file });
  return made(stateDir, file);
}

async function made(stateDir: string, file: string): Promise<Uint8Array> {
  await mkdir(stateDir, { recursive: true, mode: 0o700 });
  const key = randomBytes(octets);
  const draft = `${file}.${process.pid}`;
  const handle = await open(draft, 'wx', 0o600);
  try {
    await handle.writeFile(key);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(draft, file);
  return key;
}
