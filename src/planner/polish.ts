/**
 * Improves a plan that keeps every rule, one mailbox at a time: to a window with room, or in exchange with somebody there. Whoever goes
 * last makes way for a person who moves later, where that pays for both.
 */

import type { Chance } from '#lib/chance.ts';
import { person } from './conditions.ts';
import { shuffled } from './groups.ts';
import { makeWay } from './seat.ts';
import { nowhere, type Seating } from './seating.ts';

/** Mailboxes that lie together in memory are looked at together. */
const blockMailboxes = 256;
/** Of a full window so many are asked whether they would change places. */
const askedInFull = 6;
/** Less is not worth a change. */
const leastGain = 1e-6;

/** Looks at everybody once and does what is better; answers how much was gained, in grant-days. */
export async function sweep(
  seating: Seating,
  chance: Chance,
  told: (share: number) => void | Promise<void>,
): Promise<number> {
  const { network, window } = seating;
  const { start } = network;
  const width = seating.conditions.windows.length;
  const look = { seen: new Int32Array(width).fill(-1), found: new Int32Array(width) };
  const blocks = Math.ceil(network.size / blockMailboxes);
  let gained = 0;
  let done = 0;
  for (const block of shuffled(blocks, chance)) {
    const end = Math.min(network.size, (block + 1) * blockMailboxes);
    for (let mailbox = block * blockMailboxes; mailbox < end; mailbox++)
      if (window[mailbox] !== nowhere && start[mailbox] !== start[mailbox + 1])
        gained += improve(seating, mailbox, look, chance);
    if (++done % 256 === 0) await told(done / blocks);
  }
  return gained;
}

/** Times that everybody is looked at alone, at most. */
export const sweepsMost = 6;

/** A sweep that gains less than this share of all is the last. */
const worthASweep = 0.0005;

export async function sweeps(
  seating: Seating,
  most: number,
  chance: Chance,
  told: (share: number) => void | Promise<void>,
): Promise<void> {
  const all = seating.grantDays();
  for (let done = 0; done < most; done++) {
    const gained = await sweep(seating, chance, (share) => told((done + share) / most));
    if (gained < worthASweep * all) return;
  }
}

interface Look {
  readonly seen: Int32Array;
  readonly found: Int32Array;
}

/** Moves one mailbox where that gains something; answers what. */
function improve(seating: Seating, mailbox: number, look: Look, chance: Chance): number {
  const { conditions, day } = seating;
  const now = seating.cost(mailbox, day[mailbox] as number);
  if (now === 0) return 0;
  const many = candidates(seating, mailbox, look);
  let [best, wanted, blocked] = [nowhere, nowhere, nowhere];
  let [least, leastWanted, leastBlocked] = [now - leastGain, now - leastGain, now - leastGain];
  for (let i = 0; i < many; i++) {
    const column = look.found[i] as number;
    const cost = seating.cost(mailbox, conditions.day[column] as number);
    if (cost >= leastWanted && cost >= least && cost >= leastBlocked) continue;
    if (!seating.isAllowed(mailbox, column)) {
      if (cost < leastBlocked) [blocked, leastBlocked] = [column, cost];
    } else if (!seating.hasRoom(mailbox, column)) {
      if (cost < leastWanted) [wanted, leastWanted] = [column, cost];
    } else if (cost < least) [best, least] = [column, cost];
  }
  const offer = best === nowhere ? 0 : now - least;
  if (wanted !== nowhere && now - leastWanted > offer) {
    const gain = exchange(seating, mailbox, wanted, now - leastWanted, offer, chance);
    if (gain > 0) return gain;
  }
  if (blocked !== nowhere && now - leastBlocked > offer && conditions.role[mailbox] === person) {
    const gain = makeWay(seating, mailbox, blocked, offer);
    if (gain !== null) return gain;
  }
  if (best === nowhere) return 0;
  seating.put(mailbox, best);
  return offer;
}

/** Writes the windows of its neighbours, and those beside them, into `found`; all windows where it has more neighbours than there are. */
function candidates({ network, window, conditions }: Seating, mailbox: number, { seen, found }: Look): number {
  const { start, neighbour } = network;
  const width = conditions.windows.length;
  const here = window[mailbox] as number;
  const [begin, end] = [start[mailbox] as number, start[mailbox + 1] as number];
  let many = 0;
  if (end - begin >= width) {
    for (let column = 0; column < width; column++) if (column !== here) found[many++] = column;
    return many;
  }
  seen.fill(-1);
  seen[here] = mailbox;
  for (let at = begin; at < end; at++) {
    const theirs = window[neighbour[at] as number] as number;
    if (theirs === nowhere) continue;
    for (let near = Math.max(0, theirs - 1); near <= Math.min(width - 1, theirs + 1); near++) {
      if (seen[near] === mailbox) continue;
      seen[near] = mailbox;
      found[many++] = near;
    }
  }
  return many;
}

