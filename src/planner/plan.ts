/**
 * Plans who moves when. First who has to travel together is found, as groups of groups; then whole organisations are arranged along the
 * calendar, and after them what they consist of; then everybody is seated by the rules, and the plan improved one mailbox at a time.
 * `docs/planning-algorithm.md` tells what it was made from.
 */

import { Chance } from '#lib/chance.ts';
import { anneal } from './anneal.ts';
import { Arrangement } from './arrangement.ts';
import { beginning, broughtDown } from './begin.ts';
import { conditionsOf } from './conditions.ts';
import { type Effort, effortFor } from './effort.ts';
import { hierarchyOf, type Level } from './hierarchy.ts';
import { seatLater } from './later.ts';
import { seatLeftovers } from './leftovers.ts';
import { networkOf } from './network.ts';
import { fillPilot } from './pilot.ts';
import { grantDaysOf } from '#planning/grant-days.ts';
import type { Placement, PlanningOrder, PlanningWatcher } from '#planning/placement.ts';
import { sweep, wander } from './polish.ts';
import { seatAll, seatAsBefore } from './seat-all.ts';
import { noDay, nowhere, Seating } from './seating.ts';
import { type Setting, settingOf, sizesOf } from './setting.ts';
import { endEarly } from './end-early.ts';
import { grantLast } from './grant-last.ts';

/** Shares of the effort by which progress is told: how much each part takes. */
const parts = { arrange: 0.75, sweep: 0.1, wander: 0.15 } as const;

/** Answers with a window for everybody who can have one. The same order has the same answer. */
export async function plan(order: PlanningOrder, watcher: PlanningWatcher): Promise<Placement> {
  const conditions = conditionsOf(order);
  await watcher.progress('reading the network', 0, null);
  const network = networkOf(order);
  const chance = new Chance(order.seed);
  const setting = settingOf(order, conditions, network);
  const best =
    order.before === null ? await bestOf(setting, chance, watcher) : await replanned(setting, chance, watcher);
  return { window: best.window, grantDays: grantDaysOf(order, best.day) };
}

/** Attempts differ in how dear it is to hold up those that go last: now the one finds more, now the other. */
const lures = [0.5, 0, 0.1] as const;

/** Makes as many plans as the effort is worth, and answers the best: the fewest left out, then the fewest grant-days. */
async function bestOf(setting: Setting, chance: Chance, watcher: PlanningWatcher): Promise<Seating> {
  let best: { readonly seating: Seating; readonly without: number; readonly grantDays: number } | null = null;
  for (let attempt = 0, attempts = 1; attempt < attempts; attempt++) {
    const told = (step: string, share: number): void | Promise<void> =>
      watcher.progress(step, (attempt + share) / attempts, best?.grantDays ?? null);
    await told('finding who works together', 0);
    const levels = hierarchyOf({ ...setting, later: setting.later.waits, sizes: sizesOf(setting) }, chance.fork());
    const groups = levels.map(({ units }) => units.network.size);
    const effort = effortFor(setting.order.effortSeconds, setting.conditions.size, groups);
    attempts = effort.attempts;
    const lure = lures[attempt % lures.length] as number;
    const place = await arranged(setting, levels, { ...effort, lure }, chance.fork(), told);
    const seating = await seated(setting, levels[0] as Level, place, effort, chance.fork(), told);
    const without = seating.window.reduce((sum, window) => sum + (window === nowhere ? 1 : 0), 0);
    const grantDays = seating.grantDays();
    if (best && (without > best.without || (without === best.without && grantDays >= best.grantDays))) continue;
    best = { seating, without, grantDays };
  }
  return (best as { readonly seating: Seating }).seating;
}

