/**
 * How much of a platform was not to be had, by what it complained of: the account that its governor keeps. A complaint takes
 * connections away, which come back bit by bit; a rest takes all of them for as long as it lasts. What is counted is the time for
 * which everything was missing, a minute of half as half a minute.
 */

import type { Learnt, Level } from './governor.ts';
import type { Budget } from './platform.ts';

export interface Lost {
  /** The first complaint, or later: what is long ago is forgotten. */
  readonly since: number;
  readonly ms: number;
}

/** How fast a level grows again: after each `everyMs` by one part of `parts`. */
export interface Growth {
  readonly everyMs: number;
  readonly parts: number;
}

/** What a platform has been like lately is what it will be like. */
const rememberedMs = 28 * 24 * 3_600_000;
/** A shorter time says more of its first complaint than of the platform. */
const leastMs = 24 * 3_600_000;

/** The account with `ms` more in it. */
export function lostMore(lost: Lost | null, ms: number, now: number): Lost {
  if (lost === null) return { since: now, ms };
  const isLong = now - lost.since > rememberedMs;
  const kept = isLong ? { since: (lost.since + now) / 2, ms: lost.ms / 2 } : lost;
  return { since: kept.since, ms: kept.ms + ms };
}

/** What a lowered level has cost until `now`. */
export function lostBy(level: Level | null, ceiling: number, { everyMs, parts }: Growth, now: number): number {
  if (level === null) return 0;
  const step = Math.max(1, Math.round(ceiling / parts));
  let ms = 0;
  for (let [at, value] = [level.since, level.value]; at < now && value < ceiling; at += everyMs, value += step)
    ms += Math.min(everyMs, now - at) * (1 - value / ceiling);
  return ms;
}

/** The share of a platform that was not to be had; null where too little is known, 0 where it never complained. */
export function lostShare(
  { learnt, budget }: { readonly learnt: Learnt; readonly budget: Budget },
  growth: Growth,
  now: number,
): number | null {
  const { lost, connections, rest } = learnt;
  // An older version kept no account.
  if (lost === null) return connections === null && rest === null ? 0 : null;
  const overMs = now - lost.since;
  if (overMs < leastMs) return null;
  return Math.min(1, (lost.ms + lostBy(connections, budget.connections, growth, now)) / overMs);
}
