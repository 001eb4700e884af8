/**
 * Ends the programme as early as it can where that costs nothing. Mailboxes that are bound to each other cannot come earlier one by one, so
 * the last window is emptied by moving all who hang together by as many windows, or as many of them as stand at the end.
 */

import { type Conditions, last, mayTake } from './conditions.ts';
import { islandsOf } from './islands.ts';
import { membersOf } from './network.ts';
import { nowhere, type Seating } from './seating.ts';
import { Trial } from './trial.ts';

/** So many mailboxes are looked at in all, for each that there is, and at most; in an estate that is all one circle there are too many ways. */
const looksEach = 20;
const looksMost = 2_000_000;
/** A gain that is less than nothing by this is a matter of rounding. */
const nothing = -1e-6;

/** Empties windows from the last on, as long as those in them find earlier ones that cost no more in all. */
export function finishEarly(seating: Seating): void {
  if (lastUsed(seating) <= seating.conditions.firstUsual) return;
  const search = new Search(seating);
  while (search.emptied(lastUsed(seating)));
}

function lastUsed({ used }: Seating): number {
  return used.findLastIndex((mailboxes) => mailboxes > 0);
}

class Search {
  readonly #seating: Seating;
  readonly #islandOf: Int32Array;
  readonly #first: Int32Array;
  readonly #members: Int32Array;
  #looks: number;

