/**
 * What doors see of people and mail that had to wait, folded into one figure for each mailbox: for how long nobody got in. A sign-in
 * that is refused begins an interruption, and so does one that waits for more than a second; the first that gets in ends it. Times are
 * milliseconds of a clock that nobody sets.
 */

import type { AttemptsFound } from './interruption.ts';

/** One attempt that has come to its end, or gave up. */
export interface Attempt {
  readonly mailbox: number;
  readonly kind: AttemptsFound['kind'];
  /** When it was first made: of a delivery that was put off before, when that was offered. */
  readonly fromMs: number;
  readonly untilMs: number;
  /** Whether it got in, or was told to come again. */
  readonly isThrough: boolean;
  /** Whether it had to wait for a mailbox that was held. */
  readonly wasHeld: boolean;
}

/** So much longer than usual nobody notices. */
export const unnoticedMs = 1_000;
/** Who was refused and has not come back for so long has gone, or got in elsewhere. */
const goneAfterMs = 15 * 60_000;
/** Of so many deliveries that did not wait the median is what is usual. */
const usualOf = 101;

interface Found {
  readonly mailbox: number;
  readonly kind: Attempt['kind'];
  ms: number;
  beganMs: number;
  endedMs: number;
}

export class AttemptFold {
  readonly #found = new Map<string, Found>();
  /** By mailbox, since when sign-ins are refused. */
  readonly #refusedSince = new Map<number, number>();
  readonly #usualMs: number[] = [];
  #usualAt = 0;

  /** How many figures there are by now. */
  get size(): number {
    return this.#found.size;
  }

  /** False where there would be more than `most` of them. */
  add(attempt: Attempt, most = Number.POSITIVE_INFINITY): boolean {
    const { kind, isThrough, wasHeld, fromMs, untilMs } = attempt;
    if (kind === 'delivery') {
      if (!isThrough) return true;
      if (wasHeld) return this.#keep(attempt, fromMs, Math.max(0, untilMs - fromMs - this.#usual()), most);
      this.#usualMs[this.#usualAt++ % usualOf] = untilMs - fromMs;
      return true;
    }
    return this.#signIn(attempt, most);
  }

  /** All figures, and none are left. `nowMs` by the same clock. */
  take(
    nowMs: number,
  ): readonly (Omit<AttemptsFound, 'beganAgoMs' | 'endedAgoMs'> & Pick<Found, 'beganMs' | 'endedMs'>)[] {
    const found = [...this.#found.values()];
    this.#found.clear();
    for (const [mailbox, since] of this.#refusedSince)
      if (nowMs - since > goneAfterMs) this.#refusedSince.delete(mailbox);
    return found;
  }

  #signIn(attempt: Attempt, most: number): boolean {
    const { mailbox, isThrough, wasHeld, fromMs, untilMs } = attempt;
    const refusedSince = this.#refusedSince.get(mailbox);
    if (!isThrough) {
      if (refusedSince === undefined && this.#refusedSince.size >= most) return false;
      this.#refusedSince.set(mailbox, Math.min(fromMs, refusedSince ?? fromMs));
      return true;
    }
    this.#refusedSince.delete(mailbox);
    const isLong = untilMs - fromMs > unnoticedMs;
    if (refusedSince === undefined && !wasHeld) return true;
    const beganMs = Math.min(refusedSince ?? fromMs, fromMs);
    const isNoticed = refusedSince !== undefined || isLong;
    return this.#keep(attempt, beganMs, isNoticed ? untilMs - beganMs : 0, most);
  }

  #keep({ mailbox, kind, untilMs }: Attempt, beganMs: number, ms: number, most: number): boolean {
    const key = `${kind} ${mailbox}`;
    const known = this.#found.get(key);
    if (known === undefined) {
      if (this.#found.size >= most) return false;
      this.#found.set(key, { mailbox, kind, ms: Math.round(ms), beganMs, endedMs: untilMs });
      return true;
    }
    known.ms = Math.max(known.ms, Math.round(ms));
    known.beganMs = Math.min(known.beganMs, beganMs);
    known.endedMs = Math.max(known.endedMs, untilMs);
    return true;
  }

  #usual(): number {
    const sorted = this.#usualMs.toSorted((a, b) => a - b);
    return sorted[Math.floor(sorted.length / 2)] ?? 0;
  }
}
