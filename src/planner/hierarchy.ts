/**
 * The mailboxes of an order as groups of groups: teams, departments, organisations. The largest are arranged first, then what they
 * consist of, each time beginning from what was found for the larger ones.
 */

import type { Chance } from '#lib/chance.ts';
import { lastAlone, type Units } from './arrangement.ts';
import { type Conditions, isDated, last, latestOf, person } from './conditions.ts';
import { grouped } from './groups.ts';
import { contracted, type Network } from './network.ts';
import { notFixed } from '#planning/placement.ts';

export interface Level {
  readonly units: Units;
  /** The unit of each node of the level below: mailboxes, or units; -1 for who is placed later. */
  readonly unitOf: Int32Array;
}

/** Days on which people have moved: columns before the first window, or those of windows that are over. */
export interface Past {
  /** Columns before the first window. */
  readonly columns: number;
  readonly columnOf: ReadonlyMap<number, number>;
}

export interface HierarchyOrder {
  readonly conditions: Conditions;
  readonly network: Network;
  readonly past: Past;
  /** 1 for mailboxes that are placed later and bind nobody. */
  readonly later: Uint8Array;
  /** Sizes of the groups of each level, in mailboxes, the smallest first; the last level is that of whole organisations. */
  readonly sizes: readonly number[];
}

/** A level is worth its time only where it has fewer groups than this share of those below it. */
const coarserMost = 0.8;
const rounds = 5;

/** The levels of an order, the finest first. */
export function hierarchyOf(order: HierarchyOrder, chance: Chance): readonly Level[] {
  const levels = [teams(order, order.sizes[0] ?? 4, chance)];
  for (const sizeMost of [...order.sizes.slice(1), Number.POSITIVE_INFINITY]) {
    const below = levels[levels.length - 1] as Level;
    const level = larger(below.units, sizeMost, chance);
    const isWorthIt = level.units.network.size < coarserMost * below.units.network.size;
    if (isWorthIt || sizeMost === Number.POSITIVE_INFINITY) levels.push(level);
  }
  return levels;
}

/** The smallest groups, of mailboxes. Who has dates of their own is alone. */
function teams({ conditions, network, past: moved, later }: HierarchyOrder, sizeMost: number, chance: Chance): Level {
  const { organisation, role, settled, fixed, sizeBytes, from, lastForPeople, windows } = conditions;
  const past = moved.columns;
  const nodes = network.size;
  const isFixed = (node: number): boolean => fixed !== null && fixed[node] !== notFixed;
  const within = new Int32Array(nodes);
  const out = later.slice();
  for (let node = 0; node < nodes; node++) {
    const isAlone = isDated(conditions, node) || role[node] === last || settled[node] === 1;
    within[node] = isAlone ? -1 : (organisation[node] as number);
    if (settled[node] === 1 && !isFixed(node)) out[node] = 1;
  }
  const size = new Float64Array(nodes).fill(1);
  const { groupOf } = grouped({ network, size, sizeMost, within, out, rounds }, chance);
  const groups = joined(groupOf, conditions, network, isFixed);
  const units = emptyUnits(contracted(network, groupOf, groups));
  units.to.fill(past + windows.length - 1);
  for (let node = 0; node < nodes; node++) {
    const unit = groupOf[node] as number;
    if (unit < 0) continue;
    units.mailboxes[unit] = (units.mailboxes[unit] as number) + 1;
    units.bytes[unit] = (units.bytes[unit] as number) + (sizeBytes[node] as number);
    units.organisation[unit] = organisation[node] as number;
    if (isFixed(node)) {
      units.fixed[unit] = 1;
      units.from[unit] = units.to[unit] = moved.columnOf.get(fixed?.[node] as number) as number;
      continue;
    }
    if (role[node] === person) units.role[unit] = person;
    else if (role[node] === last) units.role[unit] = isDated(conditions, node) ? lastAlone : last;
    // The pilot is only for who may move at no other time.
    const to = latestOf(conditions, node);
    const first = Math.max(from[node] as number, Math.min(conditions.firstUsual, to));
    // For all of an organisation but those that go last, so that they stay together.
    const limit = role[node] === last ? windows.length : (lastForPeople[organisation[node] as number] as number);
    units.from[unit] = past + first;
    units.to[unit] = Math.min(units.to[unit] as number, past + Math.max(first, Math.min(to, limit)));
  }
  return { units, unitOf: groupOf };
}

