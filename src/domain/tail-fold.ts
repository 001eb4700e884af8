/**
 * Sightings folded into what is kept of them: one use for each name, door, protocol, client and side, with how often, when, and
 * from how many networks. Two folds of parts of a log, joined, say the same as one of the whole; so it may be read in any parts.
 */

import type { SideName } from './platform.ts';
import { clientFamily } from './tail-client.ts';
import { networkOf, tailHost, tailName, type TailDoor, type TailProtocol, type TailSighting } from './tail-sighting.ts';

/** What makes two sightings one use. */
export interface TailUseKey {
  readonly side: SideName;
  readonly door: TailDoor;
  readonly protocol: TailProtocol;
  /** A family of clients; empty where they say nothing of themselves. */
  readonly client: string;
  /** The server name that was asked for; empty where it is not told. */
  readonly host: string;
  /** In lower case. */
  readonly name: string;
}

export interface FoldedUse extends TailUseKey {
  readonly times: number;
  readonly firstAt: number;
  readonly lastAt: number;
  /** At most `networksMost` of them. */
  readonly networks: readonly string[];
  /** Senders that messages bore, at most `sendersMost`. */
  readonly senders: readonly string[];
  /** Days since 1970 on which it was seen (UTC), ascending. */
  readonly days: readonly number[];
  /** Bit n: seen between n and n + 1 o'clock (UTC). */
  readonly hours: number;
  /** How many pauses between two sightings were about so long; see `gapBucket`. */
  readonly gaps: readonly number[];
}

/** More than that tell no more: somebody who travels, or a name that everybody uses. */
export const networksMost = 32;
export const sendersMost = 8;
/** Half octaves from two seconds to a day and a half. */
export const gapBuckets = 34;
const gapLeastMs = 2_000;
const dayMs = 86_400_000;
const hourMs = 3_600_000;

interface Folding {
  readonly key: TailUseKey;
  times: number;
  firstAt: number;
  lastAt: number;
  readonly networks: Set<string>;
  readonly senders: Set<string>;
  readonly days: Set<number>;
  hours: number;
  readonly gaps: number[];
}

/** Which half octave a pause falls into; null where it is none, but the several connections of one visit. */
export function gapBucket(ms: number): number | null {
  if (ms < gapLeastMs) return null;
  return Math.min(gapBuckets - 1, Math.floor(2 * Math.log2(ms / gapLeastMs)));
}

/** About how long the pauses in a bucket are. */
export function gapMs(bucket: number): number {
  return gapLeastMs * 2 ** ((bucket + 0.5) / 2);
}

export class TailFold {
  readonly #uses = new Map<string, Folding>();

  /** How many uses there are by now. */
  get size(): number {
    return this.#uses.size;
  }

  /** Nothing is kept of a sighting that names nobody. False where it would be one use more than `usesMost`. */
  add(sighting: TailSighting, usesMost = Number.POSITIVE_INFINITY): boolean {
    const { side, door, protocol, at } = sighting;
    const name = tailName(sighting.name);
    if (name === null) return true;
    const client = clientFamily(sighting.client).name;
    const host = tailHost(sighting.host);
    const word = `${side} ${door} ${protocol} ${client}\0${host}\0${name}`;
    if (this.#uses.size >= usesMost && !this.#uses.has(word)) return false;
    const use = this.#uses.get(word) ?? this.#begin(word, { side, door, protocol, client, host, name }, at);
    const bucket = use.times === 0 ? null : gapBucket(at - use.lastAt);
    if (bucket !== null) use.gaps[bucket] = (use.gaps[bucket] ?? 0) + 1;
    use.times++;
    use.firstAt = Math.min(use.firstAt, at);
    use.lastAt = Math.max(use.lastAt, at);
    use.days.add(Math.floor(at / dayMs));
    use.hours |= 1 << Math.floor((at % dayMs) / hourMs);
    const network = sighting.ip === null ? null : networkOf(sighting.ip);
    if (network !== null && use.networks.size < networksMost) use.networks.add(network);
    const sender = sighting.sender === undefined ? null : tailName(sighting.sender);
    if (sender !== null && use.senders.size < sendersMost) use.senders.add(sender);
    return true;
  }

  /** All of them, and none are left. */
  take(): readonly FoldedUse[] {
    const uses = [...this.#uses.values()];
    this.#uses.clear();
    return uses.map(({ key, days, networks, senders, gaps, ...rest }) => ({
      ...key,
      ...rest,
      networks: [...networks].toSorted(),
      senders: [...senders].toSorted(),
      days: [...days].toSorted((a, b) => a - b),
      gaps: Array.from({ length: gaps.length }, (_, i) => gaps[i] ?? 0),
    }));
  }

  #begin(word: string, key: TailUseKey, at: number): Folding {
    const use: Folding = {
      key,
      times: 0,
      firstAt: at,
      lastAt: at,
      networks: new Set(),
      senders: new Set(),
      days: new Set(),
      hours: 0,
      gaps: [],
    };
    this.#uses.set(word, use);
    return use;
  }
}

/** What two folds of the same use come to, of which `later` holds what was read later. */
export function joinedUse(earlier: FoldedUse, later: FoldedUse): FoldedUse {
  const between = gapBucket(later.firstAt - earlier.lastAt);
  const buckets = Math.max(earlier.gaps.length, later.gaps.length, between === null ? 0 : between + 1);
  const distinct = (a: readonly string[], b: readonly string[], most: number): readonly string[] =>
    [...new Set([...a, ...b])].toSorted().slice(0, most);
  return {
    ...earlier,
    times: earlier.times + later.times,
    firstAt: Math.min(earlier.firstAt, later.firstAt),
    lastAt: Math.max(earlier.lastAt, later.lastAt),
    networks: distinct(earlier.networks, later.networks, networksMost),
    senders: distinct(earlier.senders, later.senders, sendersMost),
    days: [...new Set([...earlier.days, ...later.days])].toSorted((a, b) => a - b),
    hours: earlier.hours | later.hours,
    gaps: Array.from(
      { length: buckets },
      (_, i) => (earlier.gaps[i] ?? 0) + (later.gaps[i] ?? 0) + (i === between ? 1 : 0),
    ),
  };
}

/** Neighbouring days as ranges, `[first, one behind the last]`: how they are kept. */
export function dayRanges(days: readonly number[]): readonly (readonly [number, number])[] {
  const ranges: [number, number][] = [];
  for (const day of days) {
    const last = ranges.at(-1);
    if (last && day <= last[1]) last[1] = Math.max(last[1], day + 1);
    else ranges.push([day, day + 1]);
  }
  return ranges;
}
