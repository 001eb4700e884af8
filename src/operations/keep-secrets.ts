/**
 * What can be done with the secrets of an estate: set, listed by name, removed, brought under another key, erased. Nothing here
 * gives one back: only who signs in with it opens it (`operations/seal-secrets.ts`).
 */

import { fault } from '#domain/fault.ts';
import type { Random } from '#domain/sealed.ts';
import type { Keyring } from '#ports/key-service.ts';
import type { SealedSecret, SealedSecrets } from '#ports/secrets.ts';
import { rewrapped, type Sealing, sealedUnder } from './seal-secrets.ts';

export interface SecretKeeping {
  readonly kept: SealedSecrets;
  /** Null: this process has no key. */
  readonly keys: Keyring | null;
  readonly random: Random;
  /** For the audit log, e.g. `operator ann`. */
  readonly who: string;
}

export interface NamedSecret {
  /** In its one spelling (`sealedName`). */
  readonly name: string;
  readonly secret: string;
}

/** Seals and keeps them, in the place of those that had their names. Throws `secret.key.*`. */
export async function setSecrets(keeping: SecretKeeping, secrets: readonly NamedSecret[]): Promise<void> {
  const { kept, random, who } = keeping;
  const sealing = await sealingOf(keeping);
  const plain = secrets.map(({ name, secret }) => ({ name, secret: Buffer.from(secret) }));
  if (plain.length > 0) await kept.put(await sealedUnder(sealing, plain, random), who);
}

export interface Rotated {
  /** Brought under the current key. */
  readonly changed: number;
  /** Under keys that this process does not have, or altered: left as they were. The first hundred. */
  readonly left: readonly string[];
  readonly leftCount: number;
  /** The key under which all that opens is now. */
  readonly key: string;
}

const batch = 500;
const leftNamesMax = 100;

/**
 * Brings everything under the current key that is under another. Safe to stop, to kill and to run again: each secret is under
 * one key or the other, and opens for whoever has both; what is set meanwhile stays as it was set. The audit log has a record
 * of each batch, written together with it. Throws `secret.key.*`.
 */
export async function rotateSecrets(keeping: SecretKeeping, signal: AbortSignal): Promise<Rotated> {
  const { kept, random, who } = keeping;
  const sealing = await sealingOf(keeping);
  const key = await sealing.keys.current.keyId();
  let changed = 0;
  let leftCount = 0;
  const left: string[] = [];
  for (let after: string | null = null; ; ) {
    if (signal.aborted) throw fault('interrupted', { by: `a signal, after ${changed} were brought under ${key}` });
    const found: readonly SealedSecret[] = await kept.underOtherKeys(key, after, batch);
    if (found.length === 0) break;
    const moved = await rewrapped(sealing, found, random);
    const pairs = found.flatMap((before, i) => {
      const fresh = moved[i];
      if (fresh && !(fresh instanceof Error)) return [{ before, after: fresh }];
      leftCount++;
      if (left.length < leftNamesMax) left.push(before.name);
      return [];
    });
    if (pairs.length > 0) changed += await kept.replace(pairs, who);
    after = found.at(-1)?.name ?? null;
  }
  if (changed > 0) await kept.note(who, 'secrets rotated', { changed, left: leftCount, key });
  return { changed, left, leftCount, key };
}

async function sealingOf({ kept, keys }: SecretKeeping): Promise<Sealing> {
  if (!keys) throw fault('secret.key.missing', {});
  return { keys, estate: await kept.estate() };
}
