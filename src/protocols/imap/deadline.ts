/**
 * Every command has an end. Any octet is a sign of life and buys another `deadlineMs`; but signs without headway (an answer, a
 * line that was asked for, a message, 64 KiB of one) buy ten times that and no more: a server that lets an octet
 * trickle, or says `* OK Still here` for ever, is as dead as one that says nothing.
 *
 * Signs only leave a mark; the clock is read when the timer looks for marks, not once per message.
 */

const headwayOctets = 64 * 1024;
const patience = 10;
/** How often is looked, as a part of the deadline: it may be exceeded by that much. */
const looksPerDeadline = 8;

export class Deadline {
  readonly #deadlineMs: number;
  readonly #isWaiting: () => boolean;
  readonly #passed: (seconds: number) => void;
  #timer: NodeJS.Timeout | null = null;
  #lastSign = 0;
  #lastHeadway = 0;
  #hasSign = true;
  #hasHeadway = true;
  #octets = 0;

  /** `isWaiting`: whether it is the server's turn; `passed`: it let it pass. */
  constructor(deadlineMs: number, isWaiting: () => boolean, passed: (seconds: number) => void) {
    this.#deadlineMs = deadlineMs;
    this.#isWaiting = isWaiting;
    this.#passed = passed;
  }

  start(): void {
    this.#timer = setInterval(() => this.#look(), Math.max(10, this.#deadlineMs / looksPerDeadline));
    this.#look();
  }

  stop(): void {
    if (this.#timer) clearInterval(this.#timer);
    this.#timer = null;
  }

  /** Octets have come. */
  sign(octets: number): void {
    this.#octets += octets;
    this.#hasSign = true;
    if (this.#octets >= headwayOctets) this.headway();
  }

  /** Something was done, or begins. */
  headway(): void {
    this.#octets = 0;
    this.#hasHeadway = true;
  }

  #look(): void {
    const now = performance.now();
    if (this.#hasHeadway || !this.#isWaiting()) this.#lastHeadway = this.#lastSign = now;
    else if (this.#hasSign) this.#lastSign = now;
    this.#hasSign = false;
    this.#hasHeadway = false;
    if (now - this.#lastSign > this.#deadlineMs) this.#passed(this.#deadlineMs / 1_000);
    else if (now - this.#lastHeadway > patience * this.#deadlineMs) this.#passed((patience * this.#deadlineMs) / 1_000);
  }
}
