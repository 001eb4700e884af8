/** `wave_hint`: who hopes for a window comes into it where no rule and nobody's window is against it, and it parts nobody for long. */

import { hintedWindows } from '#planning/wave-hints.ts';
import type { PlanningOrder } from '#planning/placement.ts';
import { changeCosts, nowhere, type Seating } from './seating.ts';
import { Trial } from './trial.ts';

/** A hint is worth as much as that somebody is told the day that they were told before. */
const hintWorth = changeCosts;
/** So many of a full window are asked whether they would go elsewhere. */
const askedMost = 64;

/** The windows that each mailbox hopes for. */
export class Hints {
  readonly #windows: readonly (Uint8Array | null)[];
  readonly #hint: Int32Array;

  constructor(order: PlanningOrder) {
    this.#windows = hintedWindows(order);
    this.#hint = order.roster.waveHint;
  }

  /** Null where it hopes for none. */
  of(mailbox: number): Uint8Array | null {
    return this.#windows[this.#hint[mailbox] as number] ?? null;
  }

  get isAny(): boolean {
    return this.#windows.some((windows) => windows !== null);
  }
}

/** `without`: 1 for who wishes something that is more, and stays as they are. */
export function grantHints(seating: Seating, hints: Hints, without: Uint8Array | null): void {
  if (!hints.isAny) return;
  const { conditions, window } = seating;
  for (let mailbox = 0; mailbox < conditions.size; mailbox++) {
    const hoped = hints.of(mailbox);
    const here = window[mailbox] as number;
    // Who was told a day before is not told another for a hint that was heard then.
    if (hoped === null || here === nowhere || hoped[here] === 1 || without?.[mailbox] === 1) continue;
    if (!seating.wasTold(mailbox)) grant(seating, hints, mailbox, here, hoped);
  }
}

function grant(seating: Seating, hints: Hints, mailbox: number, here: number, hoped: Uint8Array): void {
  const { conditions } = seating;
  const now = seating.cost(mailbox, conditions.day[here] as number);
  const wanted = [...hoped.keys()]
    .filter((at) => hoped[at] === 1 && seating.isAllowed(mailbox, at))
    .map((at) => ({ at, costs: seating.cost(mailbox, conditions.day[at] as number) - now }))
    .filter(({ costs }) => costs <= hintWorth)
    .sort((a, b) => a.costs - b.costs || a.at - b.at);
  for (const { at } of wanted) {
    if (seating.hasRoom(mailbox, at)) return seating.put(mailbox, at);
    if (isTakenFor(seating, hints, mailbox, at)) return;
  }
}

/** Somebody of a full window who does not hope for it goes where the mailbox was. */
function isTakenFor(seating: Seating, hints: Hints, mailbox: number, at: number): boolean {
  const here = seating.window[mailbox] as number;
  for (let i = 0; i < Math.min(askedMost, seating.used[at] as number); i++) {
    const other = seating.member(at, i);
    if (hints.of(other) !== null || seating.wasTold(other) || !seating.isAllowed(other, here)) continue;
    const trial = new Trial(seating);
    trial.lift(other);
    trial.lift(mailbox);
    for (const [who, to] of [
      [mailbox, at],
      [other, here],
    ] as const)
      if (seating.hasRoom(who, to) && seating.isAllowed(who, to)) trial.put(who, to);
    if (seating.window[mailbox] === at && seating.window[other] === here && trial.gain >= -hintWorth) return true;
    trial.undo();
  }
  return false;
}
