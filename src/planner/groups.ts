/**
 * Groups of those who work together, by label propagation with a bound on the size of a group (Raghavan, Albert and Kumara 2007; the
 * bound after Meyerhenke, Sanders and Schulz 2014): everybody joins, again and again, the group that most binds them, as long as
 * there is room in it. It is quick, needs no number of groups beforehand, and finds teams well.
 */

import type { Chance } from '#lib/chance.ts';
import type { Network } from './network.ts';

export interface Grouping {
  /** The group of each node, from 0 on; -1 for who was to stay out. */
  readonly groupOf: Int32Array;
  readonly groups: number;
}

export interface GroupingOrder {
  readonly network: Network;
  /** What a node adds to the size of its group. */
  readonly size: Float64Array;
  readonly sizeMost: number;
  /** Only nodes with the same number here become a group; null: all may. -1: a group of its own. */
  readonly within: Int32Array | null;
  /** 1 for nodes that belong to no group at all; null for none. */
  readonly out: Uint8Array | null;
  readonly rounds: number;
}

export function grouped(order: GroupingOrder, chance: Chance): Grouping {
  const { network, size, sizeMost, within, out, rounds } = order;
  const { start, neighbour, weight } = network;
  const label = Int32Array.from({ length: network.size }, (_, node) => node);
  const sizeOf = Float64Array.from(size);
  const pull = new Float64Array(network.size);
  const found = new Int32Array(network.size);
  // Who stands next to each other in the files mostly works together, and in memory they are close: so blocks in random order.
  const blocks = Math.ceil(network.size / blockNodes);
  for (let round = 0; round < rounds; round++) {
    let moved = 0;
    for (const block of shuffled(blocks, chance)) {
      const end = Math.min(network.size, (block + 1) * blockNodes);
      for (let node = block * blockNodes; node < end; node++) {
        if (out?.[node] === 1) continue;
        const mine = label[node] as number;
        const home = within ? (within[node] as number) : 0;
        if (home < 0) continue;
        const weighs = size[node] as number;
        let many = 0;
        for (let at = start[node] as number; at < (start[node + 1] as number); at++) {
          const other = neighbour[at] as number;
          if (out?.[other] === 1 || (within && within[other] !== home)) continue;
          const theirs = label[other] as number;
          if (pull[theirs] === 0) found[many++] = theirs;
          pull[theirs] = (pull[theirs] as number) + (weight[at] as number);
        }
        let best = mine;
        let most = pull[mine] as number;
        for (let i = 0; i < many; i++) {
          const theirs = found[i] as number;
          const pulls = pull[theirs] as number;
          if (theirs !== mine && pulls > most && (sizeOf[theirs] as number) + weighs <= sizeMost) {
            best = theirs;
            most = pulls;
          }
          pull[theirs] = 0;
        }
        if (best === mine) continue;
        label[node] = best;
        sizeOf[mine] = (sizeOf[mine] as number) - weighs;
        sizeOf[best] = (sizeOf[best] as number) + weighs;
        moved++;
      }
    }
    if (moved * 100 < network.size) break;
  }
  return numbered(label, out);
}

const blockNodes = 256;

function numbered(label: Int32Array, out: Uint8Array | null): Grouping {
  const number = new Int32Array(label.length).fill(-1);
  const groupOf = new Int32Array(label.length).fill(-1);
  let groups = 0;
  for (let node = 0; node < label.length; node++) {
    if (out?.[node] === 1) continue;
    const name = label[node] as number;
    if (number[name] === -1) number[name] = groups++;
    groupOf[node] = number[name] as number;
  }
  return { groupOf, groups };
}

/** The numbers from 0 to `count` - 1 in an order of chance (Fisher and Yates). */
export function shuffled(count: number, chance: Chance): Int32Array {
  const order = Int32Array.from({ length: count }, (_, i) => i);
  for (let i = count - 1; i > 0; i--) {
    const other = chance.below(i + 1);
    const held = order[i] as number;
    order[i] = order[other] as number;
    order[other] = held;
  }
  return order;
}
