/** The weather over the programme, hour by hour: made once from the seed, and the same whatever is done under it. */

import type { SideName } from '#domain/platform.ts';
import { overlap, type Window } from '#domain/window.ts';
import { Chance } from '#lib/chance.ts';
import { draw, lots } from './draws.ts';
import type { Outage, Weather } from './weather.ts';

export interface SideWeather {
  /** Nobody can sign in. */
  readonly isOut: boolean;
  /** The share of what was agreed that it bears. */
  readonly bears: number;
}

export class Sky {
  readonly #weather: Weather;
  readonly #seed: number;
  /** Those of throttling, in order, and never one in another. */
  readonly #spells: readonly Window[];

  constructor(weather: Weather, seed: number, within: Window) {
    this.#weather = weather;
    this.#seed = seed;
    this.#spells = spellsOf(weather, seed, within);
  }

  /** The moments at which it changes. */
  changes(): readonly number[] {
    const moments = [
      ...this.#spells.flatMap(({ opensAt, closesAt }) => [opensAt, closesAt]),
      ...this.#weather.outages.flatMap(({ from, until }) => [from, until]),
    ];
    return [...new Set(moments)].toSorted((a, b) => a - b);
  }

  /** How it is for a side at a moment. */
  over(side: SideName, at: number): SideWeather {
    const { outages, throttling } = this.#weather;
    const isIn = ({ opensAt, closesAt }: Window): boolean => opensAt <= at && at < closesAt;
    return {
      isOut: outages.some((outage) => outage.side === side && outage.from <= at && at < outage.until),
      bears: side === throttling.side && this.#spells.some(isIn) ? throttling.to : 1,
    };
  }

  isSlow(window: number): boolean {
    return draw(this.#seed, window, lots.isSlow) < this.#weather.slow.share;
  }

  /** For how long of a window nobody could sign in on one side or the other. */
  outageMs(window: Window): number {
    return msWithin(together(this.#weather.outages), window);
  }

  throttledMs(window: Window): number {
    return msWithin(this.#spells, window);
  }
}

/** On and off by turns, each as long as it happens to be. */
function spellsOf({ throttling }: Weather, seed: number, { opensAt, closesAt }: Window): readonly Window[] {
  const { share, spellMs } = throttling;
  if (share <= 0) return [];
  if (share >= 1) return [{ opensAt, closesAt }];
  const chance = new Chance(seed);
  const wait = (meanMs: number): number =>
    Math.max(1_000, Math.round(-Math.log(1 - chance.bits() / 0x1_0000_0000) * meanMs));
  const calmMs = (spellMs * (1 - share)) / share;
  const spells: Window[] = [];
  for (let at = opensAt + wait(calmMs); at < closesAt; ) {
    const end = at + wait(spellMs);
    spells.push({ opensAt: at, closesAt: end });
    at = end + wait(calmMs);
  }
  return spells;
}

/** Outages of both sides as one, where they overlap. */
function together(outages: readonly Outage[]): readonly Window[] {
  const merged: Window[] = [];
  for (const { from, until } of outages.toSorted((a, b) => a.from - b.from)) {
    const last = merged.at(-1);
    if (last && from <= last.closesAt)
      merged[merged.length - 1] = { opensAt: last.opensAt, closesAt: Math.max(last.closesAt, until) };
    else merged.push({ opensAt: from, closesAt: until });
  }
  return merged;
}

function msWithin(spans: readonly Window[], window: Window): number {
  return spans
    .filter((span) => overlap(span, window))
    .reduce((sum, each) => sum + Math.min(each.closesAt, window.closesAt) - Math.max(each.opensAt, window.opensAt), 0);
}
