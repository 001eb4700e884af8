/**
 * What a platform is asked at the moment: its whole budget, until it complains. A complaint halves what it had to bear
 * (multiplicative decrease), and time without complaints gives it back bit by bit (additive increase); a wait that it asks
 * for is kept. A pure function of the budget, of what was seen, and of the time, which is the database's.
 */

import { weekMinutes } from '#lib/timetable.ts';
import { afterSignIn, type Breaker, breakerWords, closed } from './breaker.ts';
import type { Budget, SideName } from './platform.ts';
import type { PlatformNow, Sighting } from './sighting.ts';
import { type Growth, type Lost, lostBy, lostMore } from './throttling-seen.ts';
import { offsetAt } from './window.ts';

/** What was learnt of a platform. */
export interface Learnt {
  /** Levels that were lowered; null: the whole budget. */
  readonly connections: Level | null;
  readonly perMailbox: Level | null;
  /** The share of the bytes and commands per second, from 0 to 1. */
  readonly rate: Level | null;
  readonly rest: Rest | null;
  /** Mailboxes that it lately asked to slow down, or had no answer for. */
  readonly slowed: { readonly since: number; readonly mailboxes: readonly number[] } | null;
  readonly breaker: Breaker;
  /** How much of it was not to be had, for forecasts; null where it never complained. */
  readonly lost: Lost | null;
}

/** `value` at `since`; it grows from then on. `said`: what lowered it. */
export interface Level {
  readonly value: number;
  readonly since: number;
  readonly said: string;
}

/** `unasked`: how many waits in a row the platform did not name itself; each is longer than the one before. */
export interface Rest {
  readonly until: number;
  readonly unasked: number;
  readonly said: string;
}

export const nothingLearnt: Learnt = {
  connections: null,
  perMailbox: null,
  rate: null,
  rest: null,
  slowed: null,
  breaker: closed,
  lost: null,
};

/** However much it complains, so much is kept, or the move would never end. */
export const floors = { connections: 1, perMailbox: 1, rate: 0.05 } as const;
/** After so long without a complaint a level grows by one part of `parts`, at least by one connection. */
export const growth = {
  connections: { everyMs: 10_000, parts: 20 },
  // How many one user may open is a setting of the server, and does not change by the minute.
  perMailbox: { everyMs: 10 * 60_000, parts: 20 },
  rate: { everyMs: 10_000, parts: 20 },
} as const;
/** What many connections say about one event is one complaint. */
export const settleMs = 5_000;
const firstRestMs = 5_000;
const longestUnaskedMs = 5 * 60_000;
/** A day: whatever a server asks for, tomorrow we look again. */
export const longestRestMs = 24 * 3_600_000;
const quotaRestMs = 3_600_000;
/** Mailboxes that are slowed down within so long are counted together. */
const slowedMs = 60_000;
/** 1970 began on a Thursday, a week of a timetable begins on Sunday. */
const sinceSundayMinutes = 4 * 24 * 60;

/** What a platform has to bear now, in whole connections. */
export interface Allowed {
  readonly connections: number;
  readonly perMailbox: number;
  readonly rate: number;
}

export function allowedAt(learnt: Learnt, budget: Budget, now: number): Allowed {
  return {
    connections: connectionsAt(learnt.connections, budget.connections, growth.connections, now),
    perMailbox: connectionsAt(learnt.perMailbox, budget.connectionsPerMailbox, growth.perMailbox, now),
    rate: learnt.rate ? Math.min(1, learnt.rate.value + stepsOf(learnt.rate, growth.rate, now) / growth.rate.parts) : 1,
  };
}

function connectionsAt(level: Level | null, ceiling: number, { everyMs, parts }: Growth, now: number): number {
  if (!level) return ceiling;
  const step = Math.max(1, Math.round(ceiling / parts));
  return Math.min(ceiling, level.value + step * stepsOf(level, { everyMs, parts }, now));
}

/** A clock that was set back lets nothing grow. */
function stepsOf({ since }: Level, { everyMs }: Growth, now: number): number {
  return Math.max(0, Math.floor((now - since) / everyMs));
}

export interface Reaction {
  readonly learnt: Learnt;
  /** Mailboxes whose failed sign-ins turn out to be the platform's fault. */
  readonly acquitted: readonly number[];
}

