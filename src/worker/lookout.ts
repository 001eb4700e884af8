/**
 * Tells the governors what this worker sees of the platforms. What is as it should be is gathered and told once a second;
 * trouble is told at once, together with what was gathered, in the order in which it was seen. While one report is on its way
 * the next is gathered, so that a storm makes few of them.
 */

import type { SideName } from '#domain/platform.ts';
import type { PlatformNow, Sighting } from '#domain/sighting.ts';
import { cleanText } from '#lib/clean-text.ts';
import type { Clock } from '#lib/clock.ts';
import type { Log } from '#lib/log.ts';
import type { Governor } from '#ports/budget.ts';

export interface LookoutParts {
  readonly governor: Pick<Governor, 'report'>;
  readonly clock: Pick<Clock, 'sleep'>;
  /** Fires when this worker's lease lapses: what it has seen nobody waits for any more. */
  readonly lapsed: AbortSignal;
  readonly log: Log;
}

const gatherMs = 1_000;
/** While the database is away nothing is told, and nobody is given connections either. */
const retryMs = 1_000;

/** One platform, as this worker sees it. */
export class Lookout implements AsyncDisposable {
  readonly #side: SideName;
  readonly #parts: LookoutParts;
  readonly #left = new AbortController();
  /** Fires when it is disposed of, or the lease has lapsed. */
  readonly #over: AbortSignal;
  #gathered: Sighting[] = [];
  #reporting: Promise<PlatformNow> | null = null;
  #next: Promise<PlatformNow> | null = null;
  #due: Promise<void> | null = null;
  #shut: PlatformNow | null = null;

  constructor(side: SideName, parts: LookoutParts) {
    this.#side = side;
    this.#parts = parts;
    this.#over = AbortSignal.any([this.#left.signal, parts.lapsed]);
  }

  /** What keeps everybody from signing in there, as far as this worker has heard; null when nothing does. */
  get shut(): PlatformNow | null {
    return this.#shut;
  }

  /** The governor has just given a connection to be used: what was heard before is over. */
  opened(): void {
    this.#shut = null;
  }

  /** Nothing hangs on it: it is told within a second. */
  note(seen: Sighting): void {
    this.#gather(seen);
    this.#due ??= this.#soon();
  }

  /** Told at once: how the platform stands in consequence. Rejects only when this worker's time has ended. */
  tell(seen: Sighting): Promise<PlatformNow> {
    this.#gather(seen);
    return this.#report();
  }

  /** What was gathered is told as far as that is possible now. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#left.abort(new Error('this worker looks no more'));
    await this.#due;
    await Promise.allSettled([this.#reporting, this.#next]);
    if (this.#gathered.length > 0) await this.#parts.governor.report(this.#side, this.#gathered).catch(() => undefined);
  }

  /** A hundred that got in say no more than the last of them; and one mailbox says of each thing only the latest. */
  #gather(seen: Sighting): void {
    const last = this.#gathered.at(-1);
    if (seen.kind === 'signed-in' && last?.kind === 'signed-in') this.#gathered.pop();
    else if (seen.kind !== 'signed-in') this.#gathered = this.#gathered.filter((earlier) => !isLike(earlier, seen));
    this.#gathered.push(seen);
  }

  async #soon(): Promise<void> {
    await this.#parts.clock.sleep(gatherMs, this.#over).catch(() => undefined);
    this.#due = null;
    if (this.#gathered.length > 0 && !this.#over.aborted) await this.#report().catch(() => undefined);
  }

  /** Tells what is gathered; behind the report that is on its way, if one is. */
  #report(): Promise<PlatformNow> {
    if (!this.#reporting) {
      this.#reporting = this.#send().finally(() => {
        this.#reporting = null;
      });
      return this.#reporting;
    }
    this.#next ??= this.#reporting
      .catch(() => undefined)
      .then(() => {
        this.#next = null;
        return this.#report();
      });
    return this.#next;
  }

  async #send(): Promise<PlatformNow> {
    const { governor, clock, log } = this.#parts;
    const seen = this.#gathered;
    this.#gathered = [];
    for (let isAway = false; ; isAway = true) {
      try {
        const { platform, acquitted } = await governor.report(this.#side, seen);
        this.#heard(platform);
        if (acquitted.length > 0)
          log.info('mailboxes are not to blame for failed sign-ins', { side: this.#side, mailboxes: acquitted.length });
        return platform;
      } catch (error) {
        const text = cleanText(error instanceof Error ? error.message : String(error), 200);
        if (!isAway) log.warn('what was seen of a platform cannot be told', { side: this.#side, text });
        await clock.sleep(retryMs, this.#over);
      }
    }
  }

  #heard(platform: PlatformNow): void {
    const { side, state, why } = platform;
    const before = this.#shut?.state ?? 'open';
    this.#shut = state === 'open' ? null : platform;
    if (state !== before) this.#parts.log.warn('a platform stands otherwise', { side, state, why });
  }
}

function isLike(one: Sighting, other: Sighting): boolean {
  return one.kind === other.kind && mailboxOf(one) === mailboxOf(other);
}

function mailboxOf(seen: Sighting): number | null {
  return 'mailbox' in seen ? seen.mailbox : null;
}
