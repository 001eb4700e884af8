/**
 * The organisations of an estate to plan: pharmacies, care homes, practices, trusts and the bodies of the regions, of which the
 * others are part. Most are tiny, and most people work in the few that are not. Their codes say what they are and nothing of
 * where: in the order of codes a practice and the trust next door lie weeks apart, as they do in a real list.
 */

import type { Chance } from '#lib/chance.ts';

/** That of the move of 2020-21, which all others are in proportion to. */
export const nationalMailboxes = 2_100_000;
/** Beside trusts and the bodies of regions. */
const nationalSmall = 21_750;
const nationalRegions = 42;
const nationalLargest = 24_000;

export type Sort = 'region' | 'trust' | 'practice' | 'care home' | 'pharmacy';

export interface MadeOrganisation {
  readonly code: string;
  readonly name: string;
  readonly sort: Sort;
  readonly region: number;
  /** Of its region's body; null for that itself. */
  readonly parent: string | null;
  /** Its mailboxes are those with the numbers from `first` on. */
  readonly first: number;
  readonly mailboxes: number;
}

/** Mailboxes of the smallest and of the largest, the rest spread evenly on a logarithmic scale between them. */
type Range = readonly [from: number, to: number];

const small: readonly { readonly sort: Sort; readonly share: number; readonly range: Range }[] = [
  { sort: 'practice', share: 0.32, range: [15, 150] },
  { sort: 'care home', share: 0.15, range: [4, 60] },
  { sort: 'pharmacy', share: 0.53, range: [2, 8] },
];

/** In the order of their codes, and so are their mailboxes' numbers. */
export function makeOrganisations(mailboxes: number, chance: Chance): readonly MadeOrganisation[] {
  const sized = sizedOrganisations(mailboxes);
  const regions = regionsOf(mailboxes);
  const codes = new Set<string>();
  const weights = Array.from({ length: regions }, () => 0.5 + chance.below(1_000) / 500);
  const bodies: string[] = [];
  let trusts = 0;
  const placed = sized.map(({ sort, size }) => {
    // Each region has its body and, as long as there are enough, a trust; what else there is comes as its size wants it.
    const region =
      sort === 'region' ? bodies.length : sort === 'trust' && trusts < regions ? trusts++ : drawn(weights, chance);
    const code = newCode(sort, codes, chance);
    if (sort === 'region') bodies.push(code);
    return { code, sort, region, parent: sort === 'region' ? null : (bodies[region] as string), mailboxes: size };
  });
  placed.sort((a, b) => (a.code < b.code ? -1 : 1));
  let first = 0;
  return placed.map((each) => {
    const made = { ...each, name: `${each.sort === 'region' ? 'Region' : wordOf(each.sort)} ${each.code}`, first };
    first += each.mailboxes;
    return made;
  });
}

export function regionsOf(mailboxes: number): number {
  return Math.max(2, Math.round(nationalRegions * (mailboxes / nationalMailboxes) ** 0.1));
}

/** The largest trust is as large a part of a small estate as of the nation, and somewhat larger, or it would be a practice. */
export function largestOf(mailboxes: number): number {
  const share = mailboxes / nationalMailboxes;
  return Math.min(mailboxes / 3, nationalLargest * share + 390 * (1 - share));
}

/** Sizes that come to all the mailboxes there are; the trusts take what the others leave, region bodies come first. */
function sizedOrganisations(mailboxes: number): readonly { readonly sort: Sort; readonly size: number }[] {
  const largest = largestOf(mailboxes);
  const bodies = spread(regionsOf(mailboxes), [largest / 120, largest / 20]);
  const others = small.flatMap(({ sort, share, range }) =>
    spread(Math.round((share * nationalSmall * mailboxes) / nationalMailboxes), range).map((size) => ({ sort, size })),
  );
  const inOthers = bodies.reduce((sum, size) => sum + size, 0) + others.reduce((sum, { size }) => sum + size, 0);
  const trustRange: Range = [largest / 20, largest];
  const trusts = Math.max(1, Math.round((mailboxes - inOthers) / mean(trustRange)));
  return [
    ...bodies.map((size) => ({ sort: 'region' as const, size })),
    ...scaledTo(mailboxes - inOthers, spread(trusts, trustRange)).map((size) => ({ sort: 'trust' as const, size })),
    ...others,
  ];
}

function mean([from, to]: Range): number {
  return (to - from) / Math.log(to / from);
}

function spread(count: number, [from, to]: Range): readonly number[] {
  return Array.from({ length: count }, (_, i) =>
    Math.max(2, Math.round(from * (to / from) ** ((i + 0.5) / Math.max(1, count)))),
  );
}

/** Whole numbers in the same proportions that come to `total` exactly. */
function scaledTo(total: number, sizes: readonly number[]): readonly number[] {
  const sum = sizes.reduce((all, size) => all + size, 0);
  let before = 0;
  let given = 0;
  return sizes.map((size) => {
    before += size;
    const made = Math.round((total * before) / sum) - given;
    given += made;
    return made;
  });
}

function drawn(weights: readonly number[], chance: Chance): number {
  let rest = (chance.below(1_000_000) / 1_000_000) * weights.reduce((sum, weight) => sum + weight, 0);
  for (const [i, weight] of weights.entries()) {
    rest -= weight;
    if (rest < 0) return i;
  }
  return weights.length - 1;
}

const letters = 'ABCDEFGHJKLMNPQRSTVWXY';
const signs = `${letters}0123456789`;

/** `QWE` for a region, `RX1` or `RX1A` for a trust, `K81042` for a practice, `VL4K2` for a care home, `FQR31` for a pharmacy. */
function newCode(sort: Sort, taken: Set<string>, chance: Chance): string {
  const some = (among: string, count: number): string =>
    Array.from({ length: count }, () => among.charAt(chance.below(among.length))).join('');
  for (;;) {
    const code = {
      region: () => `Q${some(letters, 2)}`,
      trust: () => `R${some(signs, 3)}`,
      practice: () => `${some(letters, 1)}${some('0123456789', 5)}`,
      'care home': () => `V${some(signs, 4)}`,
      pharmacy: () => `F${some(signs, 4)}`,
    }[sort]();
    if (taken.has(code)) continue;
    taken.add(code);
    return code;
  }
}

function wordOf(sort: Sort): string {
  return sort.charAt(0).toUpperCase() + sort.slice(1);
}
