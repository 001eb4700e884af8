/** The organisations of a roster with those below them, and who is in them. */

import type { Roster } from './roster.ts';

export class OrganisationTree {
  readonly #roster: Roster;
  readonly #numbers: ReadonlyMap<string, number>;
  readonly #below: readonly (readonly number[])[];
  /** Mailboxes of each organisation, once anybody asks. */
  #members: readonly (readonly number[])[] | null = null;

  constructor(roster: Roster) {
    const { organisations } = roster;
    this.#roster = roster;
    this.#numbers = new Map(organisations.map(({ code }, i) => [code, i] as const));
    const below: number[][] = organisations.map(() => []);
    for (const [i, { parent }] of organisations.entries()) below[parent]?.push(i);
    this.#below = below;
  }

  numberOf(code: string): number | null {
    return this.#numbers.get(code) ?? null;
  }

  /** It, and all below it. */
  under(organisation: number): readonly number[] {
    const found = new Set([organisation]);
    for (const each of found) for (const child of this.#below[each] ?? []) found.add(child);
    return [...found];
  }

  /** Whether it is `above`, or has that above it. */
  isUnder(organisation: number, above: number): boolean {
    const seen = new Set<number>();
    for (let at = organisation; at >= 0 && !seen.has(at); at = this.#roster.organisations[at]?.parent ?? -1) {
      if (at === above) return true;
      seen.add(at);
    }
    return false;
  }

  /** The mailboxes of these organisations, in the order of their numbers. */
  membersOf(organisations: readonly number[]): readonly number[] {
    this.#members ??= this.#gathered();
    const members = this.#members;
    return organisations.flatMap((each) => members[each] ?? []).toSorted((a, b) => a - b);
  }

  #gathered(): readonly (readonly number[])[] {
    const { size, organisation, organisations } = this.#roster;
    const members: number[][] = organisations.map(() => []);
    for (let mailbox = 0; mailbox < size; mailbox++) members[organisation[mailbox] as number]?.push(mailbox);
    return members;
  }
}
