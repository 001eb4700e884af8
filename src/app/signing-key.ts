/**
 * The key that signs certificates. Its private half is never in the database in clear: where there is a key for sealed secrets it is
 * sealed under that, else it lies in the state folder. It is made when something is signed for the first time, and another takes
 * its place whenever a person wants that; what the old one signed is checked with its public half, which is kept.
 */

import { randomBytes } from 'node:crypto';
import { mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fault } from '#domain/fault.ts';
import { seedOctets, type SigningKey, signingKey } from '#domain/signing-key.ts';
import type { Log } from '#lib/log.ts';
import { opening, sealedUnder } from '#operations/seal-secrets.ts';
import type { Keyring } from '#ports/key-service.ts';
import type { SealedSecret } from '#ports/secrets.ts';
import type { Database } from '#store/db.ts';
import { sealedSecrets } from '#store/secrets.ts';
import { putSigningKey, signingKeySecret, signingKeys } from '#store/signing-keys.ts';

export interface SigningKeyPlaces {
  readonly db: Database;
  readonly stateDir: string;
  /** The keys of sealed secrets; null without. */
  readonly keys: Keyring | null;
  /** For the audit log. */
  readonly who: string;
  readonly log: Log;
}

/** The one that signs, made where there is none yet. Throws `evidence.key.missing`, `secret.key.*`, `ledger.*`. */
export async function signingKeyOf(places: SigningKeyPlaces): Promise<SigningKey> {
  const current = await currentId(places.db);
  if (current === null) return made(places, null);
  const key = (await fromSecrets(places)) ?? (await fromFile(fileOf(places.stateDir, current)));
  if (key?.id === current) return key;
  // It may have been rotated between the two looks.
  if ((await currentId(places.db)) !== current) return signingKeyOf(places);
  throw fault('evidence.key.missing', { file: fileOf(places.stateDir, current) });
}

/** Has a new one sign from now on. Needs nothing of the old one, which may be lost. */
export async function rotateSigningKey(places: SigningKeyPlaces): Promise<SigningKey> {
  return made(places, await currentId(places.db));
}

async function currentId(db: Database): Promise<string | null> {
  return (await signingKeys(db).list()).find(({ retiredAt }) => retiredAt === null)?.id ?? null;
}

/** In the place of `before`; where another process was faster, the one that it made. */
async function made(places: SigningKeyPlaces, before: string | null): Promise<SigningKey> {
  const { db, stateDir, keys, who, log } = places;
  const seed = randomBytes(seedOctets);
  const key = signingKey(seed);
  const sealed = keys && (await sealedSeed(db, keys, seed));
  // Before anything is signed with it, and before anybody knows of it.
  if (!sealed) await write(stateDir, fileOf(stateDir, key.id), seed);
  const isOurs = await putSigningKey(db, key, before, sealed, who);
  const useless = isOurs ? before : key.id;
  if (useless !== null) await rm(fileOf(stateDir, useless), { force: true });
  if (!isOurs) return signingKeyOf(places);
  log.info('a key for certificates was made', { key: key.id, before });
  return key;
}

async function sealedSeed(db: Database, keys: Keyring, seed: Uint8Array): Promise<SealedSecret | null> {
  const sealing = { keys, estate: await sealedSecrets(db).estate() };
  const [sealed] = await sealedUnder(sealing, [{ name: signingKeySecret, secret: seed }], randomBytes);
  return sealed ?? null;
}

async function fromSecrets({ db, keys }: SigningKeyPlaces): Promise<SigningKey | null> {
  const kept = sealedSecrets(db);
  const sealed = await kept.find(signingKeySecret);
  if (!sealed) return null;
  if (!keys) throw fault('secret.key.missing', {});
  const seed = await opening({ keys, estate: await kept.estate() }, sealed);
  if (seed instanceof Error) throw seed;
  return signingKey(seed);
}

async function fromFile(file: string): Promise<SigningKey | null> {
  const seed = await readFile(file).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw fault('ledger.unwritable', { file, detail: (error as Error).message });
  });
  if (seed && seed.length !== seedOctets)
    throw fault('ledger.damaged', { file, detail: `it has ${seed.length} octets, not ${seedOctets}.` });
  return seed && signingKey(seed);
}

function fileOf(stateDir: string, id: string): string {
  return join(stateDir, `signing-${id}.key`);
}

async function write(stateDir: string, file: string, seed: Uint8Array): Promise<void> {
  await mkdir(stateDir, { recursive: true, mode: 0o700 });
  const draft = `${file}.${process.pid}`;
  {
    await using handle = await open(draft, 'w', 0o600);
    await handle.writeFile(seed);
    await handle.sync();
  }
  await rename(draft, file);
}
