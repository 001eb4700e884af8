/**
 * Who works with whom, as a graph: its nodes are mailboxes, later groups of them, and an edge weighs what one day apart costs. Kept in
 * compressed rows: the neighbours of node `n` are those at `start[n]` to `start[n + 1]`, each once.
 */

import { grantKinds } from '#domain/estate.ts';
import type { PlanningOrder } from '#planning/placement.ts';

export interface Network {
  /** Nodes. */
  readonly size: number;
  readonly start: Int32Array;
  readonly neighbour: Int32Array;
  readonly weight: Float32Array;
}

/** The network of an order: grants by the weights of their kinds, and who wishes to travel together. */
export function networkOf({ roster, calendar, together, excluded }: PlanningOrder): Network {
  const { mailbox, grantee, kind } = roster.grants;
  const weights = Float64Array.from(grantKinds, (each) => calendar.weights[each]);
  const pairs: Pairs[] = [{ a: mailbox, b: grantee, weight: (i) => weights[kind[i] as number] as number }];
  if (together) pairs.push({ a: together.a, b: together.b, weight: (i) => together.weight[i] as number });
  return withoutDoubles(joined(roster.size, pairs, excluded));
}

interface Pairs {
  readonly a: Int32Array;
  readonly b: Int32Array;
  weight(index: number): number;
}

/** Every pair in the rows of both its ends; where two have more than one grant, as often. */
function joined(size: number, all: readonly Pairs[], excluded: Uint8Array | null): Network {
  const isOut = (node: number): boolean => excluded !== null && excluded[node] === 1;
  const start = new Int32Array(size + 1);
  for (const { a, b } of all) {
    for (let i = 0; i < a.length; i++) {
      const [one, other] = [a[i] as number, b[i] as number];
      if (one === other || isOut(one) || isOut(other)) continue;
      start[one + 1] = (start[one + 1] as number) + 1;
      start[other + 1] = (start[other + 1] as number) + 1;
    }
  }
  for (let node = 0; node < size; node++) start[node + 1] = (start[node + 1] as number) + (start[node] as number);
  const next = start.slice(0, size);
  const neighbour = new Int32Array(start[size] as number);
  const weight = new Float32Array(neighbour.length);
  for (const { a, b, weight: weightOf } of all) {
    for (let i = 0; i < a.length; i++) {
      const [one, other] = [a[i] as number, b[i] as number];
      if (one === other || isOut(one) || isOut(other)) continue;
      const [atOne, atOther] = [next[one] as number, next[other] as number];
      next[one] = atOne + 1;
      next[other] = atOther + 1;
      neighbour[atOne] = other;
      neighbour[atOther] = one;
      weight[atOne] = weight[atOther] = weightOf(i);
    }
  }
  return { size, start, neighbour, weight };
}

/** Each neighbour once, with the sum of its weights; in place, since rows only become shorter. */
function withoutDoubles({ size, start, neighbour, weight }: Network): Network {
  const seenAt = new Int32Array(size).fill(-1);
  let end = 0;
  for (let node = 0; node < size; node++) {
    const [from, to] = [start[node] as number, start[node + 1] as number];
    const first = end;
    for (let at = from; at < to; at++) {
      const other = neighbour[at] as number;
      const seen = seenAt[other] as number;
      if (seen >= first) weight[seen] = (weight[seen] as number) + (weight[at] as number);
      else {
        seenAt[other] = end;
        neighbour[end] = other;
        weight[end++] = weight[at] as number;
      }
    }
    start[node] = first;
  }
  start[size] = end;
  return { size, start, neighbour: neighbour.slice(0, end), weight: weight.slice(0, end) };
}

/**
 * The network of groups of nodes: `groupOf` gives each node its group, from 0 to `groups` - 1, or -1 for none. What is inside a
 * group is no edge any more.
 */
export function contracted(network: Network, groupOf: Int32Array, groups: number): Network {
  const { size, start: from, neighbour: of, weight: weighing } = network;
  const { first, members } = membersOf(groupOf, groups);
  const start = new Int32Array(groups + 1);
  let neighbour = new Int32Array(Math.max(16, of.length >> 2));
  let weight = new Float32Array(neighbour.length);
  const seenAt = new Int32Array(groups).fill(-1);
  let end = 0;
  for (let group = 0; group < groups; group++) {
    const begin = end;
    start[group] = begin;
    for (let i = first[group] as number; i < (first[group + 1] as number); i++) {
      const node = members[i] as number;
      const last = from[node + 1] as number;
      for (let at = from[node] as number; at < last; at++) {
        const other = groupOf[of[at] as number] as number;
        if (other < 0 || other === group) continue;
        const seen = seenAt[other] as number;
        if (seen >= begin) weight[seen] = (weight[seen] as number) + (weighing[at] as number);
        else {
          if (end === neighbour.length) {
            neighbour = grown(neighbour, new Int32Array(end * 2));
            weight = grown(weight, new Float32Array(end * 2));
          }
          seenAt[other] = end;
          neighbour[end] = other;
          weight[end++] = weighing[at] as number;
        }
      }
    }
  }
  start[groups] = end;
  assertSmaller(groups, size);
  return { size: groups, start, neighbour: neighbour.slice(0, end), weight: weight.slice(0, end) };
}

function grown<Column extends Int32Array | Float32Array>(column: Column, larger: Column): Column {
  larger.set(column);
  return larger;
}

function assertSmaller(groups: number, size: number): void {
  if (groups > size) throw new Error('more groups than nodes');
}

/** The nodes of each group, in the order of their numbers: those of group `g` are at `first[g]` to `first[g + 1]`. */
export function membersOf(
  groupOf: Int32Array,
  groups: number,
): { readonly first: Int32Array; readonly members: Int32Array } {
  const first = new Int32Array(groups + 1);
  for (const group of groupOf) if (group >= 0) first[group + 1] = (first[group + 1] as number) + 1;
  for (let group = 0; group < groups; group++)
    first[group + 1] = (first[group + 1] as number) + (first[group] as number);
  const next = first.slice(0, groups);
  const members = new Int32Array(first[groups] as number);
  for (let node = 0; node < groupOf.length; node++) {
    const group = groupOf[node] as number;
    if (group < 0) continue;
    const at = next[group] as number;
    members[at] = node;
    next[group] = at + 1;
  }
  return { first, members };
}