/** The columns of the finest groups. */
async function arranged(
  { columns, bond }: Setting,
  levels: readonly Level[],
  effort: Effort & { readonly lure: number },
  chance: Chance,
  told: (step: string, share: number) => void | Promise<void>,
): Promise<Int16Array> {
  const { lure } = effort;
  const coarsest = levels[levels.length - 1] as Level;
  let place = beginning(coarsest.units, columns);
  const tilt = bond * tiltShare;
  for (let at = levels.length - 1; at >= 0; at--) {
    const { units } = levels[at] as Level;
    const isCoarsest = at === levels.length - 1;
    if (!isCoarsest) place = broughtDown(units, (levels[at + 1] as Level).unitOf, place, columns);
    const heat = units.network.weight.reduce((sum, weight) => sum + weight, 0) / Math.max(1, units.network.size);
    const schedule = isCoarsest
      ? {
          rounds: effort.coarse,
          hottest: 5 * heat,
          coldest: 0.05 * heat,
          cheapest: 0.2 * bond,
          dearest: 4 * bond,
          curve: 0,
          lure,
        }
      : {
          rounds: effort.fine,
          hottest: 0.1 * heat,
          coldest: 0.05 * heat,
          cheapest: 2 * bond,
          dearest: 2 * bond,
          curve: 5,
          lure: 0,
        };
    const arrangement = new Arrangement(units, columns, place, tilt);
    const from = isCoarsest ? 0 : 0.6 + (0.15 * (levels.length - 2 - at)) / Math.max(1, levels.length - 1);
    const part = isCoarsest ? 0.6 : 0.15 / Math.max(1, levels.length - 1);
    await anneal(arrangement, schedule, chance, (share) => told('arranging organisations', from + part * share));
    place = arrangement.place;
  }
  return place;
}

/** So much of a mailbox's bonds pulls it to an earlier day: too little to part anybody, enough that nobody waits for nothing. */
const tiltShare = 0.0003;

/** A plan that keeps every rule, from where the finest groups are drawn to. */
async function seated(
  setting: Setting,
  finest: Level,
  place: Int16Array,
  effort: Effort,
  chance: Chance,
  told: (step: string, share: number) => void | Promise<void>,
): Promise<Seating> {
  const seating = new Seating(setting.conditions, setting.network, null);
  seatAll(
    seating,
    setting.later.waits,
    (mailbox) => (place[finest.unitOf[mailbox] as number] as number) - setting.past.columns,
  );
  await told('seating everybody', parts.arrange);
  await sweeps(seating, 2, chance, (share) => told('improving', parts.arrange + 0.04 * share));
  seatLater(seating, setting.later.circles);
  seatLeftovers(seating);
  await sweeps(seating, sweepsMost, chance, (share) => told('improving', parts.arrange + 0.04 + 0.06 * share));
  if (effort.proposals > 0) {
    const from = parts.arrange + parts.sweep;
    const wandering = { proposals: effort.proposals, hottest: setting.bond / 4, coldest: setting.bond / 60 };
    await wander(seating, wandering, chance, (share) => told('improving', from + parts.wander * share));
    await sweeps(seating, 2, chance, () => told('improving', 1));
  }
  finish(setting, seating);
  return seating;
}

/** Wishes and what costs nothing. */
function finish({ order, later }: Setting, seating: Seating): void {
  grantLast(seating, order.wishLast);
  seatLeftovers(seating);
  fillPilot(seating, later, pilotWishes(order));
  endEarly(seating);
  // Whoever went to the pilot, or to an earlier window, has left room behind.
  seatLeftovers(seating);
}

/** Who hopes to be in the pilot: `wave_hint` says so. */
function pilotWishes({ roster }: PlanningOrder): Uint8Array | null {
  const pilot = roster.hints.findIndex((hint) => hint.toLowerCase() === 'pilot');
  return pilot < 0 ? null : Uint8Array.from(roster.waveHint, (hint) => (hint === pilot ? 1 : 0));
}

/** Times that everybody is looked at alone, at most. */
const sweepsMost = 6;

/** A sweep that gains less than this share of all is the last. */
const worthASweep = 0.0005;

async function sweeps(
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

/** A plan that changes little in the one before: who has a window keeps it, but where that costs much. */
async function replanned(setting: Setting, chance: Chance, watcher: PlanningWatcher): Promise<Seating> {
  const { order, conditions, network } = setting;
  const before = order.before as Int32Array;
  const days = Int32Array.from(before, (window) => (window < 0 ? noDay : (conditions.day[window] as number)));
  const seating = new Seating(conditions, network, days);
  await watcher.progress('seating as before', 0.1, null);
  seatAsBefore(seating, before);
  const without = (mailbox: number): boolean => seating.window[mailbox] === nowhere;
  const circles = setting.later.circles.map((circle) => circle.filter(without)).filter(({ length }) => length > 0);
  seatLater(seating, circles);
  seatLeftovers(seating);
  await sweeps(seating, 8, chance, (share) => watcher.progress('improving', 0.2 + 0.8 * share, null));
  grantLast(seating, order.wishLast);
  seatLeftovers(seating);
  if (seating.used[0] === 0) fillPilot(seating, setting.later, pilotWishes(order));
  return seating;
}
