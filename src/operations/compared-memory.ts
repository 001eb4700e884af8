/**
 * What was compared of mailboxes that wait for those they change sides with: they come again every few seconds, and what stands as it
 * stood then is not compared anew each time. For a few minutes, and for so many mailboxes; what is forgotten is compared again.
 */

import { type ComparedWays, nothingCompared } from './leaving.ts';

export interface ComparedSince {
  readonly ways: ComparedWays;
  /** When the first of it was compared. */
  readonly sinceMs: number;
}

/** Longer than anybody waits for company. */
const keptForMs = 2 * 60_000;

export class ComparedMemory {
  readonly #kept = new Map<number, ComparedSince>();
  readonly #most: number;

  constructor(most = 200) {
    this.#most = most;
  }

  /** What is known of it still, to be kept again by whoever goes on waiting. */
  take(mailbox: number, nowMs: number): ComparedSince {
    const kept = this.#kept.get(mailbox);
    this.#kept.delete(mailbox);
    return kept && nowMs - kept.sinceMs <= keptForMs ? kept : { ways: nothingCompared(), sinceMs: nowMs };
  }

  keep(mailbox: number, compared: ComparedSince): void {
    this.#kept.delete(mailbox);
    this.#kept.set(mailbox, compared);
    const [oldest] = this.#kept.keys();
    if (this.#kept.size > this.#most && oldest !== undefined) this.#kept.delete(oldest);
  }
}