  constructor(seating: Seating) {
    this.#seating = seating;
    this.#looks = Math.min(looksMost, seating.network.size * looksEach + 10_000);
    const { islandOf, islands } = boundIslands(seating);
    const { first, members } = membersOf(islandOf, islands);
    [this.#islandOf, this.#first, this.#members] = [islandOf, first, members];
  }

  /** Moves all of a window before it; false, and all as before, where that cannot be. */
  emptied(window: number): boolean {
    const { used, conditions } = this.#seating;
    if (window <= conditions.firstUsual) return false;
    const trial = new Trial(this.#seating);
    if (this.#blockMoved(window, trial)) return true;
    while ((used[window] as number) > 0) {
      const mailbox = this.#seating.member(window, 0);
      if (this.#islandMoved(this.#islandOf[mailbox] as number, window, trial)) continue;
      trial.undo();
      return false;
    }
    return true;
  }

  /** All from the last gap on, into the gap. */
  #blockMoved(window: number, trial: Trial): boolean {
    const { used, conditions } = this.#seating;
    let begin = window;
    while (begin > 0 && (used[begin - 1] as number) > 0) begin--;
    let gap = begin - 1;
    while (gap > conditions.firstUsual && used[gap - 1] === 0) gap--;
    if (gap < conditions.firstUsual || used[gap] !== 0) return false;
    const block = new Map<number, number[]>();
    for (let at = begin; at <= window; at++)
      block.set(
        at,
        Array.from({ length: used[at] as number }, (_, i) => this.#seating.member(at, i)),
      );
    return this.#shifted(block, begin - gap, trial);
  }

  /** All who hang together, or those of them who stand at the end: the fewer the later they are tried. */
  #islandMoved(island: number, window: number, trial: Trial): boolean {
    const { conditions } = this.#seating;
    const all = new Map<number, number[]>();
    for (let i = this.#first[island] as number; i < (this.#first[island + 1] as number); i++) {
      const mailbox = this.#members[i] as number;
      const at = this.#seating.window[mailbox] as number;
      if (at === nowhere) continue;
      const there = all.get(at);
      if (there) there.push(mailbox);
      else all.set(at, [mailbox]);
    }
    for (const begin of [...all.keys()].sort((a, b) => a - b)) {
      if (begin <= conditions.firstUsual) continue;
      const tail = new Map([...all].filter(([at]) => at >= begin));
      if (this.#shifted(tail, begin - conditions.firstUsual, trial)) return true;
      if (this.#looks < 0) break;
    }
    return this.#eachMoved(all.get(window) ?? [], window, trial);
  }

  /** Moves those of some windows earlier by the same number of windows, at most `most`, where there is room and it costs no more. */
  #shifted(those: ReadonlyMap<number, readonly number[]>, most: number, trial: Trial): boolean {
    const { conditions } = this.#seating;
    let inOrder: readonly Step[] | null = null;
    for (let by = most; by > 0 && this.#looks > 0; by--) {
      this.#looks -= 1 + those.size;
      if (!this.#isRoomBefore(those, by)) continue;
      inOrder ??= stepsOf(those, conditions);
      this.#looks -= inOrder.length;
      if (!inOrder.every(({ mailbox, from }) => mayTake(conditions, mailbox, from - by))) continue;
      const mark = trial.mark();
      for (const { mailbox } of inOrder) trial.lift(mailbox);
      const isDone = inOrder.every(({ mailbox, from }) => {
        const isOpen = this.#seating.hasRoom(mailbox, from - by) && this.#seating.isAllowed(mailbox, from - by);
        if (isOpen) trial.put(mailbox, from - by);
        return isOpen;
      });
      if (isDone && trial.gain - mark.gain >= nothing) return true;
      trial.undo(mark);
    }
    return false;
  }

  #isRoomBefore(those: ReadonlyMap<number, readonly number[]>, by: number): boolean {
    const { used, room } = this.#seating;
    for (const [window, { length }] of those) {
      const to = window - by;
      const leaves = those.get(to)?.length ?? 0;
      if (to < 0 || (used[to] as number) - leaves + length > (room[to] as number)) return false;
    }
    return true;
  }

  /** Each of a window to the last before it in which it costs no more. */
  #eachMoved(those: readonly number[], window: number, trial: Trial): boolean {
    return those.every((mailbox) => {
      const to = this.#earlier(mailbox, window);
      if (to !== nowhere) trial.put(mailbox, to);
      return to !== nowhere;
    });
  }

  #earlier(mailbox: number, window: number): number {
    const { day, from, firstUsual } = this.#seating.conditions;
    const now = this.#seating.cost(mailbox, day[window] as number);
    for (let at = window - 1; at >= Math.max(firstUsual, from[mailbox] as number); at--)
      if (
        this.#seating.hasRoom(mailbox, at) &&
        this.#seating.isAllowed(mailbox, at) &&
        this.#seating.cost(mailbox, day[at] as number) <= now
      )
        return at;
    return nowhere;
  }
}

interface Step {
  readonly mailbox: number;
  readonly from: number;
}

/** In the order in which they can be seated: those that go last behind the others. */
function stepsOf(those: ReadonlyMap<number, readonly number[]>, { role }: Conditions): readonly Step[] {
  const steps = [...those].flatMap(([from, mailboxes]) => mailboxes.map((mailbox) => ({ mailbox, from })));
  const turn = (mailbox: number): number => Number(role[mailbox] === last);
  return steps.sort((a, b) => turn(a.mailbox) - turn(b.mailbox) || a.mailbox - b.mailbox);
}

/** Who hangs together by grants, and by the rule that some kinds wait for the people of their organisation. */
function boundIslands({ network, conditions }: Seating): { readonly islandOf: Int32Array; readonly islands: number } {
  const { islandOf, size } = islandsOf(network);
  const { role, organisation } = conditions;
  const joint = Int32Array.from(size, (_, island) => island);
  const headOf = (island: number): number => {
    let head = island;
    while (joint[head] !== head) head = joint[head] = joint[joint[head] as number] as number;
    return head;
  };
  const lastOf = new Int32Array(conditions.closed.length).fill(-1);
  for (let mailbox = 0; mailbox < conditions.size; mailbox++)
    if (role[mailbox] === last) lastOf[organisation[mailbox] as number] = islandOf[mailbox] as number;
  for (let mailbox = 0; mailbox < conditions.size; mailbox++) {
    const waits = lastOf[organisation[mailbox] as number] as number;
    if (waits >= 0 && role[mailbox] !== 0) joint[headOf(islandOf[mailbox] as number)] = headOf(waits);
  }
  return { islandOf: islandOf.map((island) => headOf(island)), islands: size.length };
}
