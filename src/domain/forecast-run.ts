/** A programme played once, in bulk: copies one wave after the other in the order of the windows, switches in their windows first. */

import type { Chance } from '#lib/chance.ts';
import { type Bulk, type EstateAhead, leftIn, mailboxesIn, type WaveAhead } from './estate-ahead.ts';
import { drawLargest, drawNormal } from './normal.ts';
import type { Rates, WorkRate } from './rates.ts';

/** Mailboxes that are worked on at one time. */
export interface Lanes {
  readonly copies: number;
  /** A switch carries with one connection and compares with another (`wave-outlook.ts`). */
  readonly switches: number;
}

export interface WavePlayed {
  readonly copied: number;
  /** How long its copying took once it had begun. */
  readonly copyMs: number;
  readonly switchMs: number;
  /** When the last who made it had switched; null where nobody did. */
  readonly finish: number | null;
  /** The share that did not make it. */
  readonly missed: number;
}

const dayMs = 24 * 3_600_000;
const hourMs = 3_600_000;
/** How far what others have published may lie from what is true here: two of three within a factor of 1.8. */
const statedSigma = 0.6;
/** What stands in the rates was true lately, and next month differs by this much. */
const driftSigma = 0.1;
/** How far the weather of a run may lie from the usual. */
const weatherSigma = 0.7;
/** However much is followed, so much is left for what is new. */
const leastShare = 0.3;

export function playOnce(
  estate: EstateAhead,
  chance: Chance,
): { readonly lanes: Lanes; readonly waves: readonly WavePlayed[] } {
  const { rates, waves, now } = estate;
  const luck = luckOf(rates, chance);
  const lanes = lanesOf(estate);
  const weather = weatherOf(rates, chance);
  const copying = Math.max(1, lanes.copies * weather);
  const switching = Math.max(1, lanes.switches * weather);
  const switches = waves.map((wave) => switchOf(wave, rates, luck, switching, chance));
  let free = now;
  let bytes = 0;
  let nextSwitch = 0;
  /** Who switches meanwhile comes first, and copies wait. */
  const pastSwitches = (from: number, until: number): number => {
    let end = until;
    for (; nextSwitch < waves.length; nextSwitch++) {
      const { opensAt } = (waves[nextSwitch] as WaveAhead).window;
      if (opensAt >= end) break;
      if (opensAt >= from) end += switches[nextSwitch] as number;
    }
    return end;
  };
  const played = waves.map((wave, i): WavePlayed => {
    const begins = Math.max(free, wave.state === 'planned' ? wave.window.opensAt - estate.aheadMs : now, now);
    const workMs = copyOf(wave.toCopy, rates, luck, copying, chance);
    bytes += wave.toCopy.reduce((sum, bulk) => sum + bulk.bytes, 0);
    let copied = workMs === 0 ? now : pastSwitches(begins, begins + workMs);
    // However many work on it, no more octets go than were agreed.
    if (workMs > 0) copied = Math.max(copied, timeForBytes(estate, bytes, copied));
    if (workMs > 0) free = copied;
    return switched(wave, { begins, copied, copyMs: workMs, switchMs: switches[i] as number }, rates, now);
  });
  return { lanes, waves: played };
}

/** One factor for all work of a run: nobody knows the rates, least of all where they are others'. */
function luckOf({ origin, samples }: Rates, chance: Chance): number {
  const sigma = origin === 'stated' ? statedSigma : Math.hypot(driftSigma, 1 / Math.sqrt(Math.max(1, samples)));
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
  return { copies: Math.round(copies), switches: Math.max(1, Math.floor(rates.atOnce / 2)) };
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

/** The first moment by which so many octets may have been asked for; told by the hour. */
function timeForBytes({ now, bytesUntil }: EstateAhead, bytes: number, from: number): number {
  const limit = bytesUntil(from);
  if (limit === null || limit >= bytes) return from;
  for (let at = from, step = hourMs; ; at += step, step = Math.min(step * 2, 7 * dayMs)) {
    const by = bytesUntil(at + step);
    if (by === null || by >= bytes) return at + step;
    // A platform that may be asked for nothing is no forecast of ours.
    if (at - now > 10 * 365 * dayMs) return at;
  }
}

interface Times {
  readonly begins: number;
  readonly copied: number;
  readonly copyMs: number;
  readonly switchMs: number;
}

/** Who is copied when the window closes, and has had time to switch in it, makes it. */
function switched(wave: WaveAhead, { begins, copied, copyMs, switchMs }: Times, rates: Rates, now: number): WavePlayed {
  const { opensAt, closesAt } = wave.window;
  const left = leftIn(wave);
  const toCopy = mailboxesIn(wave.toCopy);
  const opens = Math.max(opensAt, now);
  const copiedShare = toCopy === 0 || copied <= closesAt ? 1 : Math.max(0, (closesAt - begins) / (copied - begins));
  const switchShare = switchMs <= closesAt - opens ? 1 : (closesAt - opens) / switchMs;
  // Of those who are blocked, or will be, whoever somebody has not seen to when the window closes.
  const notMended = Math.exp(-(closesAt - now) / (rates.mendHours * hourMs));
  const stuck = (wave.blocked + toCopy * rates.blockedShare) * notMended;
  const make = Math.max(
    0,
    Math.min((wave.following + toCopy * copiedShare + wave.blocked - stuck) / left, switchShare),
  );
  const last = Math.max(opens + switchMs, toCopy === 0 ? opens : copied + Math.min(switchMs, rates.switch.fixedMs));
  return {
    copied,
    copyMs,
    switchMs,
    finish: make > 0 ? Math.min(last, closesAt) : null,
    missed: Math.max(0, 1 - make),
  };
}
