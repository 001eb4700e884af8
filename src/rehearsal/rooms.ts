/**
 * What the windows still have room for, and where somebody goes who missed theirs: to the first later one that has room, as a
 * plan made anew would have it, with notice given, the closed weeks of their organisation kept, and who goes last going last.
 */

import { mailboxKinds } from '#domain/estate.ts';
import { type Cast, noWave } from './cast.ts';
import type { RehearsalOrder } from './order.ts';
import type { Waves } from './waves.ts';

export class Rooms {
  readonly #order: RehearsalOrder;
  readonly #cast: Cast;
  readonly #waves: Waves;
  readonly #mailboxes: Int32Array;
  readonly #bytes: Float64Array;
  /** By kind: 1 for those that go last. */
  readonly #isLast: Uint8Array;
  /** Of each organisation the window of the last person that has one; -1 for none. */
  readonly #lastPerson: Int32Array;
  /** Who goes last, by organisation; only where there are such. */
  readonly #lasts = new Map<number, number[]>();

  constructor(order: RehearsalOrder, cast: Cast, waves: Waves) {
    this.#order = order;
    this.#cast = cast;
    this.#waves = waves;
    this.#mailboxes = new Int32Array(order.windows.length);
    this.#bytes = new Float64Array(order.windows.length);
    this.#isLast = Uint8Array.from(mailboxKinds, (kind) => (order.kindsLast.includes(kind) ? 1 : 0));
    this.#lastPerson = new Int32Array(order.roster.organisations.length).fill(-1);
    for (let mailbox = 0; mailbox < cast.size; mailbox++) {
      const organisation = cast.organisation[mailbox] as number;
      if (!this.goesLast(mailbox)) continue;
      const others = this.#lasts.get(organisation);
      if (others) others.push(mailbox);
      else this.#lasts.set(organisation, [mailbox]);
    }
  }

  /** Somebody is put into a window, and takes its room. */
  take(window: number, mailbox: number): void {
    this.#mailboxes[window] = (this.#mailboxes[window] as number) + 1;
    this.#bytes[window] = (this.#bytes[window] as number) + (this.#cast.sizeBytes[mailbox] as number);
    const organisation = this.#cast.organisation[mailbox] as number;
    if (!this.goesLast(mailbox) && window > (this.#lastPerson[organisation] as number))
      this.#lastPerson[organisation] = window;
  }

  /** And gives it back, before it has opened. */
  leave(window: number, mailbox: number): void {
    this.#mailboxes[window] = (this.#mailboxes[window] as number) - 1;
    this.#bytes[window] = (this.#bytes[window] as number) - (this.#cast.sizeBytes[mailbox] as number);
  }

  /** The first window from `at` on that has room for a mailbox and may have it; -1 where there is none. */
  find(mailbox: number, at: number): number {
    const { windows, closed, weather } = this.#order;
    const organisation = this.#cast.organisation[mailbox] as number;
    const shut = closed[organisation];
    const after = this.goesLast(mailbox) ? (this.#lastPerson[organisation] as number) : -1;
    const earliest = at + weather.people.noticeMs;
    const sizeBytes = this.#cast.sizeBytes[mailbox] as number;
    return windows.findIndex(
      ({ opensAt, mailboxes, bytes }, i) =>
        opensAt >= earliest &&
        i > after &&
        (this.#mailboxes[i] as number) < mailboxes &&
        (this.#bytes[i] as number) + sizeBytes <= bytes &&
        shut?.[i] !== 1 &&
        this.#waves.allows(i, mailbox),
    );
  }

  /** Who would now go before, or with, the last person of their organisation, in a window that has not opened yet. */
  outOfOrder(organisation: number, at: number): readonly number[] {
    const { windows } = this.#order;
    const last = this.#lastPerson[organisation] as number;
    return (this.#lasts.get(organisation) ?? []).filter((mailbox) => {
      const window = this.#cast.wave[mailbox] as number;
      if (window === noWave || window > last) return false;
      return (windows[window]?.opensAt ?? 0) > at;
    });
  }

  /** Whether it moves strictly later than the last person of its organisation. */
  goesLast(mailbox: number): boolean {
    return this.#isLast[this.#cast.kind[mailbox] as number] === 1;
  }
}
