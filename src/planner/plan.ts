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
import { grantDaysOf } from '#planning/grant-days.ts';
import type { Placement, PlanningOrder, PlanningWatcher } from '#planning/placement.ts';
import { sweeps, sweepsMost, wander } from './polish.ts';
import { replanned } from './replan.ts';
import { seatAll } from './seat-all.ts';
import { nowhere, Seating } from './seating.ts';
import { searchScale, settle } from './settle.ts';
import { type Setting, settingOf, sizesOf } from './setting.ts';

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
    order.before === null ? await bestOf(setting, chance, watcher) : await replanned(setting, chance, watcher, bestOf);
  let cutShort = 0;
  for (const mailbox of best.cutShort) if (best.window[mailbox] === nowhere) cutShort++;
  return { window: best.window, grantDays: grantDaysOf(order, best.day), cutShort };
}

/** Attempts differ in how dear it is to hold up those that go last: now the one finds more, now the other. */
const lures = [0.5, 0, 0.1] as const;

/** Makes as many plans as the effort is worth, and answers the best: the fewest left out, then the fewest grant-days. */
async function bestOf(setting: Setting, chance: Chance, watcher: PlanningWatcher): Promise<Seating> {
  let best: {
    readonly seating: Seating;
    readonly without: number;
    readonly grantDays: number;
    readonly finish: number;
  } | null = null;
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
    const finish = seating.used.findLastIndex((mailboxes) => mailboxes > 0);
    const isBetter =
      best === null || (without - best.without || grantDays - best.grantDays || finish - best.finish) < 0;
    if (isBetter) best = { seating, without, grantDays, finish };
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
  seatLeftovers(seating, searchScale(setting.order));
  await sweeps(seating, sweepsMost, chance, (share) => told('improving', parts.arrange + 0.04 + 0.06 * share));
  if (effort.proposals > 0) {
    const from = parts.arrange + parts.sweep;
    const wandering = { proposals: effort.proposals, hottest: setting.bond / 4, coldest: setting.bond / 60 };
    await wander(seating, wandering, chance, (share) => told('improving', from + parts.wander * share));
    await sweeps(seating, 2, chance, () => told('improving', 1));
  }
  settle(setting, seating);
  return seating;
}
