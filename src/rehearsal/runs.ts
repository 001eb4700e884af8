/**
 * The same programme rehearsed several times, each with a seed of its own: one run is told in full, and the others say how far
 * from it things may come to lie. Runs differ by what is drawn from the seed (how long work takes, what fails and when, who
 * changes their mind) and by nothing else.
 */

import type { Rehearsal, Stand } from './outcome.ts';

export interface RunInShort {
  readonly seed: number;
  readonly finish: number | null;
  readonly mostDone: number | null;
  readonly everMissed: number;
  readonly end: Stand;
  /** Who had still to switch, day by day from the first. */
  readonly toSwitch: readonly number[];
}

export interface Runs {
  /** Of the first seed. */
  readonly told: Rehearsal;
  /** All of them, that one first. */
  readonly runs: readonly RunInShort[];
}

export function inShort(rehearsal: Rehearsal): RunInShort {
  const { seed, finish, mostDone, everMissed, end } = rehearsal;
  return { seed, finish, mostDone, everMissed, end, toSwitch: rehearsal.days.map((day) => toSwitch(rehearsal, day)) };
}

/** Who has still to switch: not those whom the plan has no place for, nor who is out of the programme. */
export function toSwitch({ unplacedByPlan }: Pick<Rehearsal, 'unplacedByPlan'>, stand: Stand): number {
  const { mailboxes, settled, released, excluded, left } = stand;
  return mailboxes - unplacedByPlan - settled - released - excluded - left;
}

export interface Range {
  readonly earliest: number;
  readonly middle: number;
  readonly latest: number;
}

/** Null where a run has none: somebody never finished. */
export function rangeOf(moments: readonly (number | null)[]): Range | null {
  const known = moments.filter((each) => each !== null).toSorted((a, b) => a - b);
  const [earliest, latest] = [known[0], known.at(-1)];
  if (earliest === undefined || latest === undefined || known.length < moments.length) return null;
  return { earliest, middle: known[Math.floor((known.length - 1) / 2)] as number, latest };
}
