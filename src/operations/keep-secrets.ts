/**
 * What can be done with the secrets of an estate: set, listed by name, removed, sealed anew under another key. Nothing here
 * gives one back: only who signs in with it opens it.
 */

import { type Fault, fault } from '#domain/fault.ts';
import { type Keyring, open, type Random, seal, type SealingKey } from '#domain/sealed.ts';
import type { SealedSecret, SealedSecrets } from '#ports/secrets.ts';

/** Passwords for signing in to platforms are sealed for this, and open for nothing else. */
export const signInPurpose = 'sign-in';

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

/** Seals and keeps them, in the place of those that had their names. Throws `secret.key.missing`. */
export async function setSecrets(
  { kept, keys, random, who }: SecretKeeping,
  secrets: readonly NamedSecret[],
): Promise<void> {
  if (!keys) throw fault('secret.key.missing', {});
  const sealed = secrets.map(({ name, secret }) => sealedUnder(keys.current, name, Buffer.from(secret), random));
  if (sealed.length > 0) await kept.put(sealed, who);
}

export interface Rekeyed {
  /** Sealed anew. */
  readonly changed: number;
  /** Under keys that this process does not have, or altered: left as they were. The first hundred. */
  readonly left: readonly string[];
  readonly leftCount: number;
}

const batch = 500;
const leftNamesMax = 100;

/**
 * Seals everything anew, with data keys of its own, that was sealed under another key than the current one. Safe to stop and
 * to run again; what is set meanwhile stays as it was set. Throws `secret.key.missing`.
 */
export async function rekeySecrets(keeping: SecretKeeping, signal: AbortSignal): Promise<Rekeyed> {
  const { kept, keys, random, who } = keeping;
  if (!keys) throw fault('secret.key.missing', {});
  let changed = 0;
  let leftCount = 0;
  const left: string[] = [];
  for (let after: string | null = null; ; ) {
    if (signal.aborted) throw fault('interrupted', { by: 'a signal' });
    const found: readonly SealedSecret[] = await kept.underOtherKeys(keys.current.id, after, batch);
    if (found.length === 0) break;
    const pairs = found.flatMap((before) => {
      const opened = opening(keys, before);
      if (opened instanceof Error) {
        leftCount++;
        if (left.length < leftNamesMax) left.push(before.name);
        return [];
      }
      return [{ before, after: sealedUnder(keys.current, before.name, opened, random) }];
    });
    if (pairs.length > 0) changed += await kept.replace(pairs);
    after = found.at(-1)?.name ?? null;
  }
  if (changed > 0) await kept.note(who, 'secrets rekeyed', { changed, left: leftCount, key: keys.current.id });
  return { changed, left, leftCount };
}

/** The secret that is sealed for signing in, or why it cannot be opened. */
export function opening(keys: Keyring | null, { name, sealed, keyId }: SealedSecret): Buffer | Fault {
  const key = keys?.all.get(keyId);
  if (!key) return fault('secret.key.other', { name, keyId });
  return open(key, { name, purpose: signInPurpose }, sealed) ?? fault('secret.altered', { name });
}

/** Sealed for signing in, which is what all of these are kept for, or by us under a name of our own. */
export function sealedUnder(key: SealingKey, name: string, secret: Uint8Array, random: Random): SealedSecret {
  return { name, keyId: key.id, sealed: seal(key, { name, purpose: signInPurpose }, secret, random) };
}
