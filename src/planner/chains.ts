/**
 * Room for somebody in a full window: one of it moves to another window, one of that to a third, and so on to one with room (augmenting paths,
 * after Ford and Fulkerson 1956).
 */

import { nowhere, type Seating } from './seating.ts';

/**
 * So many are asked whether they could move for somebody, for one mailbox and for all together: some seconds, where there is far too
 * little room. For one it is a part, lest whoever is looked for first leaves nothing for those after them.
 */
const askedForOne = 500_000;
const askedForAll = 5_000_000;

interface Step {
  readonly mailbox: number;
  readonly to: number;
}

/** How somebody may come into a full window: who, and in which turn the one was found whose place they take. */
interface Entry {
  readonly window: number;
  readonly mover: number;
  readonly after: number;
}

/** Looks for such chains for one mailbox after the other, and not twice for those who are alike. */
export class Chains {
  readonly #seating: Seating;
  /** For those who are alike, the smallest for whom there was none since somebody was seated last. */
  readonly #hopeless = new Map<string, { readonly bytes: number; readonly isCutShort: boolean }>();
  readonly #scale: number;
  #asked = 0;
  #askedForThis = 0;

  /** `scale`: how much longer it is looked than usual. */
  constructor(seating: Seating, scale: number) {
    [this.#seating, this.#scale] = [seating, scale];
  }

  /** Somebody was seated meanwhile: what was impossible may be possible. */
  forget(): void {
    this.#hopeless.clear();
  }

  /** Seats a mailbox in a full window, of which one moves to another, of which one moves …, to one with room. */
  seat(mailbox: number): boolean {
    const { used, room, conditions } = this.#seating;
    const bytes = conditions.sizeBytes[mailbox] as number;
    const key = this.#keyOf(mailbox);
    const hopeless = this.#hopeless.get(key);
    if (hopeless !== undefined && bytes >= hopeless.bytes) {
      if (hopeless.isCutShort) this.#seating.cutShort.add(mailbox);
      return false;
    }
    this.#askedForThis = 0;
    if (used.some((many, window) => many < (room[window] as number)) && this.#search(mailbox)) {
      this.forget();
      return true;
    }
    const isCutShort = this.#isSpent;
    if (isCutShort) this.#seating.cutShort.add(mailbox);
    this.#hopeless.set(key, { bytes, isCutShort });
    return false;
  }

  get #isSpent(): boolean {
    return this.#askedForThis > askedForOne * this.#scale || this.#asked > askedForAll * this.#scale;
  }

  /** Who has the same has the same windows. */
  #keyOf(mailbox: number): string {
    const { from, to, organisation, closed, role, barred } = this.#seating.conditions;
    const home = organisation[mailbox] as number;
    const isTold = closed[home] !== null || role[mailbox] !== 0 || barred?.ofOrganisation[home];
    const own = this.#seating.isExcused(mailbox) ? 'excused' : barred?.ofMailbox.has(mailbox) ? mailbox : '';
    return `${from[mailbox]} ${to[mailbox]} ${role[mailbox]} ${isTold ? home : ''} ${own}`;
  }

  #search(mailbox: number): boolean {
    const seating = this.#seating;
    const { conditions, window, used } = seating;
    const width = conditions.windows.length;
    const reached = new Uint8Array(width);
    const waiting: Entry[] = [];
    for (let at = 0; at < width; at++) {
      if (!seating.isPossible(mailbox, at)) continue;
      reached[at] = 1;
      waiting.push({ window: at, mover: mailbox, after: -1 });
    }
    for (let turn = 0; turn < waiting.length; turn++) {
      const { window: full, mover } = waiting[turn] as Entry;
      for (let i = 0; i < (used[full] as number); i++) {
        this.#asked++;
        this.#askedForThis++;
        if (this.#isSpent) return false;
        const member = seating.member(full, i);
        if (!fitsInstead(seating, mover, member, full)) continue;
        for (let to = 0; to < width; to++) {
          if (to === window[member] || !seating.isAllowed(member, to)) continue;
          // Also a window that was reached before: it may have no room for a larger one, and some for this.
          if (seating.hasRoom(member, to)) {
            if (follow(seating, chainOf(waiting, turn, { mailbox: member, to }))) return true;
            continue;
          }
          if (reached[to] === 1) continue;
          reached[to] = 1;
          waiting.push({ window: to, mover: member, after: turn });
        }
      }
    }
    return false;
  }
}

/** Whether there is room for one where another leaves. */
function fitsInstead(seating: Seating, mailbox: number, instead: number, window: number): boolean {
  const { sizeBytes } = seating.conditions;
  const bytes = (seating.usedBytes[window] as number) - (sizeBytes[instead] as number) + (sizeBytes[mailbox] as number);
  return bytes <= (seating.roomBytes[window] as number) && (seating.room[window] as number) > 0;
}

/** The steps in the order in which they are done, from the one into the window with room back to the first. */
function chainOf(waiting: readonly Entry[], turn: number, freeing: Step): readonly Step[] {
  const steps = [freeing];
  for (let at = turn; at !== -1; ) {
    const { window, mover, after } = waiting[at] as Entry;
    steps.push({ mailbox: mover, to: window });
    at = after;
  }
  return steps;
}

/** Does the steps; false, and all as before, where a rule stands against one of them by then. */
function follow(seating: Seating, steps: readonly Step[]): boolean {
  const were = steps.map(({ mailbox }) => seating.window[mailbox] as number);
  for (const [done, { mailbox, to }] of steps.entries()) {
    const was = were[done] as number;
    if (was !== nowhere) seating.lift(mailbox);
    if (seating.hasRoom(mailbox, to) && seating.isPossible(mailbox, to)) {
      seating.put(mailbox, to);
      continue;
    }
    if (was !== nowhere) seating.put(mailbox, was);
    for (let back = done - 1; back >= 0; back--) {
      const mover = (steps[back] as Step).mailbox;
      seating.lift(mover);
      if (were[back] !== nowhere) seating.put(mover, were[back] as number);
    }
    return false;
  }
  return true;
}
