/** What all attempts at a plan share: the rules, who is bound to whom, the calendar as columns, and who may wait. */

import { type Conditions } from './conditions.ts';
import type { Columns } from './crowding.ts';
import type { Past } from './hierarchy.ts';
import { laterOf, type Later } from './later.ts';
import type { Network } from './network.ts';
import { notFixed, type PlanningOrder } from '#planning/placement.ts';

export interface Setting {
  readonly order: PlanningOrder;
  readonly conditions: Conditions;
  readonly network: Network;
  readonly columns: Columns;
  readonly past: Past;
  readonly later: Later;
  /** What a mailbox is bound by, on average: Σ weight over its grants. */
  readonly bond: number;
}

export function settingOf(order: PlanningOrder, conditions: Conditions, network: Network): Setting {
  const { past, days } = pastOf(conditions);
  const behindPast = (rest: Iterable<number>): Float64Array => Float64Array.from([...days.map(() => 0), ...rest]);
  const columns: Columns = {
    day: Float64Array.from([...days, ...conditions.day]),
    mailboxes: behindPast(conditions.windows.map(({ mailboxes }) => mailboxes)),
    bytes: behindPast(conditions.windows.map(({ bytes }) => bytes)),
    closed: closedOrBarred(conditions).map((shut) =>
      shut && days.length > 0 ? Uint8Array.from([...days.map(() => 1), ...shut]) : shut,
    ),
    firstUsual: days.length + conditions.firstUsual,
  };
  const strength = network.weight.reduce((sum, weight) => sum + weight, 0);
  const later = laterOf(conditions, network, Math.max(4, usualWindow(conditions) / 20));
  return { order, conditions, network, columns, past, later, bond: strength / Math.max(1, conditions.size) };
}

/** Where organisations wish not to be they are not drawn to. */
function closedOrBarred({ closed, barred }: Conditions): Conditions['closed'] {
  if (barred === null) return closed;
  return closed.map((shut, organisation) => {
    const wished = barred.ofOrganisation[organisation] ?? null;
    return shut && wished ? shut.map((each, window) => each | (wished[window] as number)) : (shut ?? wished);
  });
}

/** The days on which people have moved: those before the first window as columns of their own, the others as the next window's. */
function pastOf({ fixed, day }: Conditions): { readonly past: Past; readonly days: readonly number[] } {
  const moved = fixed ? [...new Set(fixed)].filter((each) => each !== notFixed).sort((a, b) => a - b) : [];
  const first = day[0] ?? Number.POSITIVE_INFINITY;
  const days = moved.filter((each) => each < first);
  const columnOf = new Map(days.map((each, column) => [each, column] as const));
  for (const each of moved.slice(days.length)) {
    const next = day.findIndex((window) => window >= each);
    columnOf.set(each, days.length + (next < 0 ? day.length - 1 : next));
  }
  return { past: { columns: days.length, columnOf }, days };
}

/** Mailboxes in a window, on average over those that are needed for all. */
function usualWindow({ size, windows }: Conditions): number {
  let needed = 0;
  for (let room = 0; needed < windows.length && room < size; needed++)
    room += (windows[needed] as { mailboxes: number }).mailboxes;
  return size / Math.max(1, needed);
}

/** Sizes of groups, each four times the one before: from a team to a third of a window. */
export function sizesOf({ conditions }: Setting): readonly number[] {
  const usual = usualWindow(conditions);
  const sizes: number[] = [];
  for (let size = usual / 3; size >= Math.min(40, Math.max(4, usual / 12)); size /= 4) sizes.unshift(size);
  return sizes.length > 0 ? sizes : [4];
}
