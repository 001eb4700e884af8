/** Sums over all split grants: by kind and side, by windows, and by organisations. */

import { type GrantKind, grantKinds } from '#domain/estate.ts';
import type { Placement, PlanningOrder } from './placement.ts';
import { type Split, type SplitSide, splitSides } from './split.ts';

export interface SplitKind {
  readonly kind: GrantKind;
  readonly first: SplitSide;
  readonly grants: number;
  readonly days: number;
  readonly longestDays: number;
  readonly grantDays: number;
}

/** In columns, since there may be a million. */
export class SplitTally {
  readonly #order: PlanningOrder;
  readonly #window: Int32Array;
  readonly #grants = new Float64Array(grantKinds.length * splitSides.length);
  readonly #days = new Float64Array(this.#grants.length);
  readonly #longest = new Float64Array(this.#grants.length);
  readonly #grantDays = new Float64Array(this.#grants.length);
  readonly begins: Int32Array;
  readonly ends: Int32Array;
  /** Begun by ends that had moved before the first window. */
  begunBefore = 0;
  readonly ofOrganisation: { readonly splits: Int32Array; readonly grantDays: Float64Array };
  splits = 0;
  grantDays = 0;

  constructor(order: PlanningOrder, { window }: Placement) {
    const organisations = order.roster.organisations.length;
    [this.#order, this.#window] = [order, window];
    [this.begins, this.ends] = [new Int32Array(order.windows.length), new Int32Array(order.windows.length)];
    this.ofOrganisation = { splits: new Int32Array(organisations), grantDays: new Float64Array(organisations) };
  }

  add({ kind, first, mailbox, grantee, days, grantDays }: Readonly<Split>): void {
    this.splits++;
    this.grantDays += grantDays;
    const at = grantKinds.indexOf(kind) * splitSides.length + splitSides.indexOf(first);
    (this.#grants[at] as number)++;
    this.#days[at] = (this.#days[at] as number) + days;
    this.#longest[at] = Math.max(this.#longest[at] as number, days);
    this.#grantDays[at] = (this.#grantDays[at] as number) + grantDays;
    const begins = this.#window[first === 'mailbox' ? mailbox : grantee] as number;
    const ends = this.#window[first === 'mailbox' ? grantee : mailbox] as number;
    if (begins < 0) this.begunBefore++;
    else (this.begins[begins] as number)++;
    // Both may have moved, on days of their own.
    if (ends < 0) this.begunBefore--;
    else (this.ends[ends] as number)++;
    const { organisation } = this.#order.roster;
    const [a, b] = [organisation[mailbox] as number, organisation[grantee] as number];
    this.#addTo(a, grantDays);
    if (a !== b) this.#addTo(b, grantDays);
  }

  kinds(): readonly SplitKind[] {
    return grantKinds
      .flatMap((kind) => splitSides.map((first) => ({ kind, first })))
      .map((each, at) => ({
        ...each,
        grants: this.#grants[at] as number,
        days: this.#days[at] as number,
        longestDays: this.#longest[at] as number,
        grantDays: this.#grantDays[at] as number,
      }))
      .filter(({ grants }) => grants > 0);
  }

  #addTo(organisation: number, grantDays: number): void {
    const sums = this.ofOrganisation;
    (sums.splits[organisation] as number)++;
    sums.grantDays[organisation] = (sums.grantDays[organisation] as number) + grantDays;
  }
}
