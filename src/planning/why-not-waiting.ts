/** The mailboxes that move after the people of their organisation, by organisations. */

import type { PlanningOrder } from './placement.ts';

export class Waiting {
  readonly #from: Int32Array;
  readonly #mailboxes: Int32Array;

  constructor({ roster, excluded }: PlanningOrder, isLast: Uint8Array) {
    const from = new Int32Array(roster.organisations.length + 1);
    const waits = (m: number): boolean => isLast[roster.kind[m] as number] === 1 && excluded?.[m] !== 1;
    for (let m = 0; m < roster.size; m++) if (waits(m)) (from[(roster.organisation[m] as number) + 1] as number)++;
    for (let o = 0; o < roster.organisations.length; o++) from[o + 1] = (from[o + 1] as number) + (from[o] as number);
    const at = from.slice();
    const mailboxes = new Int32Array(from.at(-1) as number);
    for (let m = 0; m < roster.size; m++)
      if (waits(m)) {
        const organisation = roster.organisation[m] as number;
        mailboxes[at[organisation] as number] = m;
        (at[organisation] as number)++;
      }
    [this.#from, this.#mailboxes] = [from, mailboxes];
  }

  of(organisation: number): Int32Array {
    return this.#mailboxes.subarray(this.#from[organisation], this.#from[organisation + 1]);
  }
}
