/**
 * Every command has an end. Any octet is a sign of life and buys another `deadlineMs`; but signs without headway (an answer, a
 * line that was asked for, a message, 64 KiB of one) buy ten times that and no more: a server that lets an octet
 * trickle, or says `* OK Still here` for ever, is as dead as one that says nothing.
 */

const headwayOctets = 64 * 1024;
const patience = 10;

export class Deadline {
  readonly #deadlineMs: number;
  readonly #isWaiting: () => boolean;
  readonly #passed: (seconds: number) => void;
  #timer: NodeJS.Timeout | null = null;
  #lastSign = 0;
  #lastHeadway = 0;
  #octets = 0;

  /** `isWaiting`: whether it is the server's turn; `passed`: it let it pass. */
  constructor(deadlineMs: number, isWaiting: () => boolean, passed: (seconds: number) => void) {
    this.#deadlineMs = deadlineMs;
    this.#isWaiting = isWaiting;
    this.#passed = passed;
  }

  start(): void {
    this.headway();
    this.#timer = setInterval(() => this.#look(), Math.max(10, this.#deadlineMs / 8));
  }

  stop(): void {
    if (this.#timer) clearInterval(this.#timer);
    this.#timer = null;
  }

  /** Octets have come. */
  sign(octets: number): void {
    this.#octets += octets;
    if (this.#octets >= headwayOctets) this.headway();
    else this.#lastSign = performance.now();
  }

  /** Something was done, or begins. */
  headway(): void {
    this.#octets = 0;
    this.#lastSign = performance.now();
    this.#lastHeadway = this.#lastSign;
  }

  #look(): void {
    if (!this.#isWaiting()) {
      this.headway();
      return;
    }
    const now = performance.now();
    if (now - this.#lastSign > this.#deadlineMs) this.#passed(Math.round(this.#deadlineMs / 100) / 10);
    else if (now - this.#lastHeadway > patience * this.#deadlineMs) this.#passed(Math.round((patience * this.#deadlineMs) / 100) / 10);
  }
}
