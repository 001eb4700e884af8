/**
 * How fast a line is where it is the line that is waited for: while an answer is on its way and we are ready to read, or
 * while the kernel does not take what we write. Only time in which the whole process had nothing to do counts, so neither
 * our own work is laid to the line, nor the other end's slowness, nor the limit an operator has set, nor the time between
 * commands.
 */

/** How long this thread's event loop has waited for anything at all so far, in milliseconds; as cheap as a clock. */
const idleMs = (): number => performance.nodeTiming.idleTime;

export class LineSpeed {
  readonly #idleMs: () => number;
  #readyAt: number;
  #blockedAt: number | null = null;
  #octetsRead = 0;
  #waitedMs = 0;

  constructor(idle: () => number = idleMs) {
    this.#idleMs = idle;
    this.#readyAt = idle();
  }

  /** Reading goes on after a pause of ours. */
  ready(): void {
    this.#readyAt = this.#idleMs();
  }

  /** Octets were read; `isAwaited`: of a response that had begun to come before. */
  read(octets: number, isAwaited: boolean): void {
    const now = this.#idleMs();
    if (isAwaited) {
      this.#octetsRead += octets;
      this.#waitedMs += now - this.#readyAt;
    }
    this.#readyAt = now;
  }

  /** The kernel has not taken all that was written. */
  blocked(): void {
    this.#blockedAt ??= this.#idleMs();
  }

  /** The kernel has taken all that was written. */
  unblocked(): void {
    if (this.#blockedAt === null) return;
    this.#waitedMs += this.#idleMs() - this.#blockedAt;
    this.#blockedAt = null;
  }

  /** Octets that came in the time waited for; those that were written are known to the socket. */
  get octetsRead(): number {
    return this.#octetsRead;
  }

  get waitedMs(): number {
    return this.#waitedMs;
  }
}
