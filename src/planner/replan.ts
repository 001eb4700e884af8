/** A plan that changes little in the one before: who has a window keeps it, but where that costs much. */

import type { Chance } from '#lib/chance.ts';
import type { PlanningOrder, PlanningWatcher } from '#planning/placement.ts';
import { conditionsOf, mayTake } from './conditions.ts';
import { proposalsIn } from './effort.ts';
import { seatLater } from './later.ts';
import { seatLeftovers } from './leftovers.ts';
import { sweeps, wander } from './polish.ts';
import { seatAsBefore } from './seat-all.ts';
import { noDay, nowhere, Seating } from './seating.ts';
import { type Setting, settingOf } from './setting.ts';
import { searchScale, settle } from './settle.ts';

/** Whoever arranges an estate of which nothing stands yet. */
type Afresh = (setting: Setting, chance: Chance, watcher: PlanningWatcher) => Promise<Seating>;

export async function replanned(
  setting: Setting,
  chance: Chance,
  watcher: PlanningWatcher,
  afresh: Afresh,
): Promise<Seating> {
  const { order, conditions, network } = setting;
  const before = order.before as Int32Array;
  const days = Int32Array.from(before, (window) => (window < 0 ? noDay : (conditions.day[window] as number)));
  const seating = new Seating(conditions, network, days);
  const isMostlyNew = isLessThanHalf(setting, before);
  await watcher.progress('seating as before', 0.1, null);
  const others = isMostlyNew ? await arrangedAround(setting, before, chance, watcher, afresh) : null;
  // Where somebody of a circle has a window the others go there; else it goes wherever there is room for all of it.
  const had = others === null ? before : before.map((window, mailbox) => Math.max(window, others[mailbox] as number));
  const circles = setting.later.circles.filter((circle) => circle.every((mailbox) => (had[mailbox] as number) < 0));
  const aside = new Uint8Array(conditions.size);
  for (const circle of circles) for (const mailbox of circle) aside[mailbox] = 1;
  seatAsBefore(seating, before, others, aside);
  seatLater(seating, circles);
  seatLeftovers(seating, searchScale(order));
  const from = isMostlyNew ? 0.9 : 0.2;
  const told = (share: number): void | Promise<void> => watcher.progress('improving', from + (1 - from) * share, null);
  await sweeps(seating, 8, chance, (share) => told(0.4 * share));
  if (!isMostlyNew) await wandered(setting, seating, chance, (share) => told(0.4 + 0.6 * share));
  settle(setting, seating, isMostlyNew);
  return seating;
}

/** Whether a plan gives a window to less than half of those who need one: who joins it is more than those who stand in it. */
function isLessThanHalf({ conditions: { settled } }: Setting, before: Int32Array): boolean {
  let [asked, planned] = [0, 0];
  for (let mailbox = 0; mailbox < settled.length; mailbox++) {
    if (settled[mailbox] === 1) continue;
    asked++;
    if ((before[mailbox] as number) >= 0) planned++;
  }
  return planned * 2 < asked;
}

/** Everybody else arranged as if nothing stood, around those who keep their windows. */
async function arrangedAround(
  { order, conditions, network }: Setting,
  before: Int32Array,
  chance: Chance,
  watcher: PlanningWatcher,
  afresh: Afresh,
): Promise<Int32Array> {
  const [notBefore, notAfter] = [order.roster.notBefore.slice(), order.roster.notAfter.slice()];
  for (const [mailbox, window] of before.entries()) {
    if (window < 0 || conditions.settled[mailbox] === 1 || !mayTake(conditions, mailbox, window)) continue;
    notBefore[mailbox] = notAfter[mailbox] = conditions.day[window] as number;
  }
  const pinned: PlanningOrder = { ...order, before: null, roster: { ...order.roster, notBefore, notAfter } };
  const around = await afresh(settingOf(pinned, conditionsOf(pinned), network), chance.fork(), {
    progress: (step, share, grantDays) => watcher.progress(step, 0.1 + 0.8 * share, grantDays),
  });
  return around.window;
}

/** What is left of the effort goes into proposals, of which one that tells somebody another day has that against it. */
async function wandered(
  { order, conditions, bond }: Setting,
  seating: Seating,
  chance: Chance,
  told: (share: number) => void | Promise<void>,
): Promise<void> {
  const proposals = proposalsIn(order.effortSeconds, conditions.size);
  if (proposals === 0) return;
  const were = seating.window.slice();
  const cost = seating.allCosts();
  await wander(seating, { proposals, hottest: bond / 4, coldest: bond / 60 }, chance, (share) => told(0.9 * share));
  await sweeps(seating, 4, chance, (share) => told(0.9 + 0.1 * share));
  if (seating.allCosts() < cost) return;
  for (let mailbox = 0; mailbox < were.length; mailbox++)
    if (seating.window[mailbox] !== nowhere && seating.window[mailbox] !== were[mailbox]) seating.lift(mailbox);
  for (const [mailbox, window] of were.entries())
    if (window !== nowhere && seating.window[mailbox] !== window) seating.put(mailbox, window);
}
