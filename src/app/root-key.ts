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
import { keyOctets } from '#domain/sealed.ts';
import type { Log } from '#lib/log.ts';
import { opening, sealedUnder } from '#operations/seal-secrets.ts';
import type { Keyring } from '#ports/key-service.ts';
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
  const kept = sealedSecrets(db);
  const sealed = await kept.find(digestKeySecret);
  if (sealed) {
    if (!keys) throw fault('secret.key.missing', {});
    const opened = await opening({ keys, estate: await kept.estate() }, sealed);
    if (opened instanceof Error) throw opened;
    return theOne(opened, known, digestKeySecret);
  }
  const inFile = await readKey(file);
  if (!inFile && (known !== null || !mayMake)) throw fault('digests.key.missing', { file });
  const key = inFile ?? (keys ? randomBytes(keyOctets) : await made(stateDir, file));
  theOne(key, known, file);
  if (known === null) log.info('a key for digests was made', keys ? { sealed: true } : { file });
  const secrets = [{ name: digestKeySecret, secret: key }];
  const own = keys && (await sealedUnder({ keys, estate: await kept.estate() }, secrets, randomBytes))[0];
  // Two control planes that begin at once make two keys, and one of them is the estate's.
  if (keys || known === null) {
    const claimed = await claimDigestKey(db, digestKeyName(key), own ?? null);
    if (claimed !== digestKeyName(key)) return rootKeyOf(places);
  }
  return key;
}

/** Says which key it is without saying anything of it. */
export function digestKeyName(key: Uint8Array): string {
  return createHash('sha256').update('godwit digest key\0').update(key).digest('hex').slice(0, 16);
}

function theOne(key: Uint8Array, known: string | null, place: string): Uint8Array {
  if (known === null || known === digestKeyName(key)) return key;
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
