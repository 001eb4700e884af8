/**
 * Cools an arrangement down (simulated annealing: Kirkpatrick, Gelatt and Vecchi 1983): at first a group goes nearly anywhere, at the
 * end nearly always where it costs least. Full windows become dearer meanwhile, so that it first finds who belongs together and
 * then makes room.
 */

import type { Chance } from '#lib/chance.ts';
import { type Arrangement, noiseOf } from './arrangement.ts';
import { shuffled } from './groups.ts';

export interface Schedule {
  /** Times that every group is looked at. */
  readonly rounds: number;
  /** Heat at the beginning and at the end, in grant-days. */
  readonly hottest: number;
  readonly coldest: number;
  /** What a mailbox too many in a window costs, in grant-days, at the beginning and at the end; and how that rises. */
  readonly cheapest: number;
  readonly dearest: number;
  readonly curve: number;
  /** What each of the late pays of the wait of those that go last, at the beginning; nothing at the end. */
  readonly lure: number;
}

/** Groups that lie together in memory are looked at together. */
const blockUnits = 32;

/** `told` hears after each round how much of the schedule is done, and is waited for. */
export async function anneal(
  arrangement: Arrangement,
  schedule: Schedule,
  chance: Chance,
  told: (share: number) => void | Promise<void>,
): Promise<void> {
  const { rounds, hottest, coldest, cheapest, dearest, curve, lure } = schedule;
  const { crowding, place, units } = arrangement;
  const noise = noiseOf(chance);
  const count = units.network.size;
  crowding.curve = curve;
  for (let round = 0; round < rounds; round++) {
    const share = rounds === 1 ? 1 : round / (rounds - 1);
    const heat = hottest * (coldest / hottest) ** share;
    arrangement.lure = lure * (1 - share);
    crowding.price = cheapest * (dearest / cheapest) ** share;
    for (const block of shuffled(Math.ceil(count / blockUnits), chance)) {
      const end = Math.min(count, (block + 1) * blockUnits);
      for (let unit = block * blockUnits; unit < end; unit++) {
        if (units.fixed[unit] === 1) continue;
        const to = arrangement.draw(unit, heat, noise, chance);
        if (to !== place[unit]) arrangement.move(unit, to);
      }
    }
    await told((round + 1) / rounds);
  }
}
