/**
 * When to try again. Throttling and lost connections are weather, not errors; but an attempt that gets nowhere, again and
 * again, must end and say so.
 */

import { Fault, isFault } from '#domain/fault.ts';
import { LookAgain } from './look-again.ts';

/** Attempts in a row that carried nothing before we give up. Enough to corner one bad message in a batch (`Suspects`). */
const fruitlessMax = 12;
const firstWaitMs = 1_000;
const longestWaitMs = 5 * 60_000;

export type Verdict = { readonly again: true; readonly waitMs: number } | { readonly again: false };

export class Patience {
  #fruitless = 0;
  #hasOpened = false;
  readonly #chance: () => number;

  constructor(chance: () => number = Math.random) {
    this.#chance = chance;
  }

  /** Both sides have been reached and signed in to: from now on their absence is weather. */
  opened(): void {
    this.#hasOpened = true;
  }

  /** What to do after `error`; `gotFurther` when this attempt carried anything at all. */
  after(error: unknown, gotFurther: boolean): Verdict {
    this.#fruitless = gotFurther ? 0 : this.#fruitless + 1;
    if (this.#fruitless >= fruitlessMax) return { again: false };
    if (error instanceof LookAgain) return { again: true, waitMs: error.paced ? this.#wait() : 0 };
    if (!(error instanceof Fault)) return { again: false };
    // The mailbox is in other hands now, and they look for themselves.
    if (isFault(error, 'ledger.lost')) return { again: false };
    // Deleted since it was listed, and not in the next list; one that is listed again and again is for a person to see.
    if (isFault(error, 'folder.gone')) return this.#fruitless <= 2 ? { again: true, waitMs: 0 } : { again: false };
    if (error.retry === 'operator' || error.retry === 'never') return { again: false };
    // Who has just typed the name of a host that does not answer wants to know now.
    if (!this.#hasOpened && isUnreachable(error)) return { again: false };
    if (error.retry === 'soon' && this.#fruitless <= 1) return { again: true, waitMs: 0 };
    const asked = isFault(error, 'imap.server.throttled') ? error.about.waitMs : null;
    return { again: true, waitMs: asked ?? this.#wait() };
  }

  #wait(): number {
    const longest = Math.min(longestWaitMs, firstWaitMs * 2 ** Math.max(0, this.#fruitless - 1));
    return Math.round(longest * (0.5 + this.#chance() / 2));
  }
}

function isUnreachable(error: Fault): boolean {
  return (
    error.code === 'imap.connect.refused' || error.code === 'imap.connect.timeout' || error.code === 'imap.tls.failed'
  );
}
