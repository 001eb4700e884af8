/** A programme played once, in bulk: copies one wave after the other in the order of the windows, switches in their windows first. */

import type { Chance } from '#lib/chance.ts';
import { connectionsFor } from './connections-for.ts';
import { type Bulk, type EstateAhead, leftIn, mailboxesIn, type WaveAhead } from './estate-ahead.ts';
import { carryLate, type Late } from './forecast-late.ts';
import { timeForBytes } from './forecast-octets.ts';
import { drawLargest, drawNormal } from './normal.ts';
import type { Rates, WorkRate } from './rates.ts';

/** Mailboxes that are worked on at one time. */
export interface Lanes {
  readonly copies: number;
  /** A switch carries with one connection and compares with another. */
  readonly switches: number;
}

export interface Played {
  readonly lanes: Lanes;
  readonly waves: readonly WavePlayed[];
  /** When the last of all has switched, whoever missed their window included. */
  readonly finish: number;
  /** Of those who missed theirs, who switches in a later window, and for whom the windows there are have no room. */
  readonly inLater: number;
  readonly inNone: number;
}

export interface WavePlayed {
  readonly copied: number;
  /** How long its copying took once it had begun. */
  readonly copyMs: number;
  readonly switchMs: number;
  /** When the last who made it had switched; null where nobody did. Never after the window, which who misses it is told by. */
  readonly finish: number | null;
  /** The share that did not make it. */
  readonly missed: number;
}

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
/** How far what others have published may lie from what is true here: two of three within a factor of 1.8. */
const statedSigma = 0.6;
/** What stands in the rates was true lately, and next month differs by this much. */
const driftSigma = 0.1;
/** How far the weather of a run may lie from the usual. */
const weatherSigma = 0.7;
/** However much is followed, so much is left for what is new. */
const leastShare = 0.3;

/** Plays the waves of `estate`, in the order of their windows; those whose window is over have all missed it. */
export function playOnce(estate: EstateAhead, chance: Chance): Played {
  const { rates, waves, now } = estate;
  const luck = { copy: luckOf(rates.samples, chance), switch: luckOf(rates.switchSamples, chance) };
  const lanes = lanesOf(estate);
  const weather = weatherOf(rates, chance);
  const copying = Math.max(1, lanes.copies * weather);
  const switching = Math.max(1, lanes.switches * weather);
  const switches = waves.map((wave) => switchOf(wave, rates, luck.switch, switching, chance));
  // While a platform rests nothing is begun.
  const from = Math.max(now, estate.restsUntil);
  let free = from;
  let nextSwitch = 0;
  /** Who switches meanwhile comes first, and copies wait. */
  const pastSwitches = (begins: number, until: number): number => {
    let end = until;
    for (; nextSwitch < waves.length; nextSwitch++) {
      const { opensAt, closesAt } = (waves[nextSwitch] as WaveAhead).window;
      if (opensAt >= end) break;
      if (closesAt > now && Math.max(opensAt, from) >= begins) end += switches[nextSwitch] as number;
    }
    return end;
  };
  const played = waves.map((wave, i) => {
    const begins = Math.max(free, wave.state === 'planned' ? wave.window.opensAt - estate.aheadMs : from);
    const workMs = copyOf(wave.toCopy, rates, luck.copy, copying, chance);
    let copied = now;
    if (workMs > 0) {
      const bytes = wave.toCopy.reduce((sum, bulk) => sum + bulk.bytes, 0);
      // However many work on it, no more octets go than were agreed, and in bad weather fewer.
      copied = timeForBytes(estate.bytesUntil, bytes / weather, begins, pastSwitches(begins, begins + workMs));
      free = copied;
    }
    return switched(wave, { begins, copied, copyMs: workMs, switchMs: switches[i] as number }, rates, from);
  });
  const eachMs = (luck.switch * rates.switch.fixedMs * (1 + rates.retryShare)) / switching;
  const { finish, inLater, inNone } = carryLate(
    played.map(({ late, played: { switchMs } }, i) => ({ window: (waves[i] as WaveAhead).window, switchMs, late })),
    { now: from, eachMs, mendMs: rates.mendHours * hourMs, chance },
  );
  const finishes = played.map((each) => each.played.finish ?? now);
  return {
    lanes,
    waves: played.map((each) => each.played),
    finish: Math.max(now, finish, ...finishes),
    inLater,
    inNone,
  };
}

/** One factor for all work of a kind in a run: nobody knows the rates, least of all where they are others'. */
function luckOf(samples: number, chance: Chance): number {
  const sigma = samples === 0 ? statedSigma : Math.hypot(driftSigma, 1 / Math.sqrt(samples));
  return Math.exp(sigma * drawNormal(chance));
}

/** The share of its lanes that a run has, between none of the throttling that is usual and much more of it. */
function weatherOf({ throttledShare, throttledTo }: Rates, chance: Chance): number {
  const share = Math.min(1, throttledShare * Math.exp(weatherSigma * drawNormal(chance)));
  return 1 - share * (1 - throttledTo);
}

