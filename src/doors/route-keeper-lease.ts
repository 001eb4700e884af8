/**
 * How long a door may answer by what it knows of mailboxes that change sides. The database counts the lease from when it wrote it down;
 * we count from before we asked, and stop a little earlier, so that it is always over here before anybody goes on without us.
 */

import { doorLeaseMs } from '#domain/route.ts';

/** For clocks that do not run at quite the same speed, and for what lies between a look at the clock and an answer on its way. */
const spareMs = 500;

export class DoorLease {
  #until = Number.NEGATIVE_INFINITY;
  #isSure = false;

  /**
   * The lease was written down by a question that was sent at `sent` and has been answered now. If the one before was over by then,
   * a switch may have passed us by between what this question saw and when it was written down: only the next one is sure to see it.
   */
  renewed(sent: number, now: number): void {
    this.#isSure = now < this.#until;
    this.#until = sent + doorLeaseMs - spareMs;
  }

  /** Nobody waits for us any more. */
  lost(): void {
    this.#until = Number.NEGATIVE_INFINITY;
    this.#isSure = false;
  }

  isSure(now: number): boolean {
    return this.#isSure && now < this.#until;
  }
}
