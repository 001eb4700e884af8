/** The lines of `organisations.csv`, and organisations by their codes as the mailboxes name them. */

import type { OrganisationRow } from '#domain/estate.ts';
import type { Lined } from '#domain/estate-rows.ts';
import type { RosterOrganisation } from '#planning/roster.ts';
import type { LineTaker } from './read-roster-lines.ts';
import type { OctetFields } from './read-roster-octets.ts';

/** There are few enough of them to be read as an import does. */
export class OrganisationLines implements LineTaker<'organisations'> {
  readonly rows: Lined<OrganisationRow>[] = [];

  begin(): void {}

  ordinary(): number {
    return -1;
  }

  row(row: Lined<OrganisationRow>): void {
    this.rows.push(row);
  }

  /** Each code once, in the order of the file. */
  numbered(): readonly RosterOrganisation[] {
    const rows = new Map<string, OrganisationRow>();
    for (const row of this.rows) if (!rows.has(row.code)) rows.set(row.code, row);
    const numbers = new Map([...rows.keys()].map((code, i) => [code, i] as const));
    return [...rows.values()].map(({ code, name, parent }) => ({
      code,
      name,
      parent: parent === null ? -1 : (numbers.get(parent) ?? -1),
    }));
  }
}

/** Organisations by their codes. Neighbours in a file are mostly of the same one. */
export class OrganisationNumbers {
  readonly #numbers: ReadonlyMap<string, number>;
  /** Codes by their lower case, the first of those that differ in nothing else. */
  #near: ReadonlyMap<string, string> | null = null;
  readonly #last = Buffer.alloc(64);
  #lastLength = 0;
  #lastNumber = -1;

  constructor(codes: readonly string[]) {
    this.#numbers = new Map(codes.map((code, i) => [code, i] as const));
  }

  /** -1 where there is none. */
  of(code: string): number {
    return this.#numbers.get(code) ?? -1;
  }

  /** The one whose code is the value of a field. */
  at(fields: OctetFields): number {
    const { octets, from } = fields;
    const length = fields.at - from;
    if (length === this.#lastLength) {
      let same = 0;
      while (same < length && octets[from + same] === this.#last[same]) same++;
      if (same === length) return this.#lastNumber;
    }
    for (let i = 0; i < length; i++) this.#last[i] = octets[from + i] as number;
    this.#lastLength = length;
    this.#lastNumber = this.of(fields.text());
    return this.#lastNumber;
  }

  /** The code that was meant, where it differs in case only. */
  near(code: string): string | null {
    this.#near ??= new Map(
      [...this.#numbers.keys()]
        .toSorted()
        .toReversed()
        .map((each) => [each.toLowerCase(), each]),
    );
    return this.#near.get(code.toLowerCase()) ?? null;
  }
}
