/**
 * Mail that was on the target before us, few messages of it: each message of the source that might be one of them is
 * compared on its way, exactly first and then levelled (`content.ts`), since the target may have altered what it was given.
 */

import type { Instant, Uid } from '#domain/item.ts';
import { isKeptEverywhere } from './dates.ts';

export interface Stranger {
  readonly uid: Uid;
  readonly sizeBytes: number;
  readonly internalDate: Instant | null;
  readonly flags: readonly string[];
  readonly sha256: Uint8Array;
  readonly levelled: string;
}

export interface Twin {
  readonly uid: Uid;
  readonly flags: readonly string[];
  /** As it is served on the target, where that is not octet for octet what the source serves. */
  readonly servedAs: { readonly sizeBytes: number } | null;
}

export class Strangers {
  readonly #free: Set<Stranger>;
  readonly #exact: ReadonlyMap<string, readonly Stranger[]>;
  readonly #levelled: ReadonlyMap<string, readonly Stranger[]>;
  readonly #sizes: ReadonlySet<number>;
  readonly #dates: ReadonlySet<Instant | null>;
  readonly #compared = new Set<Uid>();

  constructor(strangers: readonly Stranger[]) {
    this.#free = new Set(strangers);
    this.#exact = Map.groupBy(strangers, ({ sha256 }) => base64(sha256));
    this.#levelled = Map.groupBy(strangers, ({ levelled }) => levelled);
    this.#sizes = new Set(strangers.map(({ sizeBytes }) => sizeBytes));
    this.#dates = new Set(strangers.map(({ internalDate }) => internalDate));
  }

  /**
   * Whether the source's message `uid` is to be compared before it is sent: one of them is as long, or of the same date, or
   * its date is none that every server keeps. Never again once it has been compared.
   */
  mayHold(uid: Uid, sizeBytes: number, date: Instant | null): boolean {
    if (this.#free.size === 0 || this.#compared.has(uid)) return false;
    return this.#sizes.has(sizeBytes) || this.#dates.has(date) || !isKeptEverywhere(date);
  }

  /** The one that is the same message as `uid`; it answers for no other from then on. */
  take(uid: Uid, sha256: Uint8Array, levelled: string): Twin | null {
    this.#compared.add(uid);
    const exact = this.#exact.get(base64(sha256))?.find((one) => this.#free.has(one));
    const twin = exact ?? this.#levelled.get(levelled)?.find((one) => this.#free.has(one));
    if (!twin) return null;
    this.#free.delete(twin);
    return { uid: twin.uid, flags: twin.flags, servedAs: exact ? null : twin };
  }
}

function base64(octets: Uint8Array): string {
  return Buffer.from(octets).toString('base64');
}
