/** A `Listing` that grows row by row in typed columns (`item.ts` says why). Connectors fill it, engines read it. */

import type { FolderState, Instant, Listing, Uid } from './item.ts';

const noDate = Number.NEGATIVE_INFINITY;
const noSize = -1;
/** Arrays of flags known by identity; a reader that shares none must not fill the memory. */
const arraysRemembered = 256;

/** Rows are added by the connector that reads them; once handed on as a `Listing` it is only read. */
export class ListingBuilder implements Listing {
  state: FolderState;
  length = 0;
  #uids = new Uint32Array(64);
  #dates = new Float64Array(64);
  #sizes = new Float64Array(64);
  #flagSets = new Uint32Array(64);
  readonly #knownFlagSets: (readonly string[])[] = [];
  readonly #flagSetIds = new Map<string, number>();
  readonly #flagSetOfArray = new Map<readonly string[], number>();
  #lastFlags: readonly string[] | null = null;
  #lastFlagSet = 0;

  constructor(state: FolderState) {
    this.state = state;
  }

  /** Adds one message. `flags` may come in any order and with `\Recent`; both are put right here. */
  add(uid: Uid, flags: readonly string[], internalDate: Instant | null, sizeBytes: number | null): void {
    if (this.length === this.#uids.length) this.#grow();
    const row = this.length++;
    this.#uids[row] = uid;
    this.#dates[row] = internalDate ?? noDate;
    this.#sizes[row] = sizeBytes ?? noSize;
    this.#flagSets[row] = this.#flagSet(flags);
  }

  uid(row: number): Uid {
    return this.#uids[row] as Uid;
  }

  flags(row: number): readonly string[] {
    return this.#knownFlagSets[this.#flagSets[row] as number] as readonly string[];
  }

  internalDate(row: number): Instant | null {
    const date = this.#dates[row] as number;
    return date === noDate ? null : (date as Instant);
  }

  sizeBytes(row: number): number | null {
    const size = this.#sizes[row] as number;
    return size === noSize ? null : size;
  }

  #flagSet(flags: readonly string[]): number {
    // Readers share one array among messages with the same flags, and most neighbours have the same.
    if (flags === this.#lastFlags) return this.#lastFlagSet;
    this.#lastFlags = flags;
    this.#lastFlagSet = this.#flagSetOf(flags);
    return this.#lastFlagSet;
  }

  #flagSetOf(flags: readonly string[]): number {
    const known = this.#flagSetOfArray.get(flags);
    if (known !== undefined) return known;
    const id = this.#flagSetOfText(flags);
    if (this.#flagSetOfArray.size < arraysRemembered) this.#flagSetOfArray.set(flags, id);
    return id;
  }

  #flagSetOfText(flags: readonly string[]): number {
    const asTold = flags.join(' ');
    const known = this.#flagSetIds.get(asTold);
    if (known !== undefined) return known;
    const tidy = tidyFlags(flags);
    const key = tidy.join(' ');
    let id = this.#flagSetIds.get(key);
    if (id === undefined) {
      id = this.#knownFlagSets.push(tidy) - 1;
      this.#flagSetIds.set(key, id);
    }
    this.#flagSetIds.set(asTold, id);
    return id;
  }

  #grow(): void {
    const room = this.#uids.length * 2;
    this.#uids = grown(this.#uids, new Uint32Array(room));
    this.#dates = grown(this.#dates, new Float64Array(room));
    this.#sizes = grown(this.#sizes, new Float64Array(room));
    this.#flagSets = grown(this.#flagSets, new Uint32Array(room));
  }
}

const systemSpelling = new Map(
  ['\\Answered', '\\Flagged', '\\Deleted', '\\Seen', '\\Draft'].map((flag) => [flag.toLowerCase(), flag]),
);

/**
 * Flags as we show them: system flags in RFC spelling, no `\Recent`, sorted, each once. Neither system flags nor keywords
 * have a case (RFC 5788 §3); a keyword keeps the spelling in which it was told first.
 */
export function tidyFlags(flags: readonly string[]): readonly string[] {
  const tidy = new Map<string, string>();
  for (const flag of flags) {
    const lower = flag.toLowerCase();
    if (lower !== '\\recent' && !tidy.has(lower)) tidy.set(lower, systemSpelling.get(lower) ?? flag);
  }
  return [...tidy.values()].sort();
}

function grown<T extends Uint32Array | Float64Array>(from: T, into: T): T {
  into.set(from);
  return into;
}
