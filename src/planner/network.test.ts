import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Chance } from '#lib/chance.ts';
import { grouped } from './groups.ts';
import { islandsOf } from './islands.ts';
import { contracted, type Network, networkOf } from './network.ts';
import { crowded } from '#planning/crowded-plans.test-kit.ts';
import { orderOf } from '#planning/small-plans.test-kit.ts';

/** The weight between two nodes, as a table would have it. */
function between(network: Network, a: number, b: number): number {
  let sum = 0;
  for (let at = network.start[a] as number; at < (network.start[a + 1] as number); at++)
    if (network.neighbour[at] === b) sum += network.weight[at] as number;
  return sum;
}

test('two who have several grants are bound once, by the sum of their weights, from both sides', () => {
  const network = networkOf(
    orderOf({
      mailboxes: [{ address: 'a@x' }, { address: 'b@x' }, { address: 'c@x' }],
      grants: [
        ['a@x', 'b@x', 'full-access'],
        ['b@x', 'a@x', 'folder'],
        ['a@x', 'b@x', 'send-on-behalf'],
        ['c@x', 'c@x', 'full-access'],
      ],
    }),
  );
  expect(Array.from(network.start)).toEqual([0, 1, 2, 2]);
  expect([between(network, 0, 1), between(network, 1, 0)]).toEqual([9, 9]);
});

test('grants of who is held back bind nobody', () => {
  const order = orderOf({
    mailboxes: [{ address: 'a@x' }, { address: 'b@x' }],
    grants: [['a@x', 'b@x', 'folder']],
  });
  expect(networkOf({ ...order, excluded: Uint8Array.of(0, 1) }).neighbour).toHaveLength(0);
});

test('however they are grouped, groups are no larger than they may be, stay in their organisation, and weigh what was between them', () => {
  fc.assert(
    fc.property(crowded, fc.integer({ min: 1, max: 5 }), fc.integer(), (order, sizeMost, seed) => {
      const network = networkOf(order);
      const size = new Float64Array(network.size).fill(1);
      const within = order.roster.organisation;
      const { groupOf, groups } = grouped({ network, size, sizeMost, within, out: null, rounds: 4 }, new Chance(seed));
      const nodes = Array.from({ length: network.size }, (_, node) => node);
      for (let group = 0; group < groups; group++) {
        const members = nodes.filter((node) => groupOf[node] === group);
        expect(members.length).toBeLessThanOrEqual(sizeMost);
        expect(new Set(members.map((node) => within[node])).size).toBe(1);
      }
      const coarse = contracted(network, groupOf, groups);
      for (let a = 0; a < groups; a++) {
        for (let b = 0; b < groups; b++) {
          if (a === b) continue;
          let sum = 0;
          for (const one of nodes)
            for (const other of nodes)
              if (groupOf[one] === a && groupOf[other] === b) sum += between(network, one, other);
          expect(between(coarse, a, b)).toBe(sum);
        }
      }
    }),
    { numRuns: 100 },
  );
});

test('who is bound, however far around, is of one island, and nobody else', () => {
  fc.assert(
    fc.property(crowded, (order) => {
      const network = networkOf(order);
      const { islandOf, size } = islandsOf(network);
      for (let a = 0; a < network.size; a++)
        for (let b = 0; b < network.size; b++) if (between(network, a, b) > 0) expect(islandOf[a]).toBe(islandOf[b]);
      expect(size.reduce((sum, each) => sum + each, 0)).toBe(network.size);
      // As many islands as a walk finds that joins one pair after the other.
      const root = Array.from({ length: network.size }, (_, node) => node);
      const rootOf = (node: number): number => (root[node] === node ? node : rootOf(root[node] as number));
      for (let a = 0; a < network.size; a++)
        for (let b = 0; b < network.size; b++) if (between(network, a, b) > 0) root[rootOf(a)] = rootOf(b);
      expect(size).toHaveLength(root.filter((each, node) => each === node).length);
    }),
    { numRuns: 100 },
  );
});