/** What looks at those who follow leave for copies. */
function lanesOf({ rates, followers, followEveryMs }: EstateAhead): Lanes {
  const days = followEveryMs / dayMs;
  const { fixedMs, msPerItem, msPerByte } = rates.follow;
  const lookMs = fixedMs + days * (msPerItem * rates.newItemsPerDay + msPerByte * rates.newBytesPerDay);
  const looking = (followers * lookMs) / followEveryMs;
  const copies = Math.max(rates.atOnce - looking, rates.atOnce * leastShare, 1);
  return { copies: Math.round(copies), switches: Math.max(1, Math.floor(rates.atOnce / connectionsFor.switch)) };
}

/** How long the copies of a wave take on so many lanes, failed passes included. */
function copyOf(
  bulks: readonly Bulk[],
  { copy, retryShare }: Rates,
  luck: number,
  lanes: number,
  chance: Chance,
): number {
  let [pieces, work, longest] = [0, 0, 0];
  for (const { mailboxes, items, bytes } of bulks) {
    if (mailboxes === 0) continue;
    const usualMs = copy.fixedMs + (copy.msPerItem * items + copy.msPerByte * bytes) / mailboxes;
    pieces += mailboxes;
    work += sumOf(mailboxes, usualMs, copy, chance);
    longest = Math.max(longest, longestOf(mailboxes, usualMs, copy, chance));
  }
  // A pass that fails has done half of its work on average, and is done again.
  return luck * onLanes(pieces, work * (1 + retryShare / 2), longest, copy, lanes, chance);
}

/**
 * How long so many lanes take over it, each taking the next piece when it is free. When the last has been taken the others have
 * ended, and what remains is the end of the longest that is under way: of those that one meets under way the long ones are many.
 */
function onLanes(
  pieces: number,
  work: number,
  longest: number,
  { sigma }: WorkRate,
  lanes: number,
  chance: Chance,
): number {
  if (pieces <= lanes) return longest;
  const meanMs = work / pieces;
  const last = metHalfway * Math.exp(sigma * drawLargest(chance, Math.round(lanes)) + sigma ** 2 / 2);
  const usual = Math.exp(sigma ** 2) / 2;
  return Math.max(work / lanes + meanMs * Math.max(0, last - usual), longest);
}

/** How much of the longest piece under way is still to be done, at a time that was chosen without regard to it. */
const metHalfway = 0.6;

/** The sum of so many pieces of work: log-normal like each of them, and the narrower the more there are. */
function sumOf(pieces: number, meanMs: number, { sigma }: WorkRate, chance: Chance): number {
  const variance = Math.log1p(Math.expm1(sigma ** 2) / pieces);
  return pieces * meanMs * Math.exp(Math.sqrt(variance) * drawNormal(chance) - variance / 2);
}

function longestOf(pieces: number, meanMs: number, { sigma }: WorkRate, chance: Chance): number {
  return meanMs * Math.exp(sigma * drawLargest(chance, pieces) - sigma ** 2 / 2);
}

function switchOf(wave: WaveAhead, rates: Rates, luck: number, lanes: number, chance: Chance): number {
  const mailboxes = mailboxesIn(wave.toCopy) + wave.following;
  if (mailboxes === 0) return 0;
  const { switch: turn } = rates;
  const work = sumOf(mailboxes, turn.fixedMs, turn, chance) * (1 + rates.retryShare);
  return luck * onLanes(mailboxes, work, longestOf(mailboxes, turn.fixedMs, turn, chance), turn, lanes, chance);
}

interface Times {
  readonly begins: number;
  readonly copied: number;
  readonly copyMs: number;
  readonly switchMs: number;
}

/** Who is copied when the window closes, and has had time to switch in it, makes it; the others are told by what kept them. */
function switched(
  wave: WaveAhead,
  { begins, copied, copyMs, switchMs }: Times,
  rates: Rates,
  now: number,
): { readonly played: WavePlayed; readonly late: Late } {
  const { opensAt, closesAt } = wave.window;
  const left = leftIn(wave);
  const toCopy = mailboxesIn(wave.toCopy);
  const opens = Math.max(opensAt, now);
  const hasMs = Math.max(0, closesAt - opens);
  const copiedShare = toCopy === 0 || copied <= closesAt ? 1 : Math.max(0, (closesAt - begins) / (copied - begins));
  const switchShare = switchMs <= hasMs ? 1 : hasMs / switchMs;
  // Of those who are blocked, or will be, whoever somebody has not seen to when the window closes.
  const notMended = Math.exp(-Math.max(0, closesAt - now) / (rates.mendHours * hourMs));
  const stuck = (wave.blocked + toCopy * rates.blockedShare) * notMended;
  const ready = wave.following + toCopy * copiedShare + wave.blocked - stuck;
  // In a window that is over nobody makes it, however few they are.
  const make = closesAt <= now ? 0 : Math.max(0, Math.min(ready / left, switchShare));
  const missed = Math.max(0, 1 - make);
  const last = Math.max(opens + switchMs, toCopy === 0 ? opens : copied + Math.min(switchMs, rates.switch.fixedMs));
  const finish = make > 0 ? Math.min(last, closesAt) : null;
  const uncopied = Math.min(missed * left, toCopy * (1 - copiedShare));
  const blocked = Math.min(missed * left - uncopied, stuck);
  const late = { uncopied, copied, blocked, ready: missed * left - uncopied - blocked };
  return { played: { copied, copyMs, switchMs, finish, missed }, late };
}
