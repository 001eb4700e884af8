/**
 * What can be done with the secrets of an estate: set, listed by name, removed, brought under another key, erased. Nothing here
 * gives one back: only who signs in with it opens it (`operations/seal-secrets.ts`).
 */

import { fault } from '#domain/fault.ts';
import type { Random } from '#domain/sealed.ts';
import type { Keyring } from '#ports/key-service.ts';
import type { Erasable, Erased, Erasure, ErasureOrder } from '#domain/erasure.ts';
import type { KeptSecret, SealedSecret, SealedSecrets } from '#ports/secrets.ts';
import { rewrapped, type Sealing, sealedUnder } from './seal-secrets.ts';

export interface SecretKeeping {
  readonly kept: SealedSecrets;
  /** Null: this process has no key. */
  readonly keys: Keyring | null;
  readonly random: Random;
  /** For the audit log, e.g. `operator ann`. */
  readonly who: string;
}

/** The same for whoever orders it, wherever it is done. */
export interface SecretDesk {
  /** Throws `secret.key.*`. */
  set(secrets: readonly NamedSecret[]): Promise<void>;
  /** At most `max` whose name begins with `prefix`, in the order of their names. */
  list(prefix: string, max: number): Promise<readonly KeptSecret[]>;
  lastErasure(): Promise<Erased | null>;
  /** False: there was none of this name. */
  remove(name: string): Promise<boolean>;
  /** Throws `secret.key.*`. */
  rotate(signal: AbortSignal): Promise<Rotated>;
  erasable(order: ErasureOrder): Promise<Erasable>;
  erase(order: ErasureOrder & { readonly despiteMoves: boolean }, why: string): Promise<Erasure>;
}

export interface NamedSecret {
  /** In its one spelling (`sealedName`). */
  readonly name: string;
  readonly secret: string;
}

/** By this process. */
export function secretDeskOn(keeping: SecretKeeping): SecretDesk {
  const { kept, who } = keeping;
  return {
    set: (secrets) => setSecrets(keeping, secrets),
    list: (prefix, max) => kept.list(prefix, null, max),
    lastErasure: () => kept.lastErasure(),
    remove: (name) => kept.remove(name, who),
    rotate: (signal) => rotateSecrets(keeping, signal),
    erasable: (order) => kept.erasable(order),
    erase: (order, why) => kept.erase(order, who, why),
  };
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
  /** Behind which it goes on, where it was enough for this time; null: all of them were looked at. */
  readonly next: string | null;
}

export interface RotateOrder {
  /** Goes on behind this name; lacking from the beginning. */
  readonly after?: string | null;
  /** Asked after each batch; lacking: until all have been looked at. */
  readonly isEnough?: () => boolean;
}

const batch = 500;
const leftNamesMax = 100;

/**
 * Brings everything under the current key that is under another. Safe to stop, to kill and to run again: each secret is under
 * one key or the other, and opens for whoever has both; what is set meanwhile stays as it was set. The audit log has a record
 * of each batch, written together with it. Throws `secret.key.*`.
 */
export async function rotateSecrets(
  keeping: SecretKeeping,
  signal: AbortSignal,
  { after: from = null, isEnough = () => false }: RotateOrder = {},
): Promise<Rotated> {
  const { kept, random, who } = keeping;
  const sealing = await sealingOf(keeping);
  const key = await sealing.keys.current.keyId();
  let changed = 0;
  let leftCount = 0;
  const left: string[] = [];
  let after = from;
  let next: string | null = null;
  for (;;) {
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
    if (isEnough()) {
      next = after;
      break;
    }
  }
  if (changed > 0) await kept.note(who, 'secrets rotated', { changed, left: leftCount, key });
  return { changed, left, leftCount, key, next };
}

async function sealingOf({ kept, keys }: SecretKeeping): Promise<Sealing> {
  if (!keys) throw fault('secret.key.missing', {});
  return { keys, estate: await kept.estate() };
}
