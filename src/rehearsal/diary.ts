/** What is written down while a programme is rehearsed: each window, each day, and who went where instead. */

import { type Cast, stageNumber } from './cast.ts';
import type { RehearsalOrder } from './order.ts';
import { type DayOfRehearsal, type Evening, type Reason, reasons } from './outcome.ts';
import type { Sky } from './sky.ts';

export class Diary {
  readonly days: DayOfRehearsal[] = [];
  plannedAll = 0;
  copied = 0;
  copiedBytes = 0;
  wentBack = 0;
  joinersWithout = 0;
  lastSettledAt: number | null = null;
  /** When nine of ten of those that the plan places had switched. */
  mostDoneAt: number | null = null;
  readonly #order: RehearsalOrder;
  readonly #planned: Int32Array;
  readonly #plannedBytes: Float64Array;
  readonly #movedIn: Int32Array;
  readonly #ready: Int32Array;
  readonly #done: Int32Array;
  readonly #doneBytes: Float64Array;
  readonly #late: Int32Array;
  readonly #firstAt: Float64Array;
  readonly #lastAt: Float64Array;
  readonly #missed: Int32Array;
  readonly #nowhere: Int32Array;
  readonly #wentTo: readonly Map<number, number>[];
  readonly #pauses: Int32Array;
  readonly #pausedMs: Float64Array;
  readonly #everMissed: Uint8Array;
  readonly #switchedIn: Int32Array;
  #everDone = 0;

  constructor(order: RehearsalOrder, cast: Cast) {
    this.#order = order;
    const windows = order.windows.length;
    this.#planned = new Int32Array(windows);
    this.#plannedBytes = new Float64Array(windows);
    this.#movedIn = new Int32Array(windows);
    this.#ready = new Int32Array(windows);
    this.#done = new Int32Array(windows);
    this.#doneBytes = new Float64Array(windows);
    this.#late = new Int32Array(windows);
    this.#firstAt = new Float64Array(windows);
    this.#lastAt = new Float64Array(windows);
    this.#missed = new Int32Array(windows * reasons.length);
    this.#nowhere = new Int32Array(windows);
    this.#wentTo = order.windows.map(() => new Map());
    this.#pauses = new Int32Array(windows);
    this.#pausedMs = new Float64Array(windows);
    this.#everMissed = new Uint8Array(cast.most);
    this.#switchedIn = new Int32Array(cast.most).fill(-1);
  }

  planned(window: number, bytes: number): void {
    add(this.#planned, window, 1);
    add(this.#plannedBytes, window, bytes);
    this.plannedAll++;
  }

  plannedIn(window: number): number {
    return this.#planned[window] as number;
  }

  ready(window: number, mailboxes: number): void {
    this.#ready[window] = mailboxes;
  }

  movedIn(window: number, from: number | null): void {
    add(this.#movedIn, window, 1);
    const went = from === null ? undefined : this.#wentTo[from];
    went?.set(window, (went.get(window) ?? 0) + 1);
  }

  missed(window: number, mailbox: number, reason: Reason): void {
    add(this.#missed, window * reasons.length + reasons.indexOf(reason), 1);
    this.#everMissed[mailbox] = 1;
  }

  /** Somebody came for whom no window had room. */
  joinedWithout(): void {
    this.joinersWithout++;
  }

  nowhere(window: number): void {
    add(this.#nowhere, window, 1);
  }

  settled(window: number, mailbox: number, bytes: number, at: number): void {
    add(this.#done, window, 1);
    add(this.#doneBytes, window, bytes);
    if (at >= (this.#order.windows[window]?.closesAt ?? 0)) add(this.#late, window, 1);
    else {
      if (this.#firstAt[window] === 0) this.#firstAt[window] = at;
      this.#lastAt[window] = at;
    }
    this.lastSettledAt = at;
    if (this.#switchedIn[mailbox] === -1 && ++this.#everDone >= this.plannedAll * 0.9) this.mostDoneAt ??= at;
    this.#switchedIn[mailbox] = window;
  }

  /** Its latest; -1 for none. */
  switchedInto(mailbox: number): number {
    return this.#switchedIn[mailbox] as number;
  }

  paused(window: number, ms: number): void {
    add(this.#pausedMs, window, ms);
  }

  pauses(window: number): void {
    add(this.#pauses, window, 1);
  }

  pausedMs(window: number): number {
    return this.#pausedMs[window] as number;
  }

  day(day: Omit<DayOfRehearsal, 'copied' | 'copiedBytes' | 'plannedByThen'>): void {
    const { windows } = this.#order;
    const plannedByThen = windows.reduce(
      (sum, { opensAt }, i) => sum + (opensAt < day.at ? (this.#planned[i] as number) : 0),
      0,
    );
    this.days.push({ ...day, plannedByThen, copied: this.copied, copiedBytes: this.copiedBytes });
    this.copied = 0;
    this.copiedBytes = 0;
  }

  evening(window: number, sky: Sky): Evening {
    const { windows } = this.#order;
    const its = windows[window];
    if (!its) throw new Error(`there is no window ${window}`);
    const first = this.#firstAt[window] as number;
    const missed = reasons.map((reason, i) => [reason, this.#missed[window * reasons.length + i] as number] as const);
    return {
      window: its,
      planned: this.#planned[window] as number,
      plannedBytes: this.#plannedBytes[window] as number,
      movedIn: this.#movedIn[window] as number,
      done: this.#done[window] as number,
      doneBytes: this.#doneBytes[window] as number,
      late: this.#late[window] as number,
      missed: Object.fromEntries(missed) as Evening['missed'],
      wentTo: [...(this.#wentTo[window] ?? [])]
        .map(([to, mailboxes]) => ({ window: to, mailboxes }))
        .toSorted((a, b) => a.window - b.window),
      nowhere: this.#nowhere[window] as number,
      firstAt: first === 0 ? null : first,
      lastAt: first === 0 ? null : (this.#lastAt[window] as number),
      ready: this.#ready[window] as number,
      outageMs: sky.outageMs(its),
      throttledMs: sky.throttledMs(its),
      isSlow: sky.isSlow(window),
      pauses: this.#pauses[window] as number,
      pausedMs: this.#pausedMs[window] as number,
    };
  }

  /** Over all windows. */
  missedInAll(): Readonly<Record<Reason, number>> {
    const sums = reasons.map((reason, i) => {
      let sum = 0;
      for (let at = i; at < this.#missed.length; at += reasons.length) sum += this.#missed[at] as number;
      return [reason, sum] as const;
    });
    return Object.fromEntries(sums) as Record<Reason, number>;
  }

  /** Who missed a window, and of them who is across in the end. */
  whoMissed(cast: Cast): { readonly everMissed: number; readonly caughtUp: number } {
    let [everMissed, caughtUp] = [0, 0];
    for (let mailbox = 0; mailbox < cast.size; mailbox++) {
      if (this.#everMissed[mailbox] === 0) continue;
      everMissed++;
      const stage = cast.stage[mailbox];
      if (stage === stageNumber.settled || stage === stageNumber.released) caughtUp++;
    }
    return { everMissed, caughtUp };
  }

  /** For each of the roster; -1 for who is not across in the end. */
  switchedIn(cast: Cast, size: number): Int32Array {
    return this.#switchedIn
      .subarray(0, size)
      .map((window, mailbox) =>
        cast.stage[mailbox] === stageNumber.settled || cast.stage[mailbox] === stageNumber.released ? window : -1,
      );
  }
}

function add(column: Int32Array | Float64Array, at: number, by: number): void {
  column[at] = (column[at] as number) + by;
}
