/** A `Listing` that grows row by row in typed columns (`item.ts` says why). Connectors fill it, engines read it. */

import type { FolderState, Instant, Listing, Uid } from './item.ts';

const noDate = Number.NEGATIVE_INFINITY;
const noSize = -1;
const firstBlock = 64;
const blockBits = 13;
const blockRows = 1 << blockBits;
const blockMask = blockRows - 1;
/** Arrays of flags known by identity; a reader that shares none must not fill the memory. */
const arraysRemembered = 256;

/** Rows are added by the connector that reads them; once handed on as a `Listing` it is only read. */
export class ListingBuilder implements Listing {
  state: FolderState;
  length = 0;
  readonly #uids: Uint32Array[] = [new Uint32Array(firstBlock)];
  readonly #dates: Float64Array[] = [new Float64Array(firstBlock)];
  readonly #flagSets: Uint32Array[] = [new Uint32Array(firstBlock)];
  /** Only where a size was told: most listings ask for none. */
  readonly #sizes: (Float64Array | undefined)[] = [];
  /** Rows that there is room for. */
  #room = firstBlock;
  readonly #knownFlagSets: (readonly string[])[] = [];
  readonly #flagSetIds = new Map<string, number>();
  readonly #flagSetOfArray = new Map<readonly string[], number>();
  #lastFlags: readonly string[] | null = null;
  #lastFlagSet = 0;
  #isAscending = true;

  constructor(state: FolderState) {
    this.state = state;
  }

  /** Adds one message. `flags` may come in any order and with `\Recent`; both are put right here. */
  add(uid: Uid, flags: readonly string[], internalDate: Instant | null, sizeBytes: number | null): void {
    if (this.length === this.#room) this.#grow();
    const row = this.length++;
    if (row > 0 && uid < this.uid(row - 1)) this.#isAscending = false;
    const block = row >>> blockBits;
    const at = row & blockMask;
    (this.#uids[block] as Uint32Array)[at] = uid;
    (this.#dates[block] as Float64Array)[at] = internalDate ?? noDate;
    (this.#flagSets[block] as Uint32Array)[at] = this.#flagSet(flags);
    if (sizeBytes !== null) this.#sizesOf(block)[at] = sizeBytes;
  }

  /** These rows in ascending order of their UIDs, as nearly every server tells them: then it is the builder itself. */
  inOrder(): ListingBuilder {
    if (this.#isAscending) return this;
    const sorted = new ListingBuilder(this.state);
    const rows = Uint32Array.from({ length: this.length }, (_, row) => row);
    rows.sort((a, b) => this.uid(a) - this.uid(b));
    for (const row of rows) sorted.add(this.uid(row), this.flags(row), this.internalDate(row), this.sizeBytes(row));
    return sorted;
  }

  uid(row: number): Uid {
    return this.#uids[row >>> blockBits]?.[row & blockMask] as Uid;
  }

  flags(row: number): readonly string[] {
    return this.#knownFlagSets[this.#flagSets[row >>> blockBits]?.[row & blockMask] as number] as readonly string[];
  }

  internalDate(row: number): Instant | null {
    const date = this.#dates[row >>> blockBits]?.[row & blockMask] as number;
    return date === noDate ? null : (date as Instant);
  }

  sizeBytes(row: number): number | null {
    const size = this.#sizes[row >>> blockBits]?.[row & blockMask];
    return size === undefined || size === noSize ? null : size;
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

  /** A small folder's only block doubles; what comes behind a full one is never copied. */
  #grow(): void {
    const first = this.#uids[0] as Uint32Array;
    if (first.length < blockRows) {
      const rows = first.length * 2;
      this.#uids[0] = grown(first, new Uint32Array(rows));
      this.#dates[0] = grown(this.#dates[0] as Float64Array, new Float64Array(rows));
      this.#flagSets[0] = grown(this.#flagSets[0] as Uint32Array, new Uint32Array(rows));
      if (this.#sizes[0]) this.#sizes[0] = grown(this.#sizes[0], new Float64Array(rows).fill(noSize));
      this.#room = rows;
      return;
    }
    this.#uids.push(new Uint32Array(blockRows));
    this.#dates.push(new Float64Array(blockRows));
    this.#flagSets.push(new Uint32Array(blockRows));
    this.#room += blockRows;
  }

  #sizesOf(block: number): Float64Array {
    const rows = (this.#uids[block] as Uint32Array).length;
    return (this.#sizes[block] ??= new Float64Array(rows).fill(noSize));
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
