/** All who have no window, summed by why and by what would give them one; bounded, however many they are. */

import type { PlanWindow } from '#domain/calendar.ts';
import type { PlanningOrder } from './placement.ts';
import { Heaviest } from './summary-heaviest.ts';
import type { Part, Reason, WhyNot } from './why-not.ts';
import { changeText, reasonText } from './why-not-words.ts';

export interface UnplacedSummary {
  readonly mailboxes: number;
  /** By why, the most frequent first, with the words for the first of them. */
  readonly reasons: readonly { readonly kind: Reason['kind']; readonly mailboxes: number; readonly example: string }[];
  /** What all changes together ask for. */
  readonly changes: AllChanges;
  /** The first, in words. */
  readonly first: readonly { readonly mailbox: number; readonly reason: string; readonly change: string }[];
}

export interface AllChanges {
  /** Windows that would have to take more, those that would most first; `windows`: how many there are of them. */
  readonly room: {
    readonly windows: number;
    readonly mailboxes: number;
    readonly bytes: number;
    readonly first: readonly { readonly window: PlanWindow; readonly mailboxes: number; readonly bytes: number }[];
  };
  /** Organisations to which windows would have to be opened. */
  readonly open: {
    readonly organisations: number;
    readonly mailboxes: number;
    readonly first: readonly { readonly organisation: number; readonly mailboxes: number }[];
  };
  /** Mailboxes of which a date would have to move, and by how many days at most. */
  readonly dates: { readonly mailboxes: number; readonly daysMost: number };
  /** The end of the calendar, as a day number, and for how many; null where it does. */
  readonly until: { readonly day: number; readonly mailboxes: number } | null;
  /** For whom others would have to move later. */
  readonly othersLater: number;
  /** Who would fit as everything is, and for whom nothing is known that would help. */
  readonly nothing: number;
  readonly unknown: number;
}

const firstTold = 20;

export class UnplacedTally {
  readonly #order: PlanningOrder;
  readonly #reasons = new Map<Reason['kind'], { mailboxes: number; example: string }>();
  readonly #room = new Map<number, { window: PlanWindow; mailboxes: number; bytes: number }>();
  readonly #open: Int32Array;
  readonly #dates = { mailboxes: 0, daysMost: 0 };
  readonly #until = { day: 0, mailboxes: 0 };
  readonly #first: { mailbox: number; reason: string; change: string }[] = [];
  #othersLater = 0;
  #nothing = 0;
  #unknown = 0;

  constructor(order: PlanningOrder) {
    this.#order = order;
    this.#open = new Int32Array(order.roster.organisations.length);
  }

  add(whyNot: WhyNot): void {
    const { mailbox, reason, change } = whyNot;
    const known = this.#reasons.get(reason.kind);
    if (known) known.mailboxes++;
    else this.#reasons.set(reason.kind, { mailboxes: 1, example: reasonText(this.#order, whyNot) });
    if (this.#first.length < firstTold) {
      const [reason, change] = [reasonText(this.#order, whyNot), changeText(this.#order, whyNot)];
      this.#first.push({ mailbox, reason, change });
    }
    if (change === null) this.#unknown++;
    else if (change.parts.length === 0) this.#nothing++;
    else for (const part of change.parts) this.#addPart(whyNot.mailbox, change.at, change.window, part);
  }

  summary(): UnplacedSummary {
    const reasons = [...this.#reasons].map(([kind, counted]) => ({ kind, ...counted }));
    return {
      mailboxes: reasons.reduce((sum, { mailboxes }) => sum + mailboxes, 0),
      reasons: reasons.toSorted((a, b) => b.mailboxes - a.mailboxes || a.kind.localeCompare(b.kind)),
      changes: {
        room: this.#roomInAll(),
        open: this.#openInAll(),
        dates: { ...this.#dates },
        until: this.#until.mailboxes === 0 ? null : { ...this.#until },
        othersLater: this.#othersLater,
        nothing: this.#nothing,
        unknown: this.#unknown,
      },
      first: this.#first,
    };
  }

  #addPart(mailbox: number, at: number, window: PlanWindow, part: Part): void {
    switch (part.kind) {
      case 'not-before':
      case 'not-after':
        this.#dates.mailboxes++;
        this.#dates.daysMost = Math.max(this.#dates.daysMost, Math.abs(part.to - part.from));
        break;
      case 'open':
        (this.#open[this.#order.roster.organisation[mailbox] as number] as number)++;
        break;
      case 'room': {
        const known = this.#room.get(at) ?? { window, mailboxes: 0, bytes: 0 };
        this.#room.set(at, { window, mailboxes: known.mailboxes + part.mailboxes, bytes: known.bytes + part.bytes });
        break;
      }
      case 'until':
        this.#until.day = Math.max(this.#until.day, part.to);
        this.#until.mailboxes++;
        break;
      case 'others-later':
        this.#othersLater++;
        break;
    }
  }

  #roomInAll(): AllChanges['room'] {
    const all = [...this.#room.values()];
    return {
      windows: all.length,
      mailboxes: all.reduce((sum, { mailboxes }) => sum + mailboxes, 0),
      bytes: all.reduce((sum, { bytes }) => sum + bytes, 0),
      first: all
        .toSorted((a, b) => b.mailboxes - a.mailboxes || b.bytes - a.bytes || a.window.opensAt - b.window.opensAt)
        .slice(0, firstTold),
    };
  }

  #openInAll(): AllChanges['open'] {
    const first = new Heaviest<AllChanges['open']['first'][number]>(
      firstTold,
      (a, b) => b.mailboxes - a.mailboxes || a.organisation - b.organisation,
    );
    let [organisations, mailboxes] = [0, 0];
    for (const [organisation, opened] of this.#open.entries()) {
      if (opened === 0) continue;
      organisations++;
      mailboxes += opened;
      first.offer({ organisation, mailboxes: opened });
    }
    return { organisations, mailboxes, first: first.all() };
  }
}
