/** How this process does, for those who ask it whether it is there and fit to work (`api/health.ts`, `api/metrics.ts`). */

import { heartbeatMs } from '#ports/workforce.ts';

/** A heartbeat that is out for so long has not been heard, though nobody has said so yet. */
const silenceMaxMs = 2 * heartbeatMs;

export type Readiness =
  | { readonly ready: true }
  /** `why` is for people: a fixed phrase of ours. */
  | { readonly ready: false; readonly why: string };

export class Vitals {
  readonly #now: () => number;
  #waitsFor: string | null = 'starting';
  #heardAt: number | null = null;
  #isGoing = false;
  #lacks = 0;
  #msLeft: () => number = () => 0;
  /** Whether this process leads the estate. */
  leads = false;

  /** `now`: milliseconds of a clock that nobody sets. */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** It cannot work before this has happened, said in a word; null once it has. */
  waitsFor(what: string | null): void {
    this.#waitsFor = what;
  }

  /** It is at work, or will be as soon as it is heard: `msLeft` of its lease, `lacks` so many secrets. */
  begins(msLeft: () => number, lacks: number): void {
    this.#waitsFor = null;
    this.#heardAt = this.#now();
    this.#isGoing = false;
    this.#msLeft = msLeft;
    this.#lacks = lacks;
  }

  heard(): void {
    this.#heardAt = this.#now();
  }

  unheard(): void {
    this.#heardAt = null;
  }

  /** It takes nothing more. */
  goes(): void {
    this.#isGoing = true;
  }

  /** Milliseconds for which it may still count what it holds as its own. */
  msLeft(): number {
    return this.#msLeft();
  }

  readiness(): Readiness {
    if (this.#isGoing) return { ready: false, why: 'draining' };
    if (this.#waitsFor !== null) return { ready: false, why: this.#waitsFor };
    if (this.#heardAt === null || this.#now() - this.#heardAt > silenceMaxMs)
      return { ready: false, why: 'the database is away' };
    return this.#lacks > 0 ? { ready: false, why: 'secrets are lacking' } : { ready: true };
  }
}
