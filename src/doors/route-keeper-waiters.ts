/** Who waits for a mailbox to be open again: a sign-in mostly, for some seconds. */

export class Waiters {
  readonly #waiting = new Map<number, Set<() => void>>();

  /** True when `wake` is called for the mailbox; false after `mostMs`, or when `signal` fires. */
  wait(mailbox: number, mostMs: number, signal: AbortSignal): Promise<boolean> {
    if (signal.aborted) return Promise.resolve(false);
    return new Promise((resolve) => {
      const others = this.#waiting.get(mailbox) ?? new Set();
      this.#waiting.set(mailbox, others);
      const end = (isOpen: boolean): void => {
        clearTimeout(timer);
        signal.removeEventListener('abort', giveUp);
        others.delete(wake);
        if (others.size === 0 && this.#waiting.get(mailbox) === others) this.#waiting.delete(mailbox);
        resolve(isOpen);
      };
      const wake = (): void => end(true);
      const giveUp = (): void => end(false);
      const timer = setTimeout(giveUp, mostMs);
      signal.addEventListener('abort', giveUp, { once: true });
      others.add(wake);
    });
  }

  wake(mailbox: number): void {
    for (const wake of this.#waiting.get(mailbox) ?? []) wake();
  }

  /** Those of whom anybody waits for. */
  mailboxes(): readonly number[] {
    return [...this.#waiting.keys()];
  }
}
