/**
 * Whoever hides data keys: a key that this process was given, or a service that keeps its key to itself (Vault, a KMS). In
 * lists, since a rotation has millions of them and a service may be a round trip away.
 */

/** A data key, and what it is bound to: it opens together with the same octets and with no others. */
export interface BoundKey {
  readonly dataKey: Uint8Array;
  readonly bound: Uint8Array;
}

export interface WrappedKey {
  readonly wrapped: Uint8Array;
  /** Of the key that hides it, for whoever opens it: 16 hexadecimal digits, or `vault:transit/godwit/v3`. */
  readonly keyId: string;
}

export interface KeyToUnwrap {
  readonly wrapped: Uint8Array;
  readonly bound: Uint8Array;
}

/** All may throw `secret.key.away` (it may be back soon) and `secret.key.refused` (for a person). */
export interface KeyService {
  /** Under which it hides at this moment. */
  keyId(): Promise<string>;
  /** Whether what was hidden under this id is its business. */
  opens(keyId: string): boolean;
  /** In the same order. */
  wrap(keys: readonly BoundKey[]): Promise<readonly WrappedKey[]>;
  /** In the same order; null: hidden by another, bound to something else, or altered since. */
  unwrap(keys: readonly KeyToUnwrap[]): Promise<readonly (Uint8Array | null)[]>;
}

/** The keys that a process has: the one that seals, and with it all that open. */
export interface Keyring {
  readonly current: KeyService;
  readonly all: readonly KeyService[];
}
