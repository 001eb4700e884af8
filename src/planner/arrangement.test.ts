import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Chance } from '#lib/chance.ts';
import { Arrangement, noiseOf, type Units } from './arrangement.ts';
import { last, person } from './conditions.ts';
import type { Columns } from './crowding.ts';
import { contracted, type Network } from './network.ts';

const days = [0, 1, 2, 3, 4, 7, 8, 9];
const organisations = 2;

interface Drawn {
  readonly edges: readonly (readonly [number, number, number])[];
  readonly homes: readonly number[];
  readonly places: readonly number[];
  readonly shut: readonly number[];
}

/** Four groups of people in each organisation, and one that goes last, behind them. */
const drawn: fc.Arbitrary<Drawn> = fc.record({
  edges: fc.array(fc.tuple(fc.nat(9), fc.nat(9), fc.integer({ min: 1, max: 9 })), { maxLength: 20 }),
  homes: fc.constant([0, 0, 0, 0, 0, 1, 1, 1, 1, 1]),
  places: fc.array(fc.integer({ min: 0, max: days.length - 2 }), { minLength: 10, maxLength: 10 }),
  shut: fc.array(fc.nat(days.length - 1), { maxLength: 2 }),
});

const isLast = (unit: number): boolean => unit % 5 === 4;

function networkFrom(edges: Drawn['edges']): Network {
  const pairs = edges.filter(([a, b]) => a !== b).flatMap(([a, b, by]) => [[a, b, by] as const, [b, a, by] as const]);
  const sorted = pairs.toSorted(([a], [b]) => a - b);
  const start = Int32Array.from({ length: 11 }, (_, node) => sorted.filter(([a]) => a < node).length);
  const all = {
    size: 10,
    start,
    neighbour: Int32Array.from(sorted, ([, b]) => b),
    weight: Float32Array.from(sorted, ([, , by]) => by),
  };
  // Each pair once.
  return contracted(
    all,
    Int32Array.from({ length: 10 }, (_, node) => node),
    10,
  );
}

function made({ edges, homes, places, shut }: Drawn): { readonly arrangement: Arrangement; readonly network: Network } {
  const network = networkFrom(edges);
  const units: Units = {
    network,
    mailboxes: new Float64Array(10).fill(1),
    bytes: new Float64Array(10),
    organisation: Int32Array.from(homes),
    role: Uint8Array.from(homes, (_, unit) => (isLast(unit) ? last : person)),
    from: new Int16Array(10),
    to: Int16Array.from(homes, (_, unit) => days.length - (isLast(unit) ? 1 : 2)),
    fixed: new Uint8Array(10),
  };
  const columns: Columns = {
    day: Float64Array.from(days),
    mailboxes: new Float64Array(days.length).fill(100),
    bytes: new Float64Array(days.length).fill(Number.POSITIVE_INFINITY),
    closed: [Uint8Array.from(days, (_, at) => Number(shut.includes(at) && at < days.length - 2 && at > 0)), null],
    firstUsual: 0,
  };
  const open = (unit: number, at: number): number => (columns.closed[homes[unit] as number]?.[at] === 1 ? 0 : at);
  const place = Int16Array.from(places, (at, unit) => (isLast(unit) ? days.length - 1 : open(unit, at)));
  return { arrangement: new Arrangement(units, columns, place, 0), network };
}

/** Σ weight × days apart, counted one by one. */
function costOf(network: Network, place: ArrayLike<number>): number {
  let sum = 0;
  for (let a = 0; a < network.size; a++)
    for (let at = network.start[a] as number; at < (network.start[a + 1] as number); at++)
      sum +=
        (network.weight[at] as number) *
        Math.abs(
          (days[place[a] as number] as number) - (days[place[network.neighbour[at] as number] as number] as number),
        );
  return sum / 2;
}

/** Where a unit and who follows it cost least, by trying everything. */
function leastOf({ arrangement, network }: ReturnType<typeof made>, unit: number): number {
  const { units, columns, place } = arrangement;
  const home = units.organisation[unit] as number;
  const isOpen = (at: number): boolean => columns.closed[home]?.[at] !== 1;
  const group = [0, 1, 2, 3].map((each) => home * 5 + each);
  const follower = home * 5 + 4;
  let least = Number.POSITIVE_INFINITY;
  for (let at = 0; at < days.length; at++) {
    if (!isOpen(at) || at < (units.from[unit] as number) || at > (units.to[unit] as number)) continue;
    const tried = Int16Array.from(place);
    tried[unit] = at;
    if (isLast(unit)) {
      if (at > Math.max(...group.map((each) => place[each] as number))) least = Math.min(least, costOf(network, tried));
      continue;
    }
    for (let behind = Math.max(...group.map((each) => tried[each] as number)) + 1; behind < days.length; behind++) {
      if (!isOpen(behind)) continue;
      tried[follower] = behind;
      least = Math.min(least, costOf(network, tried));
    }
  }
  return least;
}

test('in the cold a group goes where it and who follows it cost least, after whatever moves', () => {
  fc.assert(
    fc.property(drawn, fc.array(fc.nat(9), { minLength: 1, maxLength: 12 }), fc.integer(), (from, moves, seed) => {
      const chance = new Chance(seed);
      const noise = noiseOf(chance);
      const now = made(from);
      for (const unit of moves) {
        const least = leastOf(now, unit);
        const to = now.arrangement.draw(unit, 1e-9, noise, chance);
        if (to !== now.arrangement.place[unit]) now.arrangement.move(unit, to);
        // Who follows goes to the middle of its bonds or the first window behind: of those that are open, one that costs least unless others stand between.
        const cost = costOf(now.network, now.arrangement.place);
        if (isLast(unit)) expect(cost).toBe(least);
        else expect(cost).toBeGreaterThanOrEqual(least);
        for (const home of [0, 1].slice(0, organisations)) {
          const people = [0, 1, 2, 3].map((each) => now.arrangement.place[home * 5 + each] as number);
          expect(now.arrangement.place[home * 5 + 4]).toBeGreaterThan(Math.max(...people));
        }
      }
    }),
    { numRuns: 500 },
  );
});
