/** Secrets, as those who sign in get them, and as they are kept where nobody can read them. */

import type { Erasable, Erased, Erasure, ErasureOrder } from '#domain/erasure.ts';
import type { MailboxSecrets, Platform } from '#domain/platform.ts';
import type { SecretReference } from '#domain/secret-reference.ts';

/** What the references in settings lead to in this process. Nothing of it is ever written anywhere. */
export interface Secrets {
  /** The secret that `reference` names. Throws `secret.unresolved`, `secret.altered`, `secret.key.*`. */
  resolve(reference: SecretReference): Promise<string>;
  /** The own secret of the mailbox with this address. Throws the same, and `secret.mailbox.*`. */
  ofMailbox(where: MailboxSecrets, address: string): Promise<string>;
  /** It was refused: whatever is remembered of it is asked for anew. */
  forget(reference: SecretReference): void;
  /**
   * What signing in to these platforms takes and cannot be had in this process: references only, for people and for
   * `WorkerIdentity.lacks`. `others` are counted with them. A mailbox whose own secret is missing among others that are there is not counted.
   */
  lacking(platforms: readonly Platform[], others?: readonly SecretReference[]): Promise<readonly string[]>;
}

/** A secret as it is kept (`domain/sealed.ts`). */
export interface SealedSecret {
  readonly name: string;
  readonly sealed: Uint8Array;
  /** Of the key under which it was sealed. */
  readonly keyId: string;
}

export interface KeptSecret {
  readonly name: string;
  readonly keyId: string;
  readonly setAt: Date;
  /** As the audit log has them; null for what was set before this was kept. */
  readonly setBy: string | null;
  /** SHA-256 of what is kept, in hexadecimal digits: by this an erasure names it. */
  readonly fingerprint: string;
}

/** Where sealed secrets are kept, under names. `who` is for the audit log. */
export interface SealedSecrets {
  /** Which estate this is: what is sealed here is bound to it. */
  estate(): Promise<string>;
  /** Keeps them, in the place of those that had their names. */
  put(secrets: readonly SealedSecret[], who: string): Promise<void>;
  find(name: string): Promise<SealedSecret | null>;
  /** At most `max` whose name begins with `prefix`, in the order of their names, from behind `after` on. */
  list(prefix: string, after: string | null, max: number): Promise<readonly KeptSecret[]>;
  /** False: there was none of this name. */
  remove(name: string, who: string): Promise<boolean>;
  /** What an erasure would take away. */
  erasable(order: ErasureOrder): Promise<Erasable>;
  /**
   * Erases them, all or none, and writes each name and fingerprint into the audit log; refused where mailboxes are on their way,
   * unless `despiteMoves`.
   */
  erase(order: ErasureOrder & { readonly despiteMoves: boolean }, who: string, why: string): Promise<Erasure>;
  /** The latest; null where there was none. */
  lastErasure(): Promise<Erased | null>;
  /** The keys under which those were sealed whose name begins with `prefix`. */
  keyIds(prefix: string): Promise<ReadonlySet<string>>;
  /** At most `max` that were sealed under another key than this, in the order of their names, from behind `after` on. */
  underOtherKeys(keyId: string, after: string | null, max: number): Promise<readonly SealedSecret[]>;
  /**
   * Keeps each `after` in the place of its `before`, unless that was set anew or removed meanwhile, and tells the audit log of
   * it. How many were.
   */
  replace(
    pairs: readonly { readonly before: SealedSecret; readonly after: SealedSecret }[],
    who: string,
  ): Promise<number>;
  /** Writes into the audit log what was done to all of them. */
  note(who: string, what: string, about: Readonly<Record<string, unknown>>): Promise<void>;
}