/** What follows from one sighting, while `inUse` connections are open. */
export function react(learnt: Learnt, budget: Budget, seen: Sighting, inUse: number, now: number): Reaction {
  switch (seen.kind) {
    case 'signed-in':
    case 'sign-in-failed': {
      const failed = seen.kind === 'signed-in' ? null : { how: seen.how, text: seen.text };
      const { breaker, acquitted } = afterSignIn(learnt.breaker, { mailbox: seen.mailbox, failed }, now);
      return { learnt: { ...learnt, breaker }, acquitted };
    }
    case 'throttled':
      return { learnt: throttled(learnt, budget, seen, inUse, now), acquitted: [] };
    case 'unavailable': {
      const learned = ofMany(learnt, budget, seen, inUse, now);
      const isPlatforms = learned.slowed === null;
      return { learnt: isPlatforms ? resting(learned, null, seen.text, now) : learned, acquitted: [] };
    }
    case 'too-many-connections': {
      if (seen.mailbox === null) return { learnt: eased(learnt, budget, seen.text, inUse, now), acquitted: [] };
      const from = allowedAt(learnt, budget, now).perMailbox;
      return { learnt: { ...learnt, perMailbox: lowered(learnt.perMailbox, from, 1, seen.text, now) }, acquitted: [] };
    }
    case 'quota-used':
      if (seen.mailbox !== null) return { learnt, acquitted: [] };
      return { learnt: resting(learnt, seen.waitMs ?? quotaRestMs, seen.text, now), acquitted: [] };
    case 'in-use':
      return { learnt, acquitted: [] };
  }
}

function throttled(
  learnt: Learnt,
  budget: Budget,
  { mailbox, waitMs, text }: Extract<Sighting, { kind: 'throttled' }>,
  inUse: number,
  now: number,
): Learnt {
  if (mailbox === null) return resting(eased(learnt, budget, text, inUse, now), waitMs, text, now);
  return ofMany(learnt, budget, { mailbox, text }, inUse, now);
}

/**
 * What it says to one mailbox concerns that mailbox, which keeps to it (`mailboxWaitMs`): of a hundred stores behind one door
 * one may be down. When it says so to half of those at work it is the platform, which is then asked for less.
 */
function ofMany(
  learnt: Learnt,
  budget: Budget,
  { mailbox, text }: { readonly mailbox: number; readonly text: string },
  inUse: number,
  now: number,
): Learnt {
  const before = learnt.slowed && now - learnt.slowed.since < slowedMs ? learnt.slowed : { since: now, mailboxes: [] };
  const mailboxes = before.mailboxes.includes(mailbox) ? before.mailboxes : [...before.mailboxes, mailbox];
  if (mailboxes.length < Math.max(2, inUse / 2)) return { ...learnt, slowed: { since: before.since, mailboxes } };
  return { ...eased(learnt, budget, text, inUse, now), slowed: null };
}

/** Fewer connections and a slower pace. What is not in use was not what it complained of. */
function eased(learnt: Learnt, budget: Budget, said: string, inUse: number, now: number): Learnt {
  const allowed = allowedAt(learnt, budget, now);
  const borne = Math.min(allowed.connections, Math.max(inUse, 1));
  const { connections } = learnt;
  // Until now it was the level before that cost something.
  const cost =
    connections && isSettling(connections, now) ? 0 : lostBy(connections, budget.connections, growth.connections, now);
  return {
    ...learnt,
    lost: lostMore(learnt.lost, cost, now),
    connections: lowered(learnt.connections, borne, floors.connections, said, now),
    rate: loweredRate(learnt.rate, allowed.rate, said, now),
  };
}

function lowered(level: Level | null, from: number, floor: number, said: string, now: number): Level {
  if (level && isSettling(level, now)) return level;
  return { value: Math.max(floor, Math.floor(from / 2)), since: now, said };
}

function loweredRate(level: Level | null, from: number, said: string, now: number): Level {
  if (level && isSettling(level, now)) return level;
  return { value: Math.max(floors.rate, from / 2), since: now, said };
}

function isSettling({ since }: Level, now: number): boolean {
  return now - since < settleMs;
}

/** Nobody begins anything new for `waitMs`; null where it did not say for how long. */
function resting(learnt: Learnt, waitMs: number | null, said: string, now: number): Learnt {
  const { rest } = learnt;
  if (waitMs === null) {
    if (rest && now < rest.until) return learnt;
    // In a row: it did not go well for long after the last.
    const unasked = rest && now - rest.until < longestUnaskedMs ? rest.unasked + 1 : 0;
    return restingUntil(
      learnt,
      { until: now + Math.min(firstRestMs * 2 ** unasked, longestUnaskedMs), unasked, said },
      now,
    );
  }
  const until = now + Math.min(Math.max(0, waitMs), longestRestMs);
  return rest && until <= rest.until ? learnt : restingUntil(learnt, { until, unasked: 0, said }, now);
}

