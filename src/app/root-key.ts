/**
 * The key of an estate's digests, never in its database in clear: whoever has that alone learns nothing from them. It is made
 * once, by the control plane. Where there is a key for sealed secrets it is sealed under that, and everyone at work has it, on
 * whichever machine; else it lies in the state folder, for workers that share it. The database knows its name, so that nobody
 * works with another.
 */

import { createHash, randomBytes } from 'node:crypto';
import { link, mkdir, open, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fault } from '#domain/fault.ts';
import { type Keyring, keyOctets } from '#domain/sealed.ts';
import type { Log } from '#lib/log.ts';
import { opening, sealedUnder } from '#operations/keep-secrets.ts';
import { claimDigestKey, digestKeyId, digestKeySecret } from '#store/digest-key.ts';
import type { Database } from '#store/db.ts';
import { sealedSecrets } from '#store/secrets.ts';

export interface RootKeyPlaces {
  readonly db: Database;
  readonly stateDir: string;
  /** The keys of sealed secrets; null without. */
  readonly keys: Keyring | null;
  /** Whether it is made where there is none: one process in an estate decides that. */
  readonly mayMake: boolean;
  readonly log: Log;
}

/** 32 octets. Throws `digests.key.*`, `secret.key.*`, `ledger.*`. */
export async function rootKeyOf(places: RootKeyPlaces): Promise<Uint8Array> {
  const { db, stateDir, keys, mayMake, log } = places;
  const file = join(stateDir, 'digest.key');
  const known = await digestKeyId(db);
  const sealed = await sealedSecrets(db).find(digestKeySecret);
  if (sealed) {
    if (!keys) throw fault('secret.key.missing', {});
    const opened = opening(keys, sealed);
    if (opened instanceof Error) throw opened;
    return theOne(opened, known, digestKeySecret);
  }
  const kept = await readKey(file);
  if (!kept && (known !== null || !mayMake)) throw fault('digests.key.missing', { file });
  const key = kept ?? (keys ? randomBytes(keyOctets) : await made(stateDir, file));
  theOne(key, known, file);
  if (known === null) log.info('a key for digests was made', keys ? { sealed: true } : { file });
  const own = keys && sealedUnder(keys.current, digestKeySecret, key, randomBytes);
  // Two control planes that begin at once make two keys, and one of them is the estate's.
  if (keys || known === null) {
    const claimed = await claimDigestKey(db, nameOf(key), own);
    if (claimed !== nameOf(key)) return rootKeyOf(places);
  }
  return key;
}

/** Says which key it is without saying anything of it. */
function nameOf(key: Uint8Array): string {
  return createHash('sha256').update('godwit digest key\0').update(key).digest('hex').slice(0, 16);
}

function theOne(key: Uint8Array, known: string | null, place: string): Uint8Array {
  if (known === null || known === nameOf(key)) return key;
  throw fault('digests.key.other', { place });
}

async function readKey(file: string): Promise<Uint8Array | null> {
  const key = await readFile(file).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw fault('ledger.unwritable', { file, detail: (error as Error).message });
  });
  if (key && key.length !== keyOctets)
    throw fault('ledger.damaged', { file, detail: `it has ${key.length} octets, not ${keyOctets}.` });
  return key;
}

/** The key in `file`: a new one, or that of who was faster. */
async function made(stateDir: string, file: string): Promise<Uint8Array> {
  await mkdir(stateDir, { recursive: true, mode: 0o700 });
  const draft = `${file}.${process.pid}`;
  const handle = await open(draft, 'w', 0o600);
  try {
    await handle.writeFile(randomBytes(keyOctets));
    await handle.sync();
  } finally {
    await handle.close();
  }
  await link(draft, file).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  });
  await rm(draft);
  const key = await readKey(file);
  if (!key) throw fault('ledger.damaged', { file, detail: 'it was taken away while it was made.' });
  return key;
}