/** Changes places with one of a full window where that gains more than `atLeast`; what it gained, or 0. */
function exchange(
  seating: Seating,
  mailbox: number,
  to: number,
  gain: number,
  atLeast: number,
  chance: Chance,
): number {
  const { window, conditions, used } = seating;
  const here = window[mailbox] as number;
  const [dayHere, dayThere] = [conditions.day[here] as number, conditions.day[to] as number];
  const sitting = used[to] as number;
  let chosen = nowhere;
  let most = Math.max(leastGain, atLeast);
  for (let i = 0; i < askedInFull && sitting > 0; i++) {
    const other = seating.member(to, chance.below(sitting));
    if (!seating.isAllowed(other, here)) continue;
    const loss = seating.cost(other, dayHere) - seating.cost(other, dayThere);
    if (gain - loss <= most || areBound(seating, mailbox, other)) continue;
    chosen = other;
    most = gain - loss;
  }
  return chosen !== nowhere && swap(seating, mailbox, chosen) ? most : 0;
}

function areBound({ network: { start, neighbour } }: Seating, a: number, b: number): boolean {
  for (let at = start[a] as number; at < (start[a + 1] as number); at++) if (neighbour[at] === b) return true;
  return false;
}

/** Lets two change places; false, and all as before, where a rule forbids it. */
function swap(seating: Seating, a: number, b: number): boolean {
  const [ofA, ofB] = [seating.window[a] as number, seating.window[b] as number];
  seating.lift(a);
  seating.lift(b);
  if (seating.hasRoom(a, ofB) && seating.isAllowed(a, ofB)) {
    seating.put(a, ofB);
    if (seating.hasRoom(b, ofA) && seating.isAllowed(b, ofA)) {
      seating.put(b, ofA);
      return true;
    }
    seating.lift(a);
  }
  seating.put(a, ofA);
  seating.put(b, ofB);
  return false;
}

export interface Wandering {
  readonly proposals: number;
  /** Heat at the beginning and at the end, in grant-days. */
  readonly hottest: number;
  readonly coldest: number;
}

const proposalsTogether = 16_384;

/**
 * Proposals one after the other, each taken that is better, and now and then one that is worse, the rarer the cooler it is (Metropolis et
 * al. 1953): out of where a sweep is stuck.
 */
export async function wander(
  seating: Seating,
  { proposals, hottest, coldest }: Wandering,
  chance: Chance,
  told: (share: number) => void | Promise<void>,
): Promise<void> {
  const { network, window } = seating;
  const { start } = network;
  const bound = new Int32Array(network.size);
  let many = 0;
  for (let mailbox = 0; mailbox < network.size; mailbox++)
    if (window[mailbox] !== nowhere && start[mailbox] !== start[mailbox + 1]) bound[many++] = mailbox;
  if (many === 0) return;
  for (let done = 0; done < proposals; done += proposalsTogether) {
    const heat = hottest * (coldest / hottest) ** (done / proposals);
    for (let i = 0; i < proposalsTogether; i++) propose(seating, bound[chance.below(many)] as number, heat, chance);
    await told(Math.min(1, done / proposals));
  }
}

/** One proposal: to the window of somebody one works with, or beside it. */
function propose(seating: Seating, mailbox: number, heat: number, chance: Chance): void {
  const { network, window, conditions, used } = seating;
  const { start, neighbour } = network;
  const here = window[mailbox] as number;
  const first = start[mailbox] as number;
  const friend = neighbour[first + chance.below((start[mailbox + 1] as number) - first)] as number;
  let to = window[friend] as number;
  if (here === nowhere || to === nowhere) return;
  const turn = chance.below(8);
  if (turn < 2) to = Math.min(conditions.windows.length - 1, Math.max(0, to + (turn === 0 ? 1 : -1)));
  if (to === here || !seating.isAllowed(mailbox, to)) return;
  const [dayHere, dayThere] = [conditions.day[here] as number, conditions.day[to] as number];
  const gain = seating.cost(mailbox, dayHere) - seating.cost(mailbox, dayThere);
  if (seating.hasRoom(mailbox, to)) {
    if (isTaken(gain, heat, chance)) seating.put(mailbox, to);
    return;
  }
  const sitting = used[to] as number;
  if (sitting === 0) return;
  const other = seating.member(to, chance.below(sitting));
  if (!seating.isAllowed(other, here)) return;
  const both = gain - seating.cost(other, dayHere) + seating.cost(other, dayThere);
  if (isTaken(both, heat, chance) && !areBound(seating, mailbox, other)) swap(seating, mailbox, other);
}

function isTaken(gain: number, heat: number, chance: Chance): boolean {
  return gain >= 0 || chance.bits() / 0x1_0000_0000 < Math.exp(gain / heat);
}