function restingUntil(learnt: Learnt, rest: Rest, now: number): Learnt {
  const costs = rest.until - Math.max(now, learnt.rest?.until ?? 0);
  return { ...learnt, rest, lost: lostMore(learnt.lost, costs, now) };
}

/** How long the mailbox of which it spoke waits before it tries again; null: as anyone else. */
export function mailboxWaitMs(seen: Sighting): number | null {
  switch (seen.kind) {
    case 'in-use':
      return 60_000;
    case 'throttled':
      return seen.mailbox === null ? null : Math.min(Math.max(0, seen.waitMs ?? 60_000), longestRestMs);
    case 'quota-used':
      return seen.mailbox === null ? null : Math.min(Math.max(0, seen.waitMs ?? quotaRestMs), longestRestMs);
    case 'too-many-connections':
      return seen.mailbox === null ? null : 30_000;
    case 'signed-in':
    case 'sign-in-failed':
    case 'unavailable':
      return null;
  }
}

/** What a platform is asked at `now`, and why, for whoever looks at it. Hours are told in `timezone`. */
export function platformNow(
  side: SideName,
  budget: Budget,
  timezone: string,
  learnt: Learnt,
  inUse: number,
  now: number,
): PlatformNow {
  const allowed = allowedAt(learnt, budget, now);
  const bytesPerSecond = rateAt(budget, timezone, now);
  const { state, until } = stateOf(learnt, now);
  return {
    side,
    connections: allowed.connections,
    connectionsPerMailbox: allowed.perMailbox,
    connectionsInUse: inUse,
    commandsPerSecond: budget.commandsPerSecond === null ? null : budget.commandsPerSecond * allowed.rate,
    bytesPerSecond: bytesPerSecond === null ? null : bytesPerSecond * allowed.rate,
    state,
    until,
    why: why(learnt, budget, allowed, now),
  };
}

/** Until when nobody begins anything, by what is known now; 0 where somebody may. */
export function restsUntil({ breaker, rest }: Learnt): number {
  return Math.max(rest?.until ?? 0, breaker.kind === 'closed' ? 0 : breaker.until);
}

function stateOf({ breaker, rest }: Learnt, now: number): Pick<PlatformNow, 'state' | 'until'> {
  if (breaker.kind === 'open') return { state: 'shut', until: breaker.until };
  if (breaker.kind === 'probing') return { state: 'probing', until: breaker.until };
  if (rest && now < rest.until) return { state: 'resting', until: rest.until };
  return { state: 'open', until: null };
}

function why(learnt: Learnt, budget: Budget, allowed: Allowed, now: number): string {
  const { breaker, rest, connections, perMailbox, rate } = learnt;
  const words = [breakerWords(breaker)];
  if (rest && now < rest.until) words.push(`Nothing new is begun for a while (“${rest.said}”).`);
  if (connections && allowed.connections < budget.connections)
    words.push(
      `${allowed.connections} of ${budget.connections} connections, and more from time to time: it complained (“${connections.said}”).`,
    );
  if (perMailbox && allowed.perMailbox < budget.connectionsPerMailbox)
    words.push(
      `${allowed.perMailbox} of ${budget.connectionsPerMailbox} connections to one mailbox: it takes no more (“${perMailbox.said}”).`,
    );
  if (rate && allowed.rate < 1 && hasRate(budget))
    words.push(`${Math.round(allowed.rate * 100)} % of the pace, and more from time to time (“${rate.said}”).`);
  return words.filter((each) => each !== null).join(' ') || 'All that was agreed.';
}

/** What a platform may hold besides what was given; null where nothing is to be said. */
export function lostSightWords(connections: number): string | null {
  if (connections === 0) return null;
  return `Workers vanished in the last half hour, and their ${connections} connections were given to others: killed, they closed them; but a machine that was cut off could not, and until the server gives those up it counts them besides.`;
}

function hasRate({ commandsPerSecond, bytesPerSecond }: Budget): boolean {
  return commandsPerSecond !== null || bytesPerSecond.some((slot) => slot.bytesPerSecond !== null);
}

/** What the timetable says at `now` by the clocks of `timezone`. */
export function rateAt({ bytesPerSecond }: Budget, timezone: string, now: number): number | null {
  const minutes = Math.floor((now + offsetAt(now, timezone)) / 60_000) + sinceSundayMinutes;
  const minute = minutes % weekMinutes;
  const slot = bytesPerSecond.findLast(({ fromMinute }) => fromMinute <= minute) ?? bytesPerSecond.at(-1);
  return slot?.bytesPerSecond ?? null;
}
