/**
 * Who changes sides together: of a wave, those who work in each other's mailboxes, in parties that can be in work at one moment. The
 * strongest access joins first. A desk that hundreds may open would make one party of them all, and each would wait for the slowest; so
 * a party has a bound, and within it those stay together who have nobody else.
 */

import { type GrantKind, grantKinds } from './estate.ts';

/** That a mailbox changed sides with so many, itself included, of so many who belong together. */
export interface Met {
  readonly with: number;
  readonly of: number;
}

/** Between two mailboxes of the wave, by their numbers. */
export interface GrantWithin {
  readonly mailbox: number;
  readonly grantee: number;
  readonly kind: GrantKind;
}

/**
 * The parties, each in the order of its numbers; who belongs with nobody is in none. No two of them that a grant joins would have fitted
 * into one, and the order in which grants are given does not matter.
 */
export function partiesOf(grants: readonly GrantWithin[], most: number): readonly (readonly number[])[] {
  const ties = tiesOf(grants);
  const others = new Map<number, number>();
  for (const { a, b } of ties) for (const end of [a, b]) others.set(end, (others.get(end) ?? 0) + 1);
  for (const tie of ties) tie.crowd = Math.max(others.get(tie.a) as number, others.get(tie.b) as number);
  ties.sort(nearestFirst);
  const partyOf = new Map([...others.keys()].map((end) => [end, [end]]));
  for (const { a, b } of ties) {
    const [one, other] = [partyOf.get(a) as number[], partyOf.get(b) as number[]];
    if (one === other || one.length + other.length > most) continue;
    one.push(...other);
    for (const end of other) partyOf.set(end, one);
  }
  return [...new Set(partyOf.values())]
    .filter((party) => party.length > 1)
    .map((party) => party.toSorted((a, b) => a - b))
    .sort(([a = 0], [b = 0]) => a - b);
}

/** So many belong together at most, of whom so many places are in work at once: half of them, so that others are in work beside them. */
export function togetherAtMost(setting: number, places: number): number {
  return Math.max(1, Math.min(setting, Math.ceil(places / 2)));
}

/** All that two have of each other, in either direction. */
interface Tie {
  readonly a: number;
  readonly b: number;
  /** Of the strongest kind; the smaller, the stronger. */
  rank: number;
  kinds: number;
  /** With how many the one of them is tied that has more. */
  crowd: number;
}

function tiesOf(grants: readonly GrantWithin[]): Tie[] {
  const ties = new Map<number, Map<number, Tie>>();
  for (const { mailbox, grantee, kind } of grants) {
    if (mailbox === grantee) continue;
    const [a, b] = mailbox < grantee ? [mailbox, grantee] : [grantee, mailbox];
    const rank = grantKinds.indexOf(kind);
    const from = ties.get(a) ?? new Map<number, Tie>();
    const tie = from.get(b) ?? { a, b, rank, kinds: 0, crowd: 0 };
    tie.rank = Math.min(tie.rank, rank);
    tie.kinds++;
    ties.set(a, from.set(b, tie));
  }
  const all: Tie[] = [];
  for (const from of ties.values()) all.push(...from.values());
  return all;
}

/** Two who have only each other come before those who have many, or these would take up the places of a party. */
function nearestFirst(one: Tie, two: Tie): number {
  return one.rank - two.rank || two.kinds - one.kinds || one.crowd - two.crowd || one.a - two.a || one.b - two.b;
}
