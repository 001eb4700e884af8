/** Which mailboxes hang together by grants, however far around: the connected components of a network. */

import type { Network } from './network.ts';

export interface Islands {
  /** The component of each node, from 0 on. */
  readonly islandOf: Int32Array;
  /** Nodes in each. */
  readonly size: Int32Array;
}

export function islandsOf({ size: nodes, start, neighbour }: Network): Islands {
  const islandOf = new Int32Array(nodes).fill(-1);
  const sizes: number[] = [];
  const waiting = new Int32Array(nodes);
  for (let first = 0; first < nodes; first++) {
    if (islandOf[first] !== -1) continue;
    const island = sizes.length;
    islandOf[first] = island;
    waiting[0] = first;
    let end = 1;
    for (let done = 0; done < end; done++) {
      const node = waiting[done] as number;
      for (let at = start[node] as number; at < (start[node + 1] as number); at++) {
        const other = neighbour[at] as number;
        if (islandOf[other] !== -1) continue;
        islandOf[other] = island;
        waiting[end++] = other;
      }
    }
    sizes.push(end);
  }
  return { islandOf, size: Int32Array.from(sizes) };
}