/**
 * Joins what label propagation cannot know of: those of an organisation that go last, whoever moved on the same day, and the people
 * of an organisation who have no grants but are waited for. Answers how many groups there are then.
 */
function joined(
  groupOf: Int32Array,
  conditions: Conditions,
  { start }: Network,
  isFixed: (node: number) => boolean,
): number {
  const { organisation, role, fixed } = conditions;
  const [lastOf, looseOf, movedOn] = [new Map<number, number>(), new Map<number, number>(), new Map<number, number>()];
  const join = (joint: Map<number, number>, key: number, node: number): void => {
    const known = joint.get(key);
    if (known === undefined) joint.set(key, groupOf[node] as number);
    else groupOf[node] = known;
  };
  for (let node = 0; node < groupOf.length; node++) {
    if (groupOf[node] === -1) continue;
    if (isFixed(node)) join(movedOn, fixed?.[node] as number, node);
    else if (isDated(conditions, node)) continue;
    else if (role[node] === last) join(lastOf, organisation[node] as number, node);
    else if (start[node] === start[node + 1]) join(looseOf, organisation[node] as number, node);
  }
  const number = new Int32Array(groupOf.length).fill(-1);
  let groups = 0;
  for (let node = 0; node < groupOf.length; node++) {
    const group = groupOf[node] as number;
    if (group === -1) continue;
    if (number[group] === -1) number[group] = groups++;
    groupOf[node] = number[group] as number;
  }
  return groups;
}

/** Groups of groups, within their organisations. */
function larger(fine: Units, sizeMost: number, chance: Chance): Level {
  const { network, organisation, mailboxes, bytes, role, from, to, fixed } = fine;
  const nodes = network.size;
  const usual = usualOf(fine);
  const within = new Int32Array(nodes);
  for (let node = 0; node < nodes; node++) {
    const home = organisation[node] as number;
    const isUsual = from[node] === usual.from[home] && to[node] === usual.to[home];
    within[node] = fixed[node] === 1 || (role[node] as number) >= last || !isUsual ? -1 : home;
  }
  const { groupOf, groups } = grouped({ network, size: mailboxes, sizeMost, within, out: null, rounds }, chance);
  const units = emptyUnits(contracted(network, groupOf, groups));
  for (let node = 0; node < nodes; node++) {
    const unit = groupOf[node] as number;
    units.mailboxes[unit] = (units.mailboxes[unit] as number) + (mailboxes[node] as number);
    units.bytes[unit] = (units.bytes[unit] as number) + (bytes[node] as number);
    units.organisation[unit] = organisation[node] as number;
    if (role[node] !== 0) units.role[unit] = role[node] as number;
    units.fixed[unit] = fixed[node] as number;
    units.from[unit] = from[node] as number;
    units.to[unit] = to[node] as number;
  }
  return { units, unitOf: groupOf };
}

/** What most of an organisation are allowed, but those that go last: the widest span of its groups. */
function usualOf({ organisation, role, from, to, network }: Units): {
  readonly from: Int16Array;
  readonly to: Int16Array;
} {
  const organisations = organisation.reduce((most, home) => Math.max(most, home + 1), 0);
  const usual = { from: new Int16Array(organisations), to: new Int16Array(organisations).fill(-1) };
  for (let node = 0; node < network.size; node++) {
    if ((role[node] as number) >= last) continue;
    const home = organisation[node] as number;
    const width = (to[node] as number) - (from[node] as number);
    if (width <= (usual.to[home] as number) - (usual.from[home] as number)) continue;
    usual.from[home] = from[node] as number;
    usual.to[home] = to[node] as number;
  }
  return usual;
}

function emptyUnits(network: Network): Units {
  const { size } = network;
  return {
    network,
    mailboxes: new Float64Array(size),
    bytes: new Float64Array(size),
    organisation: new Int32Array(size),
    role: new Uint8Array(size),
    from: new Int16Array(size),
    to: new Int16Array(size),
    fixed: new Uint8Array(size),
  };
}
